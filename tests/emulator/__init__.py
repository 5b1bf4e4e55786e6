"""An emulator of market data sources: a real server on loopback that speaks their formats about a small made-up world.

    with Emulator() as emulator:                      # or the fixture `emulator`
        Ecb.open(base=emulator.base("ecb")).rates(None, day)
        emulator.switches["ecb"].truncated = True     # all faults: switches.py
        emulator.world.clock.move(days=1)             # what it is asked about lives in world.py
        assert emulator.calls("ecb")[-1].status == 200

`python -m tests.emulator` starts it with a running clock, prints its addresses and takes commands over HTTP (`__main__.py`).

Each source has a module here by its name, with a class `Emulated` that implements `formats.Format`; formats.py says how to write one.
"""

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.server import Call, Emulator
from tests.emulator.switches import Switches
from tests.emulator.things import Security
from tests.emulator.world import World

__all__ = ["Answer", "Ask", "Call", "Emulator", "Format", "Security", "Switches", "World"]

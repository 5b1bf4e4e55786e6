"""`python -m tests.emulator [PORT]`: an emulator with a running clock, until it is interrupted.  Commands: control.py."""

from __future__ import annotations

import json
import signal
import sys
import threading
from datetime import UTC, datetime

from tests.emulator.server import Emulator
from tests.emulator.world import Clock, World


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have told what it starts to ignore interrupts
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with Emulator(World(clock=Clock(datetime.now(UTC), speed=1.0)), port=port) as emulator:
        print(
            json.dumps({"http": emulator.address, "websocket": emulator.stream("").rstrip("/"), "control": f"{emulator.address}/_emulator/"}),
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()

"""The collector of reference cycles, kept away from work that makes records by the hundred thousand and no cycle.

It would look at all of them again and again, which doubles the time of loading and replaying a large ledger.  And at the end it
would look at each of them once more, unless they are put among the objects that are old already: freezing and unfreezing does
that without looking.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collecting(when: bool = True) -> Iterator[None]:
    """Nothing is collected inside; inside another such block, or where it was off before, nothing changes."""
    pause = when and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()

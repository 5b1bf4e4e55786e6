"""Which code made something that is kept: what another version of it made is not taken for its own."""

from __future__ import annotations

import platform
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

_ROOT = Path(__file__).resolve().parents[2]

REPLAYING = (  # of stored entries, to a book
    "portfolio_site/kernel",
    "portfolio_site/web/packed.py",
    "portfolios/kinds.py",
    "portfolios/ledger",
    "portfolios/lot_records.py",
    "portfolios/selectors/ledger.py",
    "portfolios/selectors/loading.py",
    "portfolios/selectors/rows.py",
)


@cache
def digest_of_code(names: tuple[str, ...]) -> str:
    """Of these files, and of all in these folders, named from the root of the project; 64 hex digits.  Read once a process."""
    found = sha256(f"{sys.version_info[:2]} {platform.machine()} {np.__version__}".encode())
    for name in names:
        place = _ROOT / name
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()

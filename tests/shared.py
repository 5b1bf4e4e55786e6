"""Recorded files that some tests compare with.  They are not part of the project; where they are absent those tests skip."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def shared_file(name: str) -> Path:
    """The path of a recorded file, or a skip that says which file is missing."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the recorded file {name} is not on this machine")
    return path

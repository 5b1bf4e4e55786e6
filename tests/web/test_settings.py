"""What the settings make of the environment."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT


def _read(tmp_path: Path, expression: str, **environment: str) -> str:
    """The expression over the settings `s`, imported in a process of its own under an ordinary umask."""
    code = f"import os; os.umask(0o022)\nfrom portfolio_site.settings import local as s\nprint({expression})"
    names = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), **environment}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=names, capture_output=True, text=True, timeout=120, check=True)
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORT": "8123", "SITE_URL": "https://plumbline.example"}, "https://plumbline.example"),
    ],
)
def test_mails_link_to_the_port_that_is_served(tmp_path, environment, address):
    assert _read(tmp_path, "s.SITE_URL", **environment) == address


def test_the_data_folder_and_its_keys_are_made_for_their_owner_alone(tmp_path):
    _read(tmp_path, "s.DATA_DIR")
    for folder in (tmp_path / "data", tmp_path / "data" / "keys"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data" / "keys").iterdir()} == {0o600}

"""What `make audit` says: holes, none, or that nothing could be asked; it never takes silence for safety."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT

pytestmark = pytest.mark.own_process
CLEAN = {"dependencies": [{"name": "django", "version": "5.2", "vulns": []}]}
HOLED = {"dependencies": [{"name": "django", "version": "5.2", "vulns": [{"id": "CVE-0000-1"}]}]}


def audit(folder: Path, answer: object | None) -> subprocess.CompletedProcess[str]:
    """Runs the script with a pip-audit that gives this answer; None is one that reaches nothing."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "python").exists():
        (tools / "python").symlink_to(sys.executable)
    written = "" if answer is None else json.dumps(answer)
    script = f'#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --output ] && printf %s \'{written}\' > "$2"; shift; done\n'
    (tools / "pip-audit").write_text(script)
    (tools / "pip-audit").chmod(0o755)
    command = [str(ROOT / "deploy/audit-packages"), str(tools / "python")]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "AUDIT_CACHE": str(folder / "kept")}, capture_output=True, text=True, check=False)


def test_a_hole_is_named_and_fails(tmp_path: Path) -> None:
    done = audit(tmp_path, HOLED)
    assert done.returncode == 1 and "django 5.2: CVE-0000-1" in done.stdout and "1 known holes." in done.stderr


def test_where_nothing_is_reached_and_nothing_is_known_it_says_that_nothing_was_checked(tmp_path: Path) -> None:
    done = audit(tmp_path, None)
    assert done.returncode == 0 and done.stdout.count("nothing was checked") == 2 and "no known holes" not in done.stdout


@pytest.mark.parametrize(("answer", "code", "words"), [(CLEAN, 0, "no known holes as of 2"), (HOLED, 1, "CVE-0000-1")])
def test_without_a_network_the_last_answer_about_the_same_packages_counts(tmp_path: Path, answer: object, code: int, words: str) -> None:
    assert audit(tmp_path, answer).returncode == code
    done = audit(tmp_path, None)
    assert done.returncode == code and "could not be reached; this is the last answer" in done.stdout and words in done.stdout

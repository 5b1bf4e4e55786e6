"""What must be true of the tree as a whole."""

from __future__ import annotations

import re
import subprocess

import pytest
from django.core.management import call_command

from tests.shared import ROOT


def _tracked() -> list[str]:
    result = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip("this tree is not a git checkout")
    return [name for name in result.stdout.split("\n") if name and (ROOT / name).is_file()]


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_requirements_are_locked_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-tools.txt"):
        pins = re.findall(r"^([a-z0-9][a-z0-9._-]*(?:\[[^\]]*\])?==[^\s;\\]+)(.*(?:\n    .*)*)", (ROOT / name).read_text(), re.M)
        assert pins, name
        unhashed = [pin for pin, rest in pins if "--hash=sha256:" not in rest]
        assert not unhashed, f"{name}: {unhashed}"


def test_every_package_that_is_asked_for_has_its_reason_in_the_docs() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for name in ("requirements.in", "requirements-dev.in"):
        for line in (ROOT / name).read_text().splitlines():
            package = re.match(r"([a-z0-9][a-z0-9_-]*)", line.lower())
            if package:
                assert f"`{package[1]}`" in reasons, f"{package[1]} is in {name} and not in docs/dependencies.md"


def test_vendored_files_have_their_licence_beside_them() -> None:
    names = _tracked()
    assert any("LICENSE.plotly" in name for name in names)
    assert any("LICENSE.inter" in name for name in names)
    assert any("icons.LICENSE" in name for name in names)


def test_files_stay_short_enough_to_read() -> None:
    long = []
    for name in _tracked():
        if name.endswith(".py") and "/migrations/" not in name:
            lines = (ROOT / name).read_text().count("\n")
            if lines > 420:
                long.append(f"{name}: {lines}")
    assert not long, long

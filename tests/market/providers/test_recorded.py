"""Every recorded answer of a source gives exactly what the table of its source says (`expected_<source>.py`), and none is left out."""

from __future__ import annotations

import importlib
from functools import lru_cache

import pytest

from tests.emulator.recorded import Recording, recordings
from tests.market.providers.table import Expected
from tests.shared import shared_file

SOURCES = sorted({each.source for each in recordings()})


@lru_cache(maxsize=32)
def table(source: str) -> dict[str, Expected]:
    try:
        found: dict[str, Expected] = importlib.import_module(f"tests.market.providers.expected_{source}").EXPECTED
    except ModuleNotFoundError as problem:
        if problem.name != f"tests.market.providers.expected_{source}":
            raise
        pytest.fail(f"there is no table for {source}: write expected_{source}.py")
    return found


@pytest.mark.parametrize("recording", recordings(), ids=lambda each: each.file)
def test_a_recorded_file_gives_what_the_table_says(recording: Recording) -> None:
    expected = table(recording.source).get(recording.name)
    assert expected is not None, f"expected_{recording.source}.py says nothing about {recording.name}"
    expected.check(recording)


@pytest.mark.parametrize("source", SOURCES)
def test_a_table_names_only_files_that_are_there(source: str) -> None:
    assert set(table(source)) <= {each.name for each in recordings() if each.source == source}


def test_recorded_files_are_there() -> None:
    shared_file("providers/manifest.json")
    assert recordings()

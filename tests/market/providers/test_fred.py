"""FRED: series with a key and without, holidays left out, and a wrong key told from a wrong series though both have status 400."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal

import pytest

from market.providers.base import Observation
from market.providers.failures import BadAnswer, Failure, FailureKind
from market.providers.fred import BASE, SERIES, SITE, Fred, read_json, read_table
from market.providers.web import Reply
from tests.emulator import Emulator
from tests.emulator.rates import SERIES as TOLD


@pytest.fixture(params=["SECRETKEY", ""], ids=["with a key", "without a key"])
def fred(request: pytest.FixtureRequest, emulator: Emulator) -> Fred:
    return Fred.open(request.param, base=emulator.base("fred"))


def days(found: object) -> list[str]:
    assert isinstance(found, tuple), found
    return [each.day.isoformat() for each in found]


def test_a_series_is_the_same_with_a_key_and_without_and_holidays_are_no_observations(emulator: Emulator, fred: Fred) -> None:
    found = fred.series({"DTB3": date(2025, 12, 30)})["DTB3"]
    assert isinstance(found, tuple)
    assert days(found)[:2] == ["2025-12-31", "2026-01-02"]
    told = emulator.world.rates.observations("DTB3", date(2025, 12, 31), date(2026, 6, 16))
    assert found == tuple(Observation(day, value) for day, value in told if value is not None)


def test_every_series_that_we_use_is_told_from_its_first_day(fred: Fred) -> None:
    found = fred.series(dict.fromkeys(SERIES))
    assert {name: days(each)[0] for name, each in found.items() if name in {"SOFR", "SP500"}} == {"SOFR": "2018-04-03", "SP500": "2016-06-16"}
    assert set(found) == set(TOLD)


def test_nothing_new_is_an_empty_answer_and_an_empty_series_has_no_data(emulator: Emulator, fred: Fred) -> None:
    assert fred.series({"DTB3": date(2026, 6, 16)}) == {"DTB3": ()}
    emulator.switches["fred"].empty_window = True
    found = fred.series({"DTB3": None})["DTB3"]
    assert isinstance(found, Failure) and found.kind is FailureKind.NO_DATA


def test_an_unknown_series_fails_alone(fred: Fred) -> None:
    found = fred.series({"NOPE": None, "SOFR": date(2026, 6, 10)})
    assert found["NOPE"] == Failure(FailureKind.UNKNOWN_SYMBOL, "FRED has no series NOPE.")
    assert days(found["SOFR"]) == ["2026-06-11", "2026-06-12", "2026-06-15", "2026-06-16"]


def test_a_wrong_key_has_status_400_and_ends_the_round(emulator: Emulator) -> None:
    emulator.switches["fred"].wrong_key = True
    found = Fred.open("SECRETKEY", base=emulator.base("fred")).series({"DTB3": None, "SOFR": None})
    assert found == dict.fromkeys(("DTB3", "SOFR"), Failure(FailureKind.AUTH, "FRED refuses the key."))
    assert len(emulator.calls()) == 1


@pytest.mark.parametrize("status", [200, 429])
def test_too_many_calls_are_told_by_the_body_whatever_the_status(emulator: Emulator, status: int) -> None:
    emulator.switches["fred"].turn(limit=0, error_in_200="limit" if status == 200 else "")
    found = Fred.open("SECRETKEY", base=emulator.base("fred")).series({"DTB3": None})
    assert found == {"DTB3": Failure(FailureKind.RATE_LIMITED, "FRED was asked too often.", 60.0)}


@pytest.mark.parametrize("switch", [{"html": True}, {"truncated": True}, {"reset": True}, {"down": True}, {"fault": 500}])
def test_a_broken_answer_gives_no_observation_and_never_the_key(
    emulator: Emulator, fred: Fred, switch: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    emulator.switches["fred"].turn(**switch)
    with caplog.at_level(logging.DEBUG):
        found = fred.series({"DTB3": None})["DTB3"]
    assert isinstance(found, Failure) and found.kind in {FailureKind.MALFORMED, FailureKind.UNREACHABLE}
    assert "SECRETKEY" not in found.detail + caplog.text


def test_without_a_key_the_site_is_asked_and_with_one_the_api() -> None:
    assert (Fred.open().web.base, Fred.open("k").web.base) == (SITE, BASE)


def table(text: str) -> Reply:
    return Reply(200, "application/csv", text.encode())


def test_the_table_is_read_with_its_old_head_and_dots_as_with_its_new_head_and_gaps() -> None:
    assert read_table(table("DATE,DGS10\n2024-01-01,.\n2024-01-02,3.95\n"), "DGS10") == [Observation(date(2024, 1, 2), Decimal("3.95"))]
    assert read_table(table("observation_date,DGS10\n2024-01-01,\n2024-01-02,3.95\n"), "DGS10") == [Observation(date(2024, 1, 2), Decimal("3.95"))]


def test_a_rate_of_zero_or_below_is_a_rate() -> None:
    assert [each.value for each in read_table(table("DATE,ECBDFR\n2019-09-18,-0.50\n2022-07-27,0.00\n"), "ECBDFR")] == [Decimal("-0.50"), Decimal(0)]


@pytest.mark.parametrize(
    "text", ["", "<html>", "DATE,OTHER\n2024-01-02,1\n", "DATE,DGS10\n2024-01-02,1,2\n", "DATE,DGS10\nsoon,1\n", "DATE,DGS10\n2024-01-02,x\n"]
)
def test_what_is_no_table_of_the_series_is_a_bad_answer(text: str) -> None:
    with pytest.raises(BadAnswer):
        read_table(table(text), "DGS10")


def test_what_is_no_list_of_observations_is_a_bad_answer() -> None:
    for body in (b"{}", b'{"observations": {}}', b'{"observations": [{"date": "2024-01-02", "value": []}]}', b"[]"):
        with pytest.raises(BadAnswer):
            read_json(Reply(200, "application/json", body), "DTB3")

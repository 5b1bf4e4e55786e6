"""Frankfurter: the ECB's rates for any base and span, those of other central banks, and nothing of another base believed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from market.providers.base import RateRow
from market.providers.ecb import Ecb
from market.providers.failures import BadAnswer, NoData, ProviderFailed, Throttled, Unreachable
from market.providers.frankfurter import BLENDED, Frankfurter
from tests.emulator import Answer, Emulator

TUESDAY = date(2026, 6, 16)


@pytest.fixture
def frankfurter(emulator: Emulator) -> Frankfurter:
    return Frankfurter.open(base=emulator.base("frankfurter"))


def test_it_stands_in_for_the_ecb_with_the_same_rates(emulator: Emulator, frankfurter: Frankfurter) -> None:
    def plain(rows: object) -> list[tuple[date, str, Decimal]]:
        return [(row.day, row.quote, row.rate) for row in rows]  # type: ignore[attr-defined]

    assert plain(frankfurter.rates(date(2026, 5, 29), TUESDAY)) == plain(Ecb.open(base=emulator.base("ecb")).rates(date(2026, 5, 29), TUESDAY))


def test_any_span_is_one_call_and_an_empty_one_is_none(emulator: Emulator, frankfurter: Frankfurter) -> None:
    assert frankfurter.rates(date(2020, 1, 1), TUESDAY)[0].day == date(2020, 1, 2)
    assert [call.path for call in emulator.calls()] == ["/frankfurter/v1/2020-01-02..2026-06-16?base=EUR"]
    assert frankfurter.rates(TUESDAY, TUESDAY) == []
    assert len(emulator.calls()) == 1


def test_a_span_that_begins_on_a_holiday_does_not_reach_back_before_it(emulator: Emulator, frankfurter: Frankfurter) -> None:
    rows = frankfurter.between(date(2026, 6, 13), TUESDAY, quotes=("USD",))  # from a Saturday
    assert [row.day.day for row in rows] == [15, 16]
    body = {"amount": 1.0, "base": "EUR", "start_date": "2026-06-12", "end_date": "2026-06-12", "rates": {"2026-06-12": {"USD": Decimal("1.17")}}}
    emulator.say("frankfurter", Answer(body))
    assert frankfurter.between(date(2026, 6, 13), date(2026, 6, 14)) == []


def test_any_currency_is_a_base(emulator: Emulator, frankfurter: Frankfurter) -> None:
    (row,) = frankfurter.on(TUESDAY, "USD", ("EUR",))
    assert (row.base, row.quote) == ("USD", "EUR")
    assert abs(row.rate * emulator.world.rates.published("USD", TUESDAY) - 1) < Decimal("0.0001")  # type: ignore[operator]
    assert frankfurter.latest("USD", ("GBP",))[0].base == "USD"


def test_a_holiday_is_answered_by_the_last_day_before_it(frankfurter: Frankfurter) -> None:
    assert {row.day for row in frankfurter.on(date(2026, 4, 6), quotes=("USD",))} == {date(2026, 4, 2)}  # Easter Monday


def test_currencies_that_the_ecb_lacks_come_from_other_central_banks_and_say_so(frankfurter: Frankfurter) -> None:
    (row,) = frankfurter.blended(TUESDAY, TUESDAY, quotes=("KWD", "EUR"))
    assert (row.base, row.quote, row.source) == ("EUR", "KWD", BLENDED)
    days = [row.day.day for row in frankfurter.blended(date(2026, 6, 12), date(2026, 6, 15), quotes=("KWD",))]
    assert days == [12, 13, 14, 15]


def test_an_unknown_base_is_no_data(frankfurter: Frankfurter) -> None:
    with pytest.raises(NoData):
        frankfurter.latest("XXX")
    assert frankfurter.between(date(2026, 6, 1), TUESDAY, "XXX") == []
    assert frankfurter.blended(date(2026, 6, 1), TUESDAY, "XXX") == []


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 1.0, "base": "USD", "date": "2026-06-16", "rates": {"GBP": 1}},
        {"amount": 100, "base": "EUR", "date": "2026-06-16", "rates": {"GBP": 86}},
        {"amount": 1.0, "base": "EUR", "date": "soon", "rates": {"GBP": 1}},
        {"amount": 1.0, "base": "EUR", "date": "2026-06-16", "rates": {"gbp": 1}},
        {"amount": 1.0, "base": "EUR", "date": "2026-06-16", "rates": {"GBP": -1}},
        {"amount": 1.0, "base": "EUR", "date": "2026-06-16", "rates": [1]},
        {"message": "internal error"},
        [],
    ],
)
def test_rates_that_were_not_asked_for_are_a_bad_answer(emulator: Emulator, frankfurter: Frankfurter, body: object) -> None:
    emulator.say("frankfurter", Answer(body))
    with pytest.raises(BadAnswer):
        frankfurter.latest()


def test_a_zero_rate_is_missing(emulator: Emulator, frankfurter: Frankfurter) -> None:
    emulator.say("frankfurter", Answer({"amount": 1.0, "base": "EUR", "date": "2026-06-16", "rates": {"GBP": 0, "USD": Decimal("1.17")}}))
    assert frankfurter.latest() == [RateRow("EUR", "USD", TUESDAY, Decimal("1.17"), "frankfurter")]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer({"message": "invalid date"}, 422), BadAnswer),
        (Answer("Too Many Requests", 429), Throttled),
        (Answer("<html>", 502, "text/html"), Unreachable),
        (Answer("<html>", 200, "text/html"), BadAnswer),
    ],
)
def test_refusals_are_told_apart(emulator: Emulator, frankfurter: Frankfurter, answer: Answer, problem: type[ProviderFailed]) -> None:
    emulator.say("frankfurter", answer)
    with pytest.raises(problem):
        frankfurter.rates(date(2026, 6, 1), TUESDAY)

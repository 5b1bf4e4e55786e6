"""What sources deliver broken is mended by the exact factor, or left out with a reason; nothing wrong is stored."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.choices import SuspectReason
from market.providers.base import ActionRow, History, PriceRow
from market.repair import repaired
from market.repair.mending import adjusted, raw
from tests.shared import shared_file

FIRST = date(2026, 3, 2)


def rows(*closes: str) -> tuple[PriceRow, ...]:
    return tuple(PriceRow(FIRST + timedelta(days=number), Decimal(close)) for number, close in enumerate(closes))


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def split(number: int, new: str, old: str) -> ActionRow:
    return ActionRow("split", day(number), Decimal(new), Decimal(old))


def dividend(number: int, amount: str) -> ActionRow:
    return ActionRow("dividend", day(number), amount=Decimal(amount))


def closes(found: Any) -> list[str]:
    return [format(row.close.normalize(), "f") for row in found.prices]


# ── units ───────────────────────────────────────────────────────────────────


def test_a_bar_in_pence_among_pounds_is_told_in_pounds() -> None:
    found = repaired(History("GBP", rows("12.1", "12.3", "1225", "12.2", "12.4", "12.4", "12.5")))
    assert closes(found) == ["12.1", "12.3", "12.25", "12.2", "12.4", "12.4", "12.5"]
    assert [(one.day, one.what, one.factor) for one in found.repairs] == [(day(2), "unit", Decimal("0.01"))]


def test_where_no_currency_is_quoted_in_hundredths_such_a_bar_is_left_out() -> None:
    found = repaired(History("USD", rows("12.1", "12.3", "1225", "12.2", "12.4", "12.4", "12.5")))
    assert closes(found) == ["12.1", "12.3", "12.2", "12.4", "12.4", "12.5"]
    assert [(one.day, one.price, one.reason) for one in found.doubts] == [(day(2), Decimal(1225), SuspectReason.HUNDREDFOLD)]


def test_the_newest_bar_may_be_the_wrong_one() -> None:
    found = repaired(History("GBP", rows("12.1", "12.3", "12.2", "12.2", "12.4", "12.4", "1250")))
    assert closes(found)[-1] == "12.5" and closes(found)[0] == "12.1"


def test_a_price_that_is_known_decides_between_two_units() -> None:
    half = rows("1210", "1230", "1220", "12.2", "12.4", "12.5")
    assert closes(repaired(History("GBP", half), Decimal("12.4")))[0] == "12.1"
    assert closes(repaired(History("GBP", half), Decimal("1240")))[-1] == "1250"


def test_without_one_nothing_of_a_history_in_two_units_is_stored() -> None:
    found = repaired(History("GBP", rows("1210", "1230", "1220", "12.2", "12.4", "12.5")))
    assert not found.prices and len(found.doubts) == 6


def test_open_high_and_low_are_in_the_unit_of_the_close() -> None:
    bar = PriceRow(day(1), Decimal("0.60"), Decimal("59"), Decimal("60"), Decimal("0.585"))
    found = repaired(History("GBP", (*rows("60"), bar, PriceRow(day(2), Decimal("61")))), Decimal("61"))
    assert (found.prices[1].close, found.prices[1].open, found.prices[1].low) == (60, 59, Decimal("58.5"))


def test_a_rise_over_the_years_is_no_other_unit() -> None:
    found = repaired(History("USD", rows(*[str(round(1.05**number, 4)) for number in range(140)])))
    assert len(found.prices) == 140 and not found.doubts and not found.repairs


# ── splits ──────────────────────────────────────────────────────────────────


def delivered(adjusted_rows: tuple[PriceRow, ...], *actions: ActionRow) -> History:
    """As a parser makes it of an adjusted series: turned back by the splits that were reported."""
    return History("USD", tuple(raw(adjusted_rows, [one for one in actions if one.kind == "split"])), actions)


def in_todays_units(found: Any) -> list[float]:
    return [round(float(row.close), 6) for row in adjusted(found.prices, [one for one in found.actions if one.kind == "split"])]


def test_a_split_that_was_applied_throughout_leaves_all_as_it_is() -> None:
    history = delivered(rows("100", "101", "102", "101", "103"), split(3, "4", "1"))
    found = repaired(history)
    assert [row.close for row in found.prices] == [row.close for row in history.prices] == [400, 404, 408, 101, 103]
    assert not found.repairs


def test_rows_that_a_split_was_not_applied_to_get_it() -> None:
    history = delivered(rows("400", "404", "102", "101", "103"), split(3, "4", "1"))
    assert in_todays_units(repaired(history)) == [100, 101, 102, 101, 103]


def test_one_row_that_a_reverse_split_was_not_applied_to_gets_it() -> None:
    history = delivered(rows("22.95", "23.35", "2.275", "22.1", "21.5"), split(4, "1", "10"))
    assert in_todays_units(repaired(history)) == [22.95, 23.35, 22.75, 22.1, 21.5]


def test_a_fall_by_a_special_dividend_on_the_day_of_a_split_is_no_cliff() -> None:
    history = delivered(rows("456", "448", "461", "205", "198"), split(3, "33", "70"), dividend(3, "243.94"))
    assert in_todays_units(repaired(history)) == [456, 448, 461, 205, 198]


def test_a_small_ratio_as_of_a_spin_off_is_not_looked_for() -> None:
    history = delivered(rows("130", "131", "125.4", "126"), split(2, "1.046", "1"))
    assert not repaired(history).repairs


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.97, 1.03), min_size=6, max_size=40),
    st.sampled_from([("4", "1"), ("1", "10"), ("3", "1"), ("1", "8"), ("20", "1")]),
    st.data(),
)
def test_a_series_without_faults_comes_back_to_the_last_digit(moves: list[float], ratio: tuple[str, str], data: Any) -> None:
    close, series = Decimal(100), []
    for number, move in enumerate(moves):
        close = (close * Decimal(str(round(move, 4)))).quantize(Decimal("0.0001"))
        series.append(PriceRow(day(number), close))
    where = data.draw(st.integers(1, len(series) - 1))
    history = delivered(tuple(series), split(where, *ratio))
    found = repaired(history)
    assert [round(row.close, 9) for row in found.prices] == [round(row.close, 9) for row in history.prices]
    assert found.actions == history.actions and not found.doubts and not found.repairs


# ── dividends ───────────────────────────────────────────────────────────────


def test_a_dividend_in_pence_beside_a_price_in_pounds_is_told_in_pounds() -> None:
    found = repaired(History("GBP", rows("24.1", "24.2", "24.0", "24.3"), (dividend(2, "35.5"),)))
    assert found.actions == (dividend(2, "0.355"),)


def test_a_dividend_that_the_price_shows_stays_however_large() -> None:
    found = repaired(History("GBP", rows("456", "461", "205", "198"), (dividend(2, "243.94"),)))
    assert found.actions == (dividend(2, "243.94"),)


def test_one_that_it_does_not_show_is_left_out_where_no_factor_is_known() -> None:
    found = repaired(History("USD", rows("24.1", "24.2", "24.0", "24.3"), (dividend(2, "35.5"),)))
    assert found.actions == () and found.doubts[0].reason == SuspectReason.DIVIDEND


def test_a_dividend_that_came_on_two_days_counts_on_the_one_on_which_the_price_fell() -> None:
    found = repaired(History("ILS", rows("164", "167.7", "155.5", "156"), (dividend(1, "3.5"), dividend(2, "3.5"))))
    assert found.actions == (dividend(2, "3.5"),)


def test_monthly_dividends_of_one_amount_all_count() -> None:
    paid = tuple(dividend(number, "0.05") for number in (5, 35, 65))
    assert repaired(History("USD", rows(*["10"] * 70), paid)).actions == paid


# ── recorded faults ─────────────────────────────────────────────────────────

PAIRS = {  # file: currency, a newest price known to be good
    "8TRA-DE-1d-missing-div-adjust": ("EUR", None),
    "AET-L-1d-100x-error": ("GBP", "14.55"),
    "ALPHA-PA-1d-bad-stock-split": ("EUR", None),
    "ASAI-L-1h-bad-unit": ("GBP", "60"),
    "CNE-L-1d-bad-stock-split": ("GBP", None),
    "DEX-AX-1d-bad-stock-split": ("AUD", None),
    "DODFX-1d-cg-double-count": ("USD", None),
    "KEN-TA-1d-bad-div": ("ILS", None),
    "MOB-ST-1d-bad-stock-split": ("SEK", None),
    "REL-L-1d-bad-div": ("GBP", None),
    "SPM-MI-1d-bad-stock-split": ("EUR", None),
    "SSW-JO-1d-100x-error": ("ZAR", "33.62"),
}
GUESSED_LOWS = {"ASAI-L-1h-bad-unit"}  # its twin has a low of 58.5 where 0.60 was delivered: taken from finer bars; times 100 it is 60


def _read(name: str) -> tuple[list[PriceRow], list[ActionRow]]:
    """Rows of a file, oldest first; hours of one day become days of their own."""
    prices, actions = [], []
    with shared_file(f"market/yahoo_quirks/{name}.csv").open(newline="") as file:
        lines = sorted(csv.DictReader(file), key=lambda line: line.get("Date") or line["Datetime"])
    for number, line in enumerate(line for line in lines if line["Close"]):  # a row without a price is a hole: parsers leave it out
        of = FIRST + timedelta(days=number) if "-1h-" in name else date.fromisoformat((line.get("Date") or line["Datetime"])[:10])
        values = [Decimal(line[column]) for column in ("Close", "Open", "High", "Low")]
        prices.append(PriceRow(of, *values))
        if ratio := float(line["Stock Splits"]):
            new = {0.4714: ("33", "70"), 0.0001: ("1", "10000")}.get(round(ratio, 4), (line["Stock Splits"], "1"))
            actions.append(ActionRow("split", of, Decimal(new[0]), Decimal(new[1])))
        if Decimal(line["Dividends"]):
            actions.append(ActionRow("dividend", of, amount=Decimal(line["Dividends"])))
    return prices, actions


@pytest.mark.parametrize("name", PAIRS)
def test_a_recorded_fault_becomes_its_repaired_twin(name: str) -> None:
    currency, anchor = PAIRS[name]
    delivered_rows, delivered_actions = _read(name)
    twin, twin_actions = _read(f"{name}-fixed")
    splits = [one for one in delivered_actions if one.kind == "split"]
    found = repaired(History(currency, tuple(raw(delivered_rows, splits)), tuple(delivered_actions)), None if anchor is None else Decimal(anchor))
    mended = adjusted(found.prices, splits)
    assert [row.day for row in mended] == [row.day for row in twin]
    for ours, theirs in zip(mended, twin, strict=True):
        for field in ("close", "open", "high", *(() if name in GUESSED_LOWS else ("low",))):
            assert float(getattr(ours, field)) == pytest.approx(float(getattr(theirs, field)), rel=2e-4), (ours.day, field)
    paid = [(one.ex_day, round(float(one.amount or 0), 4)) for one in found.actions if one.kind == "dividend"]
    assert paid == [(one.ex_day, round(float(one.amount or 0), 4)) for one in twin_actions if one.kind == "dividend"]


@pytest.mark.parametrize("name", ["AET-L-1d-100x-error", "SSW-JO-1d-100x-error"])
def test_a_recorded_history_in_two_units_is_left_out_where_no_price_is_known(name: str) -> None:
    prices, _ = _read(name)
    found = repaired(History(PAIRS[name][0], tuple(prices)))
    assert not found.prices and {one.reason for one in found.doubts} == {SuspectReason.HUNDREDFOLD}

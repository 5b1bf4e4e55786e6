"""What a difference to a statement comes from: each cause is found where it is one, and none where it is not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolios.ledger.events import Event
from portfolios.ledger.replay import replay
from portfolios.reconciling.causes import Cause, Holding, Ratio, causes_of
from portfolios.reconciling.comparing import Compared, Lamp, compared, lamp_of
from tests.ledger.build import Ledger, day, leg

D = Decimal
STATEMENT = date(2024, 6, 30)


def holding(ledger: Ledger, there: str | int, **more: Any) -> Holding:
    events = tuple(event for event in ledger.events if event.day <= STATEMENT)
    later = tuple(event for event in ledger.events if event.day > STATEMENT)
    here = Ledger.book(ledger).positions if not later else None
    units = here[1].quantity if here is not None and 1 in here else D(more.pop("here", 0))
    return Holding(
        instrument=1, day=STATEMENT, here=D(more.pop("here", units)), there=D(there), rules=ledger.rules, events=events, later=later, **more
    )


def codes(found: tuple[Cause, ...]) -> list[str]:
    return [cause.code for cause in found]


# ── lamps ───────────────────────────────────────────────────────────────────


def test_a_lamp_says_where_something_is_missing() -> None:
    lines = compared({1: D(5), 2: D(3), 3: D(0), 4: D(7)}, {1: D(5), 2: D(4), 5: D(1), 6: D(0)})
    assert {line.key: line.lamp for line in lines} == {
        1: Lamp.AGREES,
        2: Lamp.DIFFERS,
        4: Lamp.MISSING_THERE,
        5: Lamp.MISSING_HERE,
        6: Lamp.AGREES,
    }
    assert lamp_of(line.lamp for line in lines) is Lamp.DIFFERS and lamp_of(line.lamp for line in lines[:1]) is Lamp.AGREES
    assert Compared("EUR", D(5), D(3)).difference == -2


def test_a_statement_that_says_nothing_of_a_kind_is_not_about_it() -> None:
    assert compared({1: D(5)}, {}) == []


# ── splits ──────────────────────────────────────────────────────────────────


def test_a_split_that_the_market_reports_and_the_ledger_lacks() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(20, 5, 30)
    reported = (Ratio(day(10), D(4), D(1)), Ratio(day(2), D(7), D(1)))
    found = causes_of(holding(ledger, 45, reported=reported))
    assert codes(found) == ["missing_split"] and found[0].splits == (reported[0],) and found[0].fix == "split"


def test_two_missing_splits_are_found_together() -> None:
    ledger = Ledger().buy(3, 10, 100)
    reported = (Ratio(day(10), D(4), D(1)), Ratio(day(20), D(3), D(2)))
    assert causes_of(holding(ledger, 60, reported=reported))[0].splits == reported


def test_a_split_that_stands_in_the_ledger_is_not_missing() -> None:
    ledger = Ledger().buy(3, 10, 100).split(12, 4, 1)
    found = causes_of(holding(ledger, 160, reported=(Ratio(day(10), D(4), D(1)),)))
    assert "missing_split" not in codes(found)


def test_a_split_recorded_twice_is_voided_once() -> None:
    ledger = Ledger().buy(3, 10, 100).split(10, 4, 1).split(12, 4, 1)
    found = causes_of(holding(ledger, 40))
    assert found[0].code == "split_twice" and found[0].entries == (3,) and found[0].fix == "void" and len(found) == 1


def test_a_split_that_the_statement_does_not_know() -> None:
    ledger = Ledger().buy(3, 10, 100).split(10, 1, 10)
    assert codes(causes_of(holding(ledger, 10))) == ["split_not_on_statement"]


@pytest.mark.parametrize(("there", "ratio"), [(40, (4, 1)), (1, (1, 10)), (15, (3, 2)), (200, (20, 1))])
def test_units_in_the_ratio_of_a_split_are_told_where_nothing_else_explains_them(there: int, ratio: tuple[int, int]) -> None:
    found = causes_of(holding(Ledger().buy(3, 7, 100).buy(4, 3, 90), there))
    assert codes(found) == ["ratio_of_a_split", "missing_trade"] and (int(found[0].splits[0].new), int(found[0].splits[0].old)) == ratio


def test_an_odd_ratio_is_no_split() -> None:
    assert codes(causes_of(holding(Ledger().buy(3, 10, 100).buy(4, 7, 90), 23))) == ["missing_trade"]


# ── entries ─────────────────────────────────────────────────────────────────


def test_an_entry_recorded_twice() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(3, 10, 100).buy(5, 4, 90)
    found = causes_of(holding(ledger, 14))
    assert found[0].code == "duplicate" and found[0].entries == (2,) and found[0].fix == "void"


def test_two_kinds_of_duplicates_at_once() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(3, 10, 100).buy(5, 4, 90).buy(5, 4, 90).buy(5, 4, 90)
    assert causes_of(holding(ledger, 14))[0].entries == (2, 4, 5)


def test_a_duplicate_before_a_split_counts_by_what_it_became() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(3, 10, 100).split(5, 2, 1)
    assert causes_of(holding(ledger, 20))[0].code == "duplicate"


def test_equal_units_at_another_price_are_no_duplicate() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(3, 10, 101)
    assert "duplicate" not in codes(causes_of(holding(ledger, 10)))


def test_a_voided_entry_that_the_statement_has() -> None:
    ledger = Ledger().buy(3, 10, 100)
    gone = Ledger().buy(1, 1, 1).buy(4, 5, 90).events[1:]
    found = causes_of(holding(ledger, 15, voided=tuple(gone)))
    assert codes(found) == ["voided"] and found[0].entries == (2,) and found[0].fix == "restore"


def test_an_entry_of_the_opposite_direction_makes_twice_its_units() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(5, 3, 110)
    found = causes_of(holding(ledger, 7))
    assert codes(found) == ["wrong_direction"] and found[0].entries == (2,)


def test_a_trade_that_has_not_settled_by_then() -> None:
    ledger = Ledger().buy(3, 10, 100).buy(29, 3, 110)
    found = causes_of(holding(ledger, 10, settles={2: STATEMENT + timedelta(days=1)}))
    assert found[0].code == "not_settled" and found[0].entries == (2,)


def test_a_trade_dated_after_the_statement() -> None:
    ledger = Ledger().buy(3, 10, 100).buy("2024-07-01", 3, 110).buy("2024-07-25", 3, 110)
    assert causes_of(holding(ledger, 13, here=10))[0].entries == (2,)


def test_an_entry_that_only_the_ledger_has() -> None:
    found = causes_of(holding(Ledger().buy(3, 10, 100).buy(9, 4, 110), 10))
    assert codes(found) == ["not_on_statement"] and found[0].entries == (2,)


def test_many_equal_entries_explain_nothing() -> None:
    ledger = Ledger()
    for when in range(3, 9):
        ledger.buy(when, 5, 100 + when)
    assert codes(causes_of(holding(ledger, 25))) == ["missing_trade"]


def test_what_nothing_explains_is_a_missing_trade() -> None:
    found = causes_of(holding(Ledger().buy(3, 17, 100), 10))
    assert codes(found) == ["missing_trade"] and found[0].amount == -7
    assert causes_of(holding(Ledger(), 12))[0].amount == 12


def test_units_from_a_merger_are_tried_on_the_ledger_too() -> None:
    ledger = Ledger().buy(3, 10, 100, 2).buy(3, 10, 100, 2).event("merger", 5, instrument=2, legs=(leg(1, "3:1", 1),))
    ledger.buy(8, 5, 30).buy(8, 5, 30)
    found = causes_of(holding(ledger, 65))
    assert found[0].code == "duplicate" and found[0].entries == (5,)


def test_a_long_ledger_is_not_tried_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    import portfolios.reconciling.causes as module

    ledger = Ledger()
    for number in range(1, 60):
        ledger.buy(1 + number % 25, 1, number)
    seen: list[int] = []

    def counted(events: Any, rules: Any) -> Any:
        read: list[Event] = list(events)
        seen.append(len(read))
        return replay(read, rules)

    monkeypatch.setattr(module, "replay", counted)
    monkeypatch.setattr(module, "MOST_REPLAYED", 500)
    assert causes_of(holding(ledger, 58)) and sum(seen) <= 500

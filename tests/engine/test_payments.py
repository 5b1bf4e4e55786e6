"""The rule of expected payments: rhythms, special and stopped ones, splits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.payments import (
    Paid,
    Rhythm,
    UnitSplit,
    expected_payments,
    growth_a_year,
    in_units_of_today,
    months_after,
    pattern_of,
    without_announced,
)

TODAY = date(2026, 3, 31)
UNTIL = date(2027, 3, 31)


def D(text: str) -> Decimal:
    return Decimal(text)


def paid(*rows: tuple[str, str]) -> list[Paid]:
    return [Paid(date.fromisoformat(day), D(amount)) for day, amount in rows]


def every(months: int, count: int, last: date = date(2026, 3, 12), amount: str = "0.50") -> list[Paid]:
    return [Paid(months_after(last, -months * back), D(amount)) for back in reversed(range(count))]


@pytest.mark.parametrize(
    ("months", "count", "rhythm"),
    [
        (1, 3, Rhythm.MONTHLY),
        (1, 30, Rhythm.MONTHLY),
        (3, 3, Rhythm.QUARTERLY),
        (3, 12, Rhythm.QUARTERLY),
        (6, 3, Rhythm.HALF_YEARLY),
        (12, 2, Rhythm.YEARLY),
    ],
)
def test_a_regular_payer_is_expected_as_often_as_it_paid(months: int, count: int, rhythm: Rhythm) -> None:
    found = pattern_of(every(months, count))
    dues = expected_payments(found, today=TODAY, until=UNTIL)
    assert found.rhythm is rhythm and found.special == () and len(dues) == 12 // months
    assert [one.day for one in dues] == [months_after(date(2026, 3, 12), months * step) for step in range(1, 12 // months + 1)]
    assert {one.amount for one in dues} == {D("0.50")}


def test_days_repeat_those_of_the_year_before() -> None:
    cola = paid(("2025-04-01", "0.51"), ("2025-07-01", "0.51"), ("2025-10-01", "0.51"), ("2025-12-15", "0.53"))
    dues = expected_payments(pattern_of(cola), today=date(2026, 1, 10), until=date(2027, 1, 10))
    assert [one.day.isoformat() for one in dues] == ["2026-04-01", "2026-07-01", "2026-10-01", "2026-12-15"]
    assert {one.amount for one in dues} == {D("0.53")}  # as much as the last one


def test_of_two_payments_a_year_each_is_like_that_of_the_same_half() -> None:
    bank = paid(("2024-05-10", "0.40"), ("2024-10-12", "0.10"), ("2025-05-09", "0.42"), ("2025-10-11", "0.11"))
    dues = expected_payments(pattern_of(bank), today=TODAY, until=UNTIL)
    assert [(one.day.isoformat(), one.amount) for one in dues] == [("2026-05-09", D("0.42")), ("2026-10-11", D("0.11"))]


def test_a_final_payment_many_times_the_interim_one_is_not_special() -> None:
    firm = paid(("2023-11-03", "0.05"), ("2024-05-10", "0.80"), ("2024-11-02", "0.05"), ("2025-05-09", "0.85"), ("2025-11-03", "0.06"))
    found = pattern_of(firm)
    assert (found.rhythm, found.special) == (Rhythm.HALF_YEARLY, ())


def test_a_special_dividend_between_two_regular_ones_is_left_aside() -> None:
    payments = sorted([*every(3, 8), Paid(date(2026, 1, 20), D("7"))], key=lambda one: one.day)
    found = pattern_of(payments)
    assert (found.rhythm, [one.amount for one in found.special]) == (Rhythm.QUARTERLY, [D("7")])
    assert {one.amount for one in expected_payments(found, today=TODAY, until=UNTIL)} == {D("0.50")}


def test_a_special_dividend_of_common_size_out_of_the_rhythm_is_left_aside() -> None:
    found = pattern_of(sorted([*every(3, 8), Paid(date(2026, 1, 20), D("0.50"))], key=lambda one: one.day))
    assert found.rhythm is Rhythm.QUARTERLY and [one.day for one in found.special] == [date(2026, 1, 20)]


def test_a_special_dividend_paid_together_with_the_regular_one_keeps_the_rhythm_and_is_no_example() -> None:
    payments = [*every(3, 8)[:-1], Paid(date(2026, 3, 12), D("9"))]
    found = pattern_of(payments)
    assert found.rhythm is Rhythm.QUARTERLY and [one.amount for one in found.special] == [D("9")]
    dues = expected_payments(found, today=TODAY, until=UNTIL)
    assert dues[0].day == date(2026, 6, 12) and {one.amount for one in dues} == {D("0.50")}


def test_a_special_dividend_of_a_yearly_payer_does_not_make_it_half_yearly() -> None:
    payments = sorted([*every(12, 5, date(2025, 6, 1), "1.00"), Paid(date(2025, 1, 20), D("6"))], key=lambda one: one.day)
    assert pattern_of(payments).rhythm is Rhythm.YEARLY


def test_what_did_not_come_is_expected_any_day_until_it_counts_as_stopped() -> None:
    found = pattern_of(every(3, 6, date(2025, 12, 12)))
    late = expected_payments(found, today=TODAY, until=UNTIL)
    assert (late[0].day, late[0].due) == (TODAY, date(2026, 3, 12)) and len(late) == 4
    with pytest.raises(Undefined, match="due about 12 Mar 2026 did not come, so it is taken as stopped"):
        expected_payments(found, today=date(2026, 4, 27), until=UNTIL)


def test_amounts_from_before_a_split_are_divided_by_it() -> None:
    payments = in_units_of_today(
        paid(("2025-06-12", "2"), ("2025-09-12", "2"), ("2025-12-12", "2"), ("2026-03-12", "0.5")), [UnitSplit(date(2026, 1, 5), D("4"))]
    )
    assert {one.amount for one in payments} == {D("0.5")} and pattern_of(payments).special == ()
    assert in_units_of_today(paid(("2026-01-05", "2")), [UnitSplit(date(2026, 1, 5), D("4"))])[0].amount == 2  # the day itself is after it


def test_a_reverse_split_makes_them_larger_and_two_splits_multiply() -> None:
    splits = [UnitSplit(date(2026, 1, 5), D("0.1")), UnitSplit(date(2026, 2, 5), D("2"))]
    assert in_units_of_today(paid(("2025-06-12", "1")), splits)[0].amount == 5


def test_payments_of_one_day_are_one_and_nothing_paid_is_none() -> None:
    assert in_units_of_today(paid(("2026-01-05", "2"), ("2026-01-05", "1"), ("2026-02-05", "0")), []) == paid(("2026-01-05", "3"))


@pytest.mark.parametrize(
    ("payments", "reason"),
    [
        ([], "not paid yet"),
        (every(3, 1), "once only"),
        (every(3, 2), "twice"),
        (paid(("2024-01-01", "1"), ("2024-03-01", "1"), ("2025-01-20", "1"), ("2025-02-01", "1"), ("2026-03-02", "1")), "uneven"),
        ([Paid(TODAY - timedelta(days=7 * n), D("1")) for n in reversed(range(9))], "more often than once a month"),
    ],
)
def test_without_a_pattern_the_reason_is_said(payments: list[Paid], reason: str) -> None:
    with pytest.raises(Undefined, match=reason):
        pattern_of(payments)


def test_an_announced_payment_stands_for_the_expected_one_near_it() -> None:
    dues = expected_payments(pattern_of(every(3, 6)), today=TODAY, until=UNTIL)
    left = without_announced(dues, [date(2026, 5, 20)], Rhythm.QUARTERLY)
    assert left == dues[1:]
    assert without_announced(dues, [date(2027, 12, 1)], Rhythm.QUARTERLY) == dues


def test_growth_is_a_rate_a_year() -> None:
    assert growth_a_year([D("121"), D("110"), D("100")]) == pytest.approx(0.1)
    assert growth_a_year([D("0"), D("100")]) == -1.0
    for sums, reason in (([D("1")], "fewer than two"), ([D("1"), D("0")], "nothing was paid"), ([D("-1"), D("2")], "paid out")):
        with pytest.raises(Undefined, match=reason):
            growth_a_year(sums)


def test_what_no_correct_caller_would_pass_is_refused() -> None:
    with pytest.raises(MalformedSeries):
        pattern_of(list(reversed(every(3, 4))))
    with pytest.raises(MalformedSeries):
        in_units_of_today([], [UnitSplit(TODAY, D("0"))])


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.decimals("0.0001", "1000", places=4)), max_size=40),
    st.integers(0, 3200),
)
def test_whatever_was_paid_comes_to_an_answer_or_a_reason_and_units_do_not_matter(rows: list[tuple[int, Decimal]], now: int) -> None:
    first = date(2015, 1, 1)
    today = first + timedelta(days=now)
    payments = in_units_of_today([Paid(first + timedelta(days=n), amount) for n, amount in rows if n <= now], [])
    try:
        dues = expected_payments(pattern_of(payments), today=today, until=months_after(today, 12))
    except Undefined as none:
        assert none.reason
        return
    assert dues == sorted(dues, key=lambda one: one.day) and len(dues) <= 12
    assert all(today <= one.day <= months_after(today, 12) and one.like in payments and one.amount == one.like.amount for one in dues)
    halved = [Paid(one.day, one.amount * 2) for one in payments]
    again = expected_payments(pattern_of(halved), today=today, until=months_after(today, 12))
    assert [(one.day, one.amount) for one in again] == [(one.day, one.amount * 2) for one in dues]

"""Periods as people write them: what they mean, what comes before and after, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio_site.kernel.periods import NAMES, UnreadablePeriod, read_period

TODAY = date(2026, 11, 21)  # a Saturday


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1D", "2026-11-21", "2026-11-21"),
        ("wtd", "2026-11-16", "2026-11-21"),
        ("MTD", "2026-11-01", "2026-11-21"),
        ("QTD", "2026-10-01", "2026-11-21"),
        ("ytd", "2026-01-01", "2026-11-21"),
        ("1Y", "2025-11-22", "2026-11-21"),
        ("3y", "2023-11-22", "2026-11-21"),
        ("6M", "2026-05-22", "2026-11-21"),
        ("2W", "2026-11-08", "2026-11-21"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2026", "2026-01-01", "2026-11-21"),
        ("2024-2", "2024-02-01", "2024-02-29"),
        ("2024-Q2", "2024-04-01", "2024-06-30"),
        ("2024q4", "2024-10-01", "2024-12-31"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("2022-06 : ytd", "2022-06-01", "2026-11-21"),
        ("2022-06:2023", "2022-06-01", "2023-12-31"),
        ("2022-06-03 to 2023-Q1", "2022-06-03", "2023-03-31"),
        ("2024 – ", "2024-01-01", "2026-11-21"),
        ("ytd:today", "2026-01-01", "2026-11-21"),
    ],
)
def test_a_text_means_these_days(text: str, start: str, end: str) -> None:
    span = read_period(text, TODAY)
    assert (span.start, span.end) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("text", ["max", "ALL", ": today"])
def test_everything_has_no_first_day(text: str) -> None:
    span = read_period(text, TODAY)
    assert (span.text, span.start, span.end, span.previous, span.next) == ("MAX", None, TODAY, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "“soon” is no period"),
        ("", "is no period"),
        (":", "has no end"),
        ("2024-13", "There is no 2024-13 in the calendar"),
        ("2023-02-29", "There is no 2023-02-29 in the calendar"),
        ("2024-Q5", "There is no 2024-Q5 in the calendar"),
        ("2027", "a day to come"),
        ("2024 : 2023", "before it begins"),
        ("1887", "before 1900"),
        ("0M", "has no day"),
        ("999Y", "goes back beyond 1900"),
        ("2024-05 : whenever", "“whenever” is no period"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(UnreadablePeriod, match=said):
        read_period(text, TODAY)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("2024", "2023", "2025"),
        ("2024-01", "2023-12", "2024-02"),
        ("2024-Q1", "2023-Q4", "2024-Q2"),
        ("2024-03-01", "2024-02-29", "2024-03-02"),
        ("YTD", "2025", None),
        ("MTD", "2026-10", None),
        ("WTD", "2026-11-09:2026-11-15", None),
        ("1D", "2026-11-20", None),
        ("1Y", "2024-11-22:2025-11-21", None),
        ("2024-01 : 2024-06", "2023-07-01:2023-12-31", "2024-07-01:2024-12-31"),
        ("2024-05-06 : 2024-05-10", "2024-05-01:2024-05-05", "2024-05-11:2024-05-15"),
    ],
)
def test_the_period_before_and_the_one_after(text: str, before: str, after: str | None) -> None:
    span = read_period(text, TODAY)
    assert span.previous is not None and span.previous.text == before
    assert (None if span.next is None else span.next.text) == after


@given(st.sampled_from([*NAMES, "2019", "2019-07", "2019-Q3", "2019-07-04", "2019-02:2019-08", "2019-07-04:2019-08-11"]), st.dates(date(2020, 1, 1)))
def test_neighbours_touch_and_an_address_reads_back(text: str, today: date) -> None:
    span = read_period(text, today)
    again = read_period(span.text, today)
    assert (again.start, again.end) == (span.start, span.end)
    for before, after in ((span.previous, span), (span, span.next)):
        if before is not None and after is not None:
            assert after.start is not None and before.end + timedelta(days=1) == after.start

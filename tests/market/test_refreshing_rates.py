"""Reference rates from their sources, and currencies that became the euro."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from market import selectors, tasks
from market.errors import MissingRate
from market.models import FxRate
from market.packing import day_number
from market.providers.base import RateRow
from market.providers.failures import Unreachable
from market.services.refreshing.rates import last_published, newest_real_day, refresh_rates
from tests.emulator import Emulator

FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


class Told:
    """A source with rates of these days, which remembers what it was asked for."""

    def __init__(self, name: str, days: Sequence[date] = (), fails: bool = False) -> None:
        self.name, self.days, self.fails = name, days, fails
        self.asked: list[tuple[date | None, date]] = []

    def rates(self, after: date | None, until: date) -> Sequence[RateRow]:
        self.asked.append((after, until))
        if self.fails:
            raise Unreachable("Down.")
        return [RateRow("EUR", "USD", day, Decimal("1.15"), self.name) for day in self.days if (after is None or day > after) and day <= until]


DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19, 20)]


def test_the_first_time_all_rates_are_asked_for(db: None) -> None:
    ecb = Told("ecb", DAYS)
    assert refresh_rates(FRIDAY, [ecb]) == 5
    assert ecb.asked == [(None, date(2026, 11, 20))] and newest_real_day() == date(2026, 11, 20)


def test_nobody_is_asked_while_the_newest_published_day_is_stored(db: None) -> None:
    ecb = Told("ecb", DAYS)
    refresh_rates(FRIDAY, [ecb])
    for hours in (1, 24, 48, 60):
        assert refresh_rates(FRIDAY + timedelta(hours=hours), [ecb]) == 0
    assert len(ecb.asked) == 1


def test_in_the_morning_the_rate_of_the_day_before_is_the_newest() -> None:
    assert last_published(datetime(2026, 11, 20, 9, tzinfo=UTC)) == date(2026, 11, 19)
    assert last_published(datetime(2026, 11, 23, 9, tzinfo=UTC)) == date(2026, 11, 20)


def test_a_source_that_is_down_is_stood_in_for_and_nothing_is_lost(db: None) -> None:
    refresh_rates(FRIDAY - timedelta(days=1), [Told("ecb", DAYS)])
    assert refresh_rates(FRIDAY, [Told("ecb", fails=True), Told("frankfurter", DAYS[-1:])]) == 1
    assert FxRate.objects.get(day=date(2026, 11, 20)).source == "frankfurter"
    assert refresh_rates(FRIDAY + timedelta(days=3, hours=1), [Told("ecb", fails=True)]) == 0
    assert selectors.rate("EUR", "USD", date(2026, 11, 23)).day == date(2026, 11, 20)


def test_simulated_rates_are_no_reason_not_to_ask(db: None) -> None:
    FxRate.objects.create(base="EUR", quote="USD", day=date(2026, 11, 20), rate=1, source="demo", simulated=True)
    ecb = Told("ecb", DAYS)
    refresh_rates(FRIDAY, [ecb])
    assert ecb.asked and not FxRate.objects.get(day=date(2026, 11, 20)).simulated


# ── currencies that ended ───────────────────────────────────────────────────


@pytest.fixture
def kuna(db: None) -> None:
    for day, rate in ((date(2022, 12, 29), "7.5352"), (date(2022, 12, 30), "7.5365")):
        FxRate.objects.create(base="EUR", quote="HRK", day=day, rate=Decimal(rate), source="ecb")


def test_a_currency_that_became_the_euro_has_its_legal_rate_ever_since(kuna: None) -> None:
    assert selectors.rate("EUR", "HRK", date(2022, 12, 30)).rate == Decimal("7.5365")
    later = selectors.rate("EUR", "HRK", date(2026, 11, 20))
    assert (later.rate, later.day, later.source) == (Decimal("7.53450"), date(2026, 11, 20), "conversion rate")


def test_it_crosses_with_others_of_the_day(kuna: None) -> None:
    FxRate.objects.create(base="EUR", quote="USD", day=date(2026, 11, 20), rate=Decimal("1.25"), source="ecb")
    assert selectors.rate("HRK", "USD", date(2026, 11, 20)).rate == Decimal("0.165903510518282567")


def test_one_that_only_ended_has_none(db: None) -> None:
    FxRate.objects.create(base="EUR", quote="RUB", day=date(2022, 3, 1), rate=Decimal("117.2010"), source="ecb")
    with pytest.raises(MissingRate):
        selectors.rate("EUR", "RUB", date(2022, 3, 10))


def test_the_columns_of_the_engine_say_the_same(kuna: None) -> None:
    from market.services import rebuild_fx_columns

    rebuild_fx_columns(["HRK"])
    column: Any = selectors.fx_columns(["HRK"])["HRK"]
    day = day_number(date(2026, 11, 20))
    place = int(column.days.searchsorted(day, side="right")) - 1
    assert column.rates[place] == 7.5345 and day - column.days[place] < 7


# ── a file that has not changed ─────────────────────────────────────────────


@pytest.fixture
def holiday(world: Emulator) -> Iterator[Emulator]:
    """The ECB has nothing new although its hour has come: Good Friday, with Thursday's rates stored."""
    with time_machine.travel(datetime(2026, 4, 2, 16, tzinfo=UTC), tick=False):
        world.world.clock.set(datetime(2026, 4, 2, 16, tzinfo=UTC))
        assert tasks.fetch_rates() > 1_000
    with time_machine.travel(datetime(2026, 4, 3, 16, tzinfo=UTC), tick=False):
        world.world.clock.set(datetime(2026, 4, 3, 16, tzinfo=UTC))
        tasks.fetch_rates()  # the week once more: another file than the history, whose version is not known yet
        assert world.calls("ecb")[-1].status == 200
        yield world


def test_a_file_that_is_still_the_same_is_neither_sent_read_nor_written_and_nobody_else_is_asked(
    holiday: Emulator, django_assert_num_queries: Any
) -> None:
    before = len(holiday.calls())
    with django_assert_num_queries(1):
        assert tasks.fetch_rates() == 0
    (call,) = holiday.calls()[before:]
    assert (call.source, call.status) == ("ecb", 304) and call.headers["if-none-match"]


def test_a_file_that_changed_is_read_and_its_new_version_kept(holiday: Emulator) -> None:
    for day, status in ((7, 200), (7, 200)):
        with time_machine.travel(datetime(2026, 4, day, 16, tzinfo=UTC), tick=False):
            holiday.world.clock.set(datetime(2026, 4, day, 16, tzinfo=UTC))
            tasks.fetch_rates()
        assert holiday.calls("ecb")[-1].status == status
    assert newest_real_day() == date(2026, 4, 7)


def test_rates_that_are_gone_are_asked_for_in_full_whatever_was_seen(holiday: Emulator) -> None:
    FxRate.objects.filter(day__gt=date(2026, 3, 31)).delete()
    assert tasks.fetch_rates() > 0 and newest_real_day() == date(2026, 4, 2)
    assert holiday.calls("ecb")[-1].status == 200


def test_a_version_is_forgotten_where_its_rates_could_not_be_stored(holiday: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()

    def broken(rows: Any) -> int:
        raise OSError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr("market.services.refreshing.rates.ingest_rates", broken)
        with pytest.raises(OSError, match="disk"):
            tasks.fetch_rates()
    tasks.fetch_rates()
    assert [call.status for call in holiday.calls("ecb")[-2:]] == [200, 200]

"""Prices within the newest days: asked for by a person, fetched by a job, judged, kept for some days, told by the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from market.errors import NoSource, NotPricedBySources, UnknownInstrument
from market.models import IntradayDay, SourceSymbol
from market.providers.base import Bar, Intraday
from market.providers.failures import Failure, FailureKind
from market.selectors import intraday_prices
from market.services.calls import Source
from market.services.on_demand import intraday_state, request_intraday
from market.services.refreshing import outcome_of, refresh_intraday, sweep_intraday
from market.tasks import fetch_intraday_of
from tests.factories import D, make_instrument, set_quote

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)  # a Tuesday
OPENS = datetime(2026, 6, 16, 13, 30, tzinfo=UTC)


def answering(answer: Any) -> Any:
    """Sources of which the one there is, Yahoo, answers this."""
    return lambda _: [Source("yahoo", 10, lambda symbols: dict.fromkeys(symbols, answer))]


def bars(*closes: str, start: datetime = OPENS) -> tuple[Bar, ...]:
    return tuple(Bar(start + timedelta(minutes=5 * n), D(close), D(close), D(close), D(close), 100) for n, close in enumerate(closes))


@pytest.fixture
def acme() -> Any:
    one = make_instrument("ACME", currency="USD", exchange="XNYS")
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="ACME", currency="USD")
    return one


# ── fetching ────────────────────────────────────────────────────────────────


def test_what_came_is_stored_by_trading_day_exactly_and_replaces_what_there_was(acme: Any) -> None:
    monday = bars("9.1", start=OPENS - timedelta(days=1))
    assert refresh_intraday([acme.pk], NOW, answering(Intraday("USD", monday + bars("10.25", "10.123456789")))) == 2
    found = intraday_prices(acme.pk)
    assert [(bar.day.day, bar.close) for bar in found.bars] == [(15, D("9.1")), (16, D("10.25")), (16, D("10.123456789"))]
    assert (found.bars[1].start, found.bars[1].volume, found.source, found.fetched_at) == (OPENS, 100, "yahoo", NOW)
    later = NOW + timedelta(minutes=5)
    refresh_intraday([acme.pk], later, answering(Intraday("USD", bars("10.25", "10.5", "10.6"))))
    assert [bar.close for bar in intraday_prices(acme.pk, days=1).bars] == [D("10.25"), D("10.5"), D("10.6")]
    assert intraday_prices(acme.pk).days == (date(2026, 6, 15), date(2026, 6, 16))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Intraday("EUR", bars("10")), "In another currency"),
        (Intraday("USD", bars("1000")), "A hundred times its neighbours"),
        (Intraday("USD", bars("15")), "Moved by more than 30 % without a split"),
        (Intraday("USD", bars("10", start=NOW + timedelta(hours=1))), "has no prices of ACME within the day"),
        (Failure(FailureKind.NO_DATA, "Yahoo has no prices of ACME within the day."), "Yahoo has no prices of ACME within the day."),
    ],
)
def test_what_is_not_believed_or_did_not_come_is_not_stored_and_the_reason_is_told(acme: Any, answer: Any, said: str) -> None:
    set_quote(acme, "10", as_of=NOW - timedelta(days=1))
    refresh_intraday([acme.pk], NOW, answering(answer))
    outcome = outcome_of(acme.pk)
    assert outcome is not None and said in outcome.problem
    assert not IntradayDay.objects.exists()


def test_without_a_symbol_at_a_source_nobody_is_asked() -> None:
    one = make_instrument("BARE")
    refresh_intraday([one.pk], NOW, answering(Intraday("EUR", bars("1"))))
    outcome = outcome_of(one.pk)
    assert outcome is not None and outcome.problem == "No source that has prices within the day knows BARE."


def test_days_are_forgotten_after_ten(acme: Any) -> None:
    old = bars("9", start=OPENS - timedelta(days=11))
    refresh_intraday([acme.pk], NOW - timedelta(days=11), answering(Intraday("USD", old)))
    refresh_intraday([acme.pk], NOW, answering(Intraday("USD", bars("10"))))
    assert intraday_prices(acme.pk).days == (date(2026, 6, 16),)
    assert sweep_intraday(NOW + timedelta(days=10)) == 0
    assert sweep_intraday(NOW + timedelta(days=11)) == 1


def test_the_job_asks_the_sources_as_they_are(world: Any) -> None:
    one = make_instrument("AAPL", currency="USD", exchange="XNAS")
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="AAPL", currency="USD")
    assert fetch_intraday_of([one.pk]) == 5
    found = intraday_prices(one.pk)
    security = world.world.get("AAPL")
    assert len(found.days) == 5 and found.bars[-1].close == world.world.quote(security).price
    outcome = outcome_of(one.pk)
    assert outcome is not None and outcome.problem == ""


# ── asking ──────────────────────────────────────────────────────────────────


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Any]:
    """Jobs that were rung for, with Yahoo on."""
    from market import tasks

    settings.PROVIDERS = ["yahoo"]
    calls: list[Any] = []
    monkeypatch.setattr(tasks.fetch_intraday_of, "delay", calls.append)
    return calls


def test_asking_rings_once_a_minute_whoever_asks_and_tells_how_far_it_is(
    acme: Any, person: Any, stranger: Any, rung: Any, django_capture_on_commit_callbacks: Any
) -> None:
    assert not intraday_state(acme).asking
    with django_capture_on_commit_callbacks(execute=True):
        assert request_intraday(person, acme)
        assert not request_intraday(stranger, acme)
    assert rung == [[acme.pk]] and intraday_state(acme).asking
    refresh_intraday([acme.pk], timezone.now(), answering(Failure(FailureKind.NO_DATA, "Nothing.")))
    state = intraday_state(acme)
    assert (state.asking, state.problem, state.why_not) == (False, "Nothing.", "")


def test_what_cannot_be_asked_for_is_refused(acme: Any, person: Any, stranger: Any, rung: Any, settings: Any) -> None:
    with pytest.raises(UnknownInstrument):
        request_intraday(person, make_instrument(owner=stranger))
    with pytest.raises(NotPricedBySources):
        request_intraday(person, make_instrument(owner=person))
    settings.PROVIDERS = []
    with pytest.raises(NoSource, match="No source is on that has prices of ACME within the day"):
        request_intraday(person, acme)
    assert rung == []


# ── the API ─────────────────────────────────────────────────────────────────


def test_the_api_asks_tells_how_far_it_is_and_gives_the_bars_in_pages(
    api: Any, acme: Any, rung: Any, django_capture_on_commit_callbacks: Any, django_assert_max_num_queries: Any
) -> None:
    path = f"/api/v1/instruments/{acme.pk}"
    assert api.get(f"{path}/prices?interval=5m").json()["results"] == []
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(f"{path}/intraday")
    assert (answer.status_code, answer.json(), rung) == (202, {"asked": True}, [[acme.pk]])
    assert api.get(f"{path}/intraday").json() == {
        "asking": True, "fetched_at": None, "days": [], "source": "", "problem": "", "why_not": "",
    }  # fmt: skip
    refresh_intraday([acme.pk], NOW, answering(Intraday("USD", bars(*(str(n) for n in range(10, 15))))))
    told = api.get(f"{path}/intraday").json()
    assert (told["asking"], told["days"], told["source"]) == (False, ["2026-06-16"], "yahoo")
    with django_assert_max_num_queries(4):
        first = api.get(f"{path}/prices?interval=5m&page_size=2").json()
    assert [(one["date"], one["close"], one["time"][:16]) for one in first["results"]] == [
        ("2026-06-16", "10", "2026-06-16T13:30"), ("2026-06-16", "11", "2026-06-16T13:35"),
    ]  # fmt: skip
    assert (first["currency"], first["previous"]) == ("USD", None)
    second = api.get(first["next"]).json()
    assert [one["close"] for one in second["results"]] == ["12", "13"]
    assert [one["close"] for one in api.get(second["previous"]).json()["results"]] == ["10", "11"]
    assert [one["close"] for one in api.get(second["next"]).json()["results"]] == ["14"]
    assert api.get(f"{path}/prices?interval=5m&end=2026-06-15").json()["results"] == []


@pytest.mark.parametrize("query", ["interval=7m", "interval=5m&cursor=a2026-06-16", "cursor=a5", "interval=5m&start=2026-02-02&end=2026-01-01"])
def test_what_cannot_be_read_is_refused(api: Any, acme: Any, query: str) -> None:
    answer = api.get(f"/api/v1/instruments/{acme.pk}/prices?{query}")
    assert answer.status_code == 400
    if "7m" in query:
        assert "Write one of: day, week, month, 5m." in answer.json()["errors"][0]["detail"]


def test_the_api_tells_nothing_of_somebody_elses_instrument(api: Any, stranger: Any) -> None:
    theirs = make_instrument(owner=stranger)
    for path in ("", "/actions", "/intraday", "/prices?interval=5m"):
        assert api.get(f"/api/v1/instruments/{theirs.pk}{path}").status_code == 404, path
    assert api.post(f"/api/v1/instruments/{theirs.pk}/intraday").status_code == 404
    cache.clear()

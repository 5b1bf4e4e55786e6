"""What the API tells of one instrument: state of its quote, next refresh, names at sources, actions, prices before and after splits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from market.choices import ActionKind
from market.models import CorporateAction, Quote, SourceSymbol
from market.selectors import instrument_detail
from market.services import PriceRow, ingest_prices
from tests.factories import D, make_instrument, set_quote

pytestmark = pytest.mark.django_db

TRADING = datetime(2026, 6, 16, 15, 0, tzinfo=UTC)  # a Tuesday, New York is open
EVENING = datetime(2026, 6, 16, 22, 0, tzinfo=UTC)
MONDAY = date(2023, 1, 2)


@pytest.fixture
def acme() -> Any:
    one = make_instrument("ACME", currency="USD", exchange="XNYS", isin="US0378331005")
    set_quote(one, "10", "9", as_of=TRADING - timedelta(minutes=3))
    return one


def named(one: Any, asked_at: datetime | None, **fields: Any) -> None:
    SourceSymbol.objects.create(instrument=one, source=fields.pop("source", "yahoo"), symbol=one.symbol, asked_at=asked_at, **fields)


@pytest.mark.parametrize(
    ("now", "quality", "state"),
    [
        (TRADING, "live", "live"),
        (TRADING, "delayed", "delayed"),
        (TRADING, "close", "closed"),
        (EVENING, "live", "closed"),
        (TRADING, "own", "own"),
        (TRADING, "simulated", "demo"),
        (TRADING + timedelta(days=9), "live", "old"),
    ],
)
def test_the_state_of_a_price_is_told_in_a_word(acme: Any, person: Any, now: datetime, quality: str, state: str) -> None:
    Quote.objects.update(quality=quality)
    assert instrument_detail(person, acme.pk, now=now).state == state


def test_the_next_refresh_is_in_a_quarter_of_an_hour_while_it_trades_and_then_at_the_next_opening(acme: Any, person: Any, settings: Any) -> None:
    settings.PROVIDERS = ["yahoo"]
    named(acme, TRADING - timedelta(minutes=5))
    assert instrument_detail(person, acme.pk, now=TRADING).next_refresh.at == TRADING + timedelta(minutes=10)
    SourceSymbol.objects.update(asked_at=EVENING - timedelta(minutes=5))
    assert instrument_detail(person, acme.pk, now=EVENING).next_refresh.at == datetime(2026, 6, 17, 13, 30, tzinfo=UTC)
    SourceSymbol.objects.update(retry_at=EVENING + timedelta(hours=1))
    assert instrument_detail(person, acme.pk, now=EVENING).next_refresh.at == EVENING + timedelta(hours=1)


def test_where_nothing_is_asked_for_by_itself_the_reason_is_told(acme: Any, person: Any, settings: Any) -> None:
    def why() -> str:
        told = instrument_detail(person, acme.pk, now=TRADING).next_refresh
        assert told.at is None
        return told.why_not

    settings.PROVIDERS = []
    assert why() == "No source of prices is set up."
    settings.PROVIDERS = ["yahoo"]
    assert why() == "No source is known to have it."
    named(acme, TRADING - timedelta(days=3))
    assert "somebody holds or watches" in why()
    mine = make_instrument("HOUSE", owner=person)
    assert instrument_detail(person, mine.pk).next_refresh.why_not == "You price it yourself."


@pytest.mark.parametrize(("exchange", "named_as"), [("XTAE", "Tel Aviv"), ("ASEX", "Athens"), ("", "No exchange is known")])
def test_where_nobody_knows_the_hours_the_next_refresh_says_what_it_supposes(
    api: Any, acme: Any, settings: Any, exchange: str, named_as: str
) -> None:
    settings.PROVIDERS = ["yahoo"]
    named(acme, TRADING - timedelta(minutes=5))
    with time_machine.travel(TRADING, tick=False):
        assert api.get(f"/api/v1/instruments/{acme.pk}").json()["next_refresh"]["supposed"] == ""
        type(acme).objects.update(exchange=exchange)
        told = api.get(f"/api/v1/instruments/{acme.pk}").json()["next_refresh"]
    assert named_as in told["supposed"] and "Weekdays are taken" in told["supposed"]
    assert datetime.fromisoformat(told["at"]) == TRADING + timedelta(minutes=10)


@time_machine.travel(TRADING, tick=False)
def test_the_api_tells_the_instrument_in_full(api: Any, acme: Any, settings: Any, django_assert_max_num_queries: Any) -> None:
    settings.PROVIDERS = ["yahoo"]
    named(acme, TRADING - timedelta(minutes=5), detail="It was slow.")
    named(acme, None, source="exchange", until=date(2020, 1, 1))
    with django_assert_max_num_queries(5):
        body = api.get(f"/api/v1/instruments/{acme.pk}").json()
    assert (body["symbol"], body["state"], body["quote"]["price"], body["industry"]) == ("ACME", "live", "10", "")
    assert datetime.fromisoformat(body["next_refresh"]["at"]) == TRADING + timedelta(minutes=10)
    assert [(one["source"], one["until"], one["problem"]) for one in body["symbols"]] == [
        ("yahoo", None, "It was slow."), ("exchange", "2020-01-01", ""),
    ]  # fmt: skip


def test_actions_are_told_by_kind_and_time_in_the_units_of_their_day(api: Any, acme: Any) -> None:
    CorporateAction.objects.create(instrument=acme, kind=ActionKind.DIVIDEND, ex_day=MONDAY, amount=D("0.82"), source="yahoo")
    CorporateAction.objects.create(
        instrument=acme, kind=ActionKind.SPLIT, ex_day=MONDAY + timedelta(days=9), ratio_new=D(4), ratio_old=D(1), source="yahoo"
    )
    path = f"/api/v1/instruments/{acme.pk}/actions"
    paid, split = api.get(path).json()["results"]
    assert (paid["kind"], paid["ex_date"], paid["amount"], paid["currency"], paid["ratio_new"]) == ("dividend", "2023-01-02", "0.82", "USD", None)
    assert (split["kind"], split["ratio_new"], split["ratio_old"], split["amount"]) == ("split", "4", "1", None)
    assert [one["kind"] for one in api.get(f"{path}?kind=split").json()["results"]] == ["split"]
    assert [one["kind"] for one in api.get(f"{path}?end=2023-01-05").json()["results"]] == ["dividend"]
    assert api.get(f"{path}?kind=gift").status_code == 400
    assert api.get(f"{path}?start=2023-01-05&end=2023-01-01").status_code == 400


def test_prices_are_raw_unless_they_are_asked_for_in_todays_units(api: Any, acme: Any) -> None:
    ingest_prices(acme, [PriceRow(MONDAY + timedelta(days=n), D(price), volume=100) for n, price in enumerate(("100", "104", "26"))], "test")
    CorporateAction.objects.create(
        instrument=acme, kind=ActionKind.SPLIT, ex_day=MONDAY + timedelta(days=2), ratio_new=D(4), ratio_old=D(1), source="yahoo"
    )
    path = f"/api/v1/instruments/{acme.pk}/prices"

    def told(query: str) -> tuple[Any, ...]:
        body = api.get(f"{path}?{query}").json()
        return body["adjustment"], [(one["close"], one["volume"]) for one in body["results"]]

    assert told("") == ("raw", [("100", 100), ("104", 100), ("26", 100)])
    assert told("adjustment=splits") == ("splits", [("25", 400), ("26", 400), ("26", 100)])
    assert told("adjustment=splits&interval=week") == ("splits", [("26", 900)])
    assert api.get(f"{path}?adjustment=all").status_code == 400
    acme.provider = "demo"
    acme.save()
    assert told("adjustment=splits")[0] == "raw"

"""Data health: shares of net worth, cash below zero, sources, what administrators mend; and the lamp on the dashboard."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from analytics.selectors.health import data_health
from market.choices import AssetClass, SuspectKind, SuspectReason, Verdict
from market.errors import TooManyAsked, UnknownInstrument
from market.models import Price, Quote, SourceSymbol, Suspect
from market.providers.failures import Failure, FailureKind
from market.services.calls.breaker import report
from market.services.on_demand import asked_by, request_refreshes
from portfolio_site.kernel.decimals import quotient
from portfolio_site.web.site_roles import SiteRole
from tests.factories import D, make_instrument, make_portfolio, make_staff, record, set_closes, set_quote, set_rate_every_day

pytestmark = pytest.mark.django_db

WHOLE = {"sector": "Energy", "country": "NL"}


def held(portfolio: Any, day: date, symbol: str, *, price: str = "10", **fields: Any) -> Any:
    """One unit bought for 10, worth `price` now, with an earlier price."""
    made = make_instrument(symbol, price=price, **{**WHOLE, **fields})
    set_closes(made, {day: "10"})
    record(portfolio, "buy", day, made, quantity="1", price="10")
    return made


@pytest.fixture
def day(today: date) -> date:
    return today - timedelta(days=30)


@pytest.fixture
def funded(portfolio: Any, day: date) -> Any:
    record(portfolio, "deposit", day, amount="100")
    return portfolio


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[str, Any]]:
    """Jobs that were rung for.  Yahoo is on."""
    from market import tasks

    settings.PROVIDERS = ["yahoo"]
    calls: list[tuple[str, Any]] = []
    for name in ("refresh_quotes_of", "refresh_histories_of"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda ids, name=name: calls.append((name, list(ids))))
    return calls


def doubt(instrument: Any, source: str = "yahoo", kind: str = SuspectKind.QUOTE) -> Suspect:
    made: Suspect = Suspect.objects.create(
        instrument=instrument, kind=kind, source=source, day=timezone.localdate(), as_of=timezone.now(), price=D("15"), before=D("10"),
        reason=SuspectReason.JUMP, found_at=timezone.now(),
    )  # fmt: skip
    return made


# ── shares of net worth ─────────────────────────────────────────────────────


def test_each_group_says_which_share_of_net_worth_it_concerns(person: Any, funded: Any, day: date) -> None:
    old, odd = held(funded, day, "OLD", price="25"), held(funded, day, "ODD", asset_class=AssetClass.OTHER)
    set_quote(old, "25", as_of=timezone.now() - timedelta(days=9))
    told = data_health(person)
    shares = {group.kind.value: group.share.value for group in told.groups}
    assert shares == {"stale_price": quotient(D(25), D(115)), "unclassified": quotient(D(10), D(115))}
    assert odd.symbol in {one.symbol for one in told.points}


def test_what_has_no_price_is_a_share_at_its_cost_and_says_so(person: Any, funded: Any, day: date) -> None:
    bare = make_instrument("BARE", **{**WHOLE, "sector": ""})
    record(funded, "buy", day, bare, quantity="1", price="10")
    no_price, unclassified = data_health(person).groups
    assert (no_price.kind.value, no_price.share.value) == ("no_price", D("0.1"))
    assert unclassified.share.value == D("0.1") and "It stands at its cost" in unclassified.share.warnings[0]


def test_without_net_worth_there_are_no_shares(person: Any, funded: Any, day: date) -> None:
    old = held(funded, day, "OLD", price="0.5")
    set_quote(old, "0.5", as_of=timezone.now() - timedelta(days=9))
    record(funded, "withdrawal", day, amount="95")
    assert data_health(person).groups[0].share.why_not == "Net worth is not above zero; there are no shares of it."


def test_cash_below_zero_is_told_with_the_day_since_when(client: Client, person: Any, funded: Any, day: date) -> None:
    record(funded, "withdrawal", day + timedelta(days=2), amount="130")
    record(funded, "deposit", day + timedelta(days=5), amount="40")
    record(funded, "fee", day + timedelta(days=7), amount="15")
    held_elsewhere = make_portfolio(person)
    record(held_elsewhere, "deposit", day, amount="105")
    told = data_health(person)
    (one,) = told.overdrawn
    assert (one.portfolio_id, one.amount.value, one.amount.currency, one.since) == (funded.pk, D("-5"), "EUR", day + timedelta(days=7))
    assert told.overdrawn_share.value == D("0.05")
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert (
        "Cash below zero" in page
        and f"kind=deposit&amp;portfolio={funded.pk}&amp;currency=EUR" in page
        and f"/portfolios/{funded.pk}/reconcile/" in page
    )


def test_cash_in_a_currency_without_a_rate_wants_the_rate(client: Client, person: Any, portfolio: Any, day: date) -> None:
    set_rate_every_day("USD", "1.25", day - timedelta(days=1), day)
    record(portfolio, "deposit", day, amount="50", currency="USD")
    assert [(one.kind.value, one.symbol) for one in data_health(person).points] == [("no_rate", "USD/EUR")]
    client.force_login(person)
    assert "/rates/?base=USD&amp;quote=EUR" in client.get("/health/").content.decode()


# ── what mends ──────────────────────────────────────────────────────────────


def test_an_administrator_settles_doubted_prices_and_others_cannot(client: Client, person: Any, funded: Any, day: date) -> None:
    first = doubt(held(funded, day, "ODD"), source="test")
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert "Prices kept aside" in page and "Accept" not in page
    client.post("/health/settle/", {"suspect": first.pk, "answer": "accept"})
    first.refresh_from_db()
    assert first.verdict == Verdict.OPEN
    make_staff(person, SiteRole.STEWARD)
    assert "Accept" in client.get("/health/").content.decode()
    assert "The price was accepted." in client.post("/health/settle/", {"suspect": first.pk, "answer": "accept"}, follow=True).content.decode()
    second = doubt(held(funded, day, "TOO"), source="test")
    client.post("/health/settle/", {"suspect": second.pk, "answer": "refuse"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.REFUSED)
    assert client.post("/health/settle/", {"suspect": "x"}).status_code == 404


def test_sources_that_differ_are_named_both(person: Any, funded: Any, day: date) -> None:
    one, bar = held(funded, day, "ONE"), held(funded, day, "BAR")
    doubt(one)
    Price.objects.filter(instrument=bar).update(source="tiingo")
    doubt(bar, kind=SuspectKind.BAR)
    told = {point.symbol: point for point in data_health(person).points}
    assert {point.kind.value for point in told.values()} == {"sources_differ"}
    assert told["ONE"].detail.startswith("Test says 10, which stands. Moved by more than 30 %") and told["ONE"].source == "Yahoo Finance"
    assert told["BAR"].detail.startswith("Tiingo says 10")


def test_an_administrator_is_led_to_symbols_and_descriptions(client: Client, person: Any, funded: Any, day: date) -> None:
    bare = make_instrument("BARE", asset_class=AssetClass.OTHER)
    record(funded, "buy", day, bare, quantity="1", price="10")
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert f"/instruments/{bare.pk}/classify/" in page and "/admin/" not in page
    make_staff(person, SiteRole.STEWARD)
    page = client.get("/health/").content.decode()
    assert "/admin/market/sourcesymbol/?q=BARE" in page and f"/admin/market/instrument/{bare.pk}/change/" in page


def test_many_are_asked_for_with_one_button_and_the_page_counts_them(
    client: Client, person: Any, funded: Any, day: date, rung: Any, django_capture_on_commit_callbacks: Any
) -> None:
    old = [held(funded, day, f"OLD{number}") for number in range(12)]
    for one in old:
        set_quote(one, "9", as_of=timezone.now() - timedelta(days=9))
    client.force_login(person)
    assert "Ask for all again" in client.get("/health/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post("/health/ask/", {"instrument": [one.pk for one in old]}, follow=True).content.decode()
    assert "asked for 12 instruments" in page and "0 of 12 done" in page and "every 5s" in page
    assert [name for name, _ in rung] == ["refresh_quotes_of", "refresh_histories_of", "refresh_histories_of"]
    SourceSymbol.objects.create(instrument=old[0], source="yahoo", symbol="OLD0", asked_at=timezone.now() + timedelta(seconds=1))
    set_quote(old[1], "9")
    page = client.get("/health/").content.decode()
    assert "2 of 12 done" in page and "nothing newer came" in page
    assert "within the last minute" in client.post("/health/ask/", {"instrument": [one.pk for one in old]}, follow=True).content.decode()
    cache.clear()
    assert asked_by(person) == frozenset()


def test_asking_for_many_passes_over_what_nobody_can_tell(person: Any, stranger: Any, rung: Any) -> None:
    assert request_refreshes(person, [make_instrument("MINE", owner=person)]) == 0
    with pytest.raises(UnknownInstrument):
        request_refreshes(person, [make_instrument("HERS", owner=stranger)])
    with pytest.raises(TooManyAsked, match="at most 200"):
        request_refreshes(person, [make_instrument("ONE")] * 201)


def test_sources_tell_what_is_left_and_administrators_end_a_pause(client: Client, person: Any, settings: Any) -> None:
    settings.PROVIDERS = ["yahoo"]
    for _ in range(3):
        report("yahoo", Failure(FailureKind.UNREACHABLE, "No answer."))
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert "Sources of prices" in page and "Did not answer; left alone until" in page and "Try again now" not in page
    assert "administrators" in client.post("/health/source/", {"source": "yahoo"}, follow=True).content.decode()
    make_staff(person, SiteRole.STEWARD)
    assert "Try again now" in client.get("/health/").content.decode()
    assert "is asked again from now on" in client.post("/health/source/", {"source": "yahoo"}, follow=True).content.decode()


def test_the_api_tells_groups_cash_sources_and_completeness(api: Any, person: Any, funded: Any, day: date, settings: Any) -> None:
    settings.PROVIDERS = ["yahoo"]
    old = held(funded, day, "OLD", price="10")
    set_quote(old, "10", as_of=timezone.now() - timedelta(days=9))
    record(funded, "withdrawal", day, amount="95")
    told = api.get("/api/v1/market/health").json()
    assert told["groups"] == [{"kind": "stale_price", "count": 1, "concerned": {"share": "2", "reason": "", "warnings": []}}]
    assert told["overdrawn"] == [{"portfolio": funded.pk, "amount": "-5", "currency": "EUR", "since": day.isoformat()}]
    assert told["sources"][0]["name"] == "yahoo" and told["currency"] == "EUR"
    assert told["complete"] == {
        "day": timezone.localdate().isoformat(),
        "priced": {"share": "0.333333333333333333", "reason": "", "warnings": []},
        "own": 0,
        "own_since": None,
    }


# ── how complete ────────────────────────────────────────────────────────────


def test_the_lamp_tells_how_much_of_the_value_has_a_price_of_today(client: Client, person: Any, funded: Any, day: date) -> None:
    held(funded, day, "NEW", price="10")
    yesterday = held(funded, day, "OLD", price="10")
    coin = held(funded, day, "COIN", price="10", asset_class=AssetClass.CRYPTO)
    set_quote(yesterday, "10", as_of=timezone.now() - timedelta(days=1))
    client.force_login(person)
    page = client.get("/dashboard/").content.decode()
    assert "90.0% of value has a price of today" in page
    set_quote(coin, "10", as_of=timezone.now() - timedelta(days=2))
    told = data_health(person).complete
    assert told.share.value == D("0.8") and not told.is_whole and told.is_today


def test_before_the_first_price_of_a_day_the_lamp_names_the_day_before(person: Any, funded: Any, day: date, today: date) -> None:
    one = held(funded, day, "ONE")
    set_quote(one, "10", as_of=timezone.now() - timedelta(days=2))
    told = data_health(person).complete
    assert (told.share.value, told.day, told.is_today, told.is_whole) == (D(1), today - timedelta(days=2), False, True)


def test_without_value_the_lamp_says_why_there_is_no_share(person: Any, portfolio: Any) -> None:
    assert data_health(person).complete.share.why_not == "The value is not above zero; there are no parts of it."


def test_the_lamp_says_how_many_stand_at_an_own_valuation_and_since_when(client: Client, person: Any, funded: Any, day: date, api: Any) -> None:
    held(funded, day, "NEW", price="10")
    house = held(funded, day, "HOUSE", owner=person)
    long_ago = timezone.now() - timedelta(days=100)
    set_quote(house, "10", as_of=long_ago)
    Quote.objects.filter(pk=house.pk).update(quality="own")
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert "100.0% of value has a price of today, 1 by your own valuation of " in page
    told = api.get("/api/v1/market/health").json()["complete"]
    assert (told["own"], told["own_since"]) == (1, timezone.localdate(long_ago).isoformat())

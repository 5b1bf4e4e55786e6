"""The page of income, its files and its calendar: they say the same, and stand every portfolio."""

from __future__ import annotations

import html
import io
import json
import logging
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from accounts.models import AuditEntry
from analytics import memory, services
from analytics.engine.payments import months_after
from analytics.models import IncomeFeed
from analytics.selectors import Scope
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from market.services import ActionRow, ingest_actions
from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.settings.logs import LOGGING
from portfolio_site.web.numbers import money, share
from portfolio_site.web.writing import speaking
from tests.analytics.test_parts import HARD
from tests.factories import make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db
D = Decimal


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:2000]
    return html.unescape(answer.content.decode())


@pytest.fixture
def payer(person: Any, today: date) -> Any:
    """Ten shares that paid 8 of 10 a quarter, and interest."""
    portfolio, cola = make_portfolio(person, name="Payer"), make_instrument("COLA", price="50", country="US")
    record(portfolio, "deposit", today - timedelta(days=1100), amount="1000")
    record(portfolio, "buy", today - timedelta(days=1099), cola, quantity="10", price="40")
    for back in reversed(range(8)):
        record(portfolio, "dividend", months_after(today - timedelta(days=12), -3 * back), cola, amount="8.25", taxes="1.75")
    record(portfolio, "interest", today - timedelta(days=40), amount="3.33")
    portfolio.cola = cola
    return portfolio


# ── page and files ──────────────────────────────────────────────────────────


def test_the_page_shows_the_figures_and_each_leads_to_its_explanation(signed_in: Any, payer: Any) -> None:
    page = read(signed_in.get("/income/?period=1Y"))
    found = IncomeReport(Scope([payer]), IncomeAsked()).result
    with speaking("en-GB"):
        assert share(found.income_yield, 2) in page and money(found.expected[0].value) in page
    for words in ("Past 12 months", "By holding", "Payments", "Next 90 days", "Tax withheld", "In your calendar", "estimate", 'aria-current="page"'):
        assert words in page, words
    names = ["income", "withheld", "net_income", "income_past_year", "expected_income", "income_yield", "expected_yield", "yield_on_cost"]
    names += ["income_growth", "reclaimable", found.payments[0].why_name, found.expected[0].why_name, f"holding_{payer.cola.pk}"]
    for name in names:
        assert f"why={name}" in page, name
        assert "The transactions behind it" in read(signed_in.get(f"/income/?period=1Y&why={name}"))
    assert signed_in.get("/income/?why=luck").status_code == 404


@pytest.mark.parametrize("query", ["by=month", "by=quarter&stack=holding", "by=year", "expected=off", "period=1D", "period=2020", "by=week&stack=x"])
def test_any_reading_of_the_page_is_answered(signed_in: Any, payer: Any, query: str) -> None:
    page = read(signed_in.get(f"/income/?{query}"))
    assert ("Payments to come are left out above." in page) == (query == "expected=off")


def test_files_hold_every_payment_and_no_amount_while_these_are_hidden(signed_in: Any, person: Any, payer: Any, today: date) -> None:
    whole = json.loads(signed_in.get("/income/?period=MAX&export=json").content)
    assert (
        sum(D(row["gross"]) for row in whole["payments"])
        == D("83.33")
        == D(next(row["value"] for row in whole["figures"] if row["figure"] == "income"))
    )
    assert len(whole["payments"]) == 9 and len(whole["expected"]) == 4 and whole["withholding"][0]["country"] == "US"
    assert signed_in.get("/income/?period=MAX&export=xlsx").status_code == 200
    csv = signed_in.get("/income/?period=MAX&export=csv&table=payments").content.decode()
    assert csv.count("8.25") == 8
    person.preferences.hide_amounts = True
    person.preferences.save()
    hidden = signed_in.get("/income/?period=MAX&export=csv&table=payments").content.decode()
    assert "8.25" not in hidden and "Hidden" in hidden
    page = read(signed_in.get("/income/?period=MAX"))
    assert "83.33" not in page and "8.25" not in page and "3.33" not in page


def test_the_page_costs_as_many_queries_however_much_was_paid(signed_in: Any, person: Any, payer: Any, today: date) -> None:
    costs = []
    for _ in range(2):
        for state in ("cold", "warm"):
            if state == "cold":
                cache.clear()
                memory.series.clear()
            with CaptureQueriesContext(connection) as captured:
                assert signed_in.get("/income/?period=MAX").status_code == 200
            costs.append(len(captured))
        for _ in range(4):
            more = make_instrument(price="10")
            record(payer, "buy", today - timedelta(days=300), more, quantity="1", price="10")
            record(payer, "dividend", today - timedelta(days=100), more, amount="1")
    assert costs[0] == costs[2] <= 30 and costs[1] == costs[3] <= 20, costs


def _unpriced_payer(portfolio: Any, began: date, today: date) -> None:
    bare = make_instrument("BARE", currency="JPY")
    record(portfolio, "buy", began, bare, quantity="10", price="10", currency="JPY", fx_rate="0.006")
    for back in (9, 6, 3, 0):
        record(portfolio, "dividend", months_after(today, -back), bare, amount="1", currency="JPY", fx_rate="0.006")


def _short(portfolio: Any, began: date, today: date) -> None:
    lent = make_instrument("LENT", price="10")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "short_sell", began, lent, quantity="10", price="10")
    for back in (9, 6, 3, 0):
        record(portfolio, "dividend", months_after(today, -back), lent, amount="-5")


HARDER: dict[str, Callable[[Any, date, date], None]] = {**HARD, "a payer without price and rate": _unpriced_payer, "a short payer": _short}


@pytest.mark.parametrize("name", HARDER)
def test_a_difficult_portfolio_is_answered_with_figures_or_reasons(
    signed_in: Any, api: Any, person: Any, began: date, today: date, name: str
) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    HARDER[name](portfolio, began, today)
    for query in ("period=MAX", "period=1D", "by=month&stack=holding", "export=json", "export=xlsx", "export=csv&table=holdings"):
        assert signed_in.get(f"/income/?{query}").status_code == 200, query
    for why in ("income", "expected_income", "income_yield", "expected_yield", "yield_on_cost", "income_growth", "reclaimable", "withheld"):
        assert signed_in.get(f"/income/?why={why}").status_code == 200, why
    body = api.get(f"/api/v1/portfolios/{portfolio.pk}/income").json()
    told = {row["figure"] for row in body["undefined"]}
    assert all(
        body[name] is not None or name in told for name in ("income_past_year", "expected_income", "income_yield", "yield_on_cost", "income_growth")
    )
    secret = services.open_income_feed(person, with_amounts=True)
    assert Client().get(f"/calendar/{secret}.ics").status_code == 200


def test_interest_on_cash_is_foreseen_by_its_rhythm_on_the_balance_of_now(signed_in: Any, api: Any, person: Any, today: date) -> None:
    saved = make_portfolio(person, tracks_cash=True)
    record(saved, "deposit", months_after(today, -15), amount="1000")
    for back in (12, 9, 6, 3):
        record(saved, "interest", months_after(today, -back), amount="10")
    record(saved, "deposit", months_after(today, -1), amount="960")  # 2000 in all
    report = IncomeReport(Scope([saved]), IncomeAsked())
    found = report.result.expected
    assert [one.due for one in found] == [months_after(today, ahead) for ahead in (0, 3, 6, 9)]
    assert {one.units for one in found} == {D(2000)} and all(one.instrument is None and not one.is_announced for one in found)
    assert found[0].each == quotient(D(10), D(1030)) and found[0].value.value == product(found[0].each, D(2000))
    assert report.expected_year.value == sum(one.value.value for one in found) and not report.expected_yield.known
    (row,) = report.result.holdings
    assert row.next == found[0] and row.expected == report.expected_year and not row.why_no_next
    told = api.get(f"/api/v1/portfolios/{saved.pk}/income").json()["expected"][0]
    assert told["instrument"] is None and told["kind"] == "interest" and told["amount_currency"] == "EUR"
    why = api.get(f"/api/v1/portfolios/{saved.pk}/explain", {"report": "income", "figure": found[0].why_name}).json()
    numbers = [float(term["value"]) for term in why["terms"]]
    assert numbers[0] * numbers[1] == pytest.approx(numbers[2]) and len(why["lines"]) == 4
    page = read(signed_in.get("/income/"))
    assert "Cash, EUR, interest" in page and signed_in.get("/income/?why=expected_income").status_code == 200
    assert "Cash, EUR" in signed_in.get("/income/?export=csv&table=expected").content.decode()
    record(saved, "withdrawal", today, amount="2000")
    gone = IncomeReport(Scope([saved]), IncomeAsked())
    assert not gone.result.expected and gone.expected_year.why_not == "No interest is foreseen: no cash is held on which interest was paid."


def test_interest_that_was_taken_back_is_no_example(person: Any, today: date) -> None:
    saved = make_portfolio(person, tracks_cash=True)
    record(saved, "deposit", months_after(today, -15), amount="1000")
    for back in (12, 9, 6):
        record(saved, "interest", months_after(today, -back), amount="10")
    for amount in ("50", "-50", "10"):
        record(saved, "interest", months_after(today, -3), amount=amount)
    report = IncomeReport(Scope([saved]), IncomeAsked(start=today - timedelta(days=20), end=today))
    assert {one.each for one in report.result.expected} == {quotient(D(10), D(1030))}
    (row,) = report.result.holdings
    assert row.expected == report.expected_year  # the table adds up, also of a period without a payment


def test_interest_without_a_rhythm_is_not_foreseen_and_says_why(person: Any, today: date) -> None:
    saved = make_portfolio(person, tracks_cash=True)
    record(saved, "deposit", months_after(today, -15), amount="1000")
    record(saved, "interest", months_after(today, -3), amount="10")
    report = IncomeReport(Scope([saved]), IncomeAsked())
    (row,) = report.result.holdings
    assert row.next is None and row.why_no_next.endswith(".") and row.expected.why_not == row.why_no_next


def test_what_is_short_is_expected_to_cost(person: Any, began: date, today: date) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    _short(portfolio, began, today)
    found = IncomeReport(Scope([portfolio]), IncomeAsked()).result
    assert {(one.each, one.value.value) for one in found.expected} == {(D("0.5"), D(-5))}


def test_a_strangers_portfolio_is_not_found(signed_in: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    assert signed_in.get(f"/income/?p={theirs.pk}").status_code == 404


def test_the_page_of_a_holding_tells_its_next_payment_and_yield_as_the_report_does(signed_in: Any, payer: Any) -> None:
    whole = IncomeReport(Scope([payer]), IncomeAsked())
    row, first = whole.of_holding(payer.cola.pk), whole.expectations.of(payer.cola.pk)[0]
    page = read(signed_in.get(f"/holdings/{payer.cola.pk}/"))
    with speaking("en-GB"):
        assert share(row.yield_on_cost, 2) in page and money(first.value) in page and "Next payment" in page
    for name in ("yield_on_cost", first.why_name):
        assert f"why={name}" in page and signed_in.get(f"/holdings/{payer.cola.pk}/?why={name}").status_code == 200


# ── the calendar ────────────────────────────────────────────────────────────


def opened(signed_in: Any, **form: str) -> str:
    """The path of a new address."""
    page = read(signed_in.post("/income/calendar/", {"do": "open", **form}))
    return page.split('id="feed-address" translate="no">http://testserver')[1].split("<")[0]


def events(path: str) -> list[Any]:
    answer = Client().get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") and max(map(len, answer.content.split(b"\r\n"))) <= 75
    made = Calendar.from_ical(answer.content)
    assert made["version"] == "2.0" and made["prodid"]
    return list(made.walk("VEVENT"))


def test_the_calendar_has_the_payments_of_the_past_year_and_those_to_come(signed_in: Any, payer: Any, today: date) -> None:
    ingest_actions({payer.cola.pk: [ActionRow("dividend", today + timedelta(days=70), amount=D("1.2"))]}, "test")
    found = events(opened(signed_in))
    assert len(found) == 5 + 4 and len({one["uid"] for one in found}) == 9
    said = {(one["summary"], one["status"], str(one["categories"].cats[0])) for one in found}
    assert said == {
        ("COLA Corporation: dividend", "CONFIRMED", "paid"),
        ("Interest", "CONFIRMED", "paid"),
        ("COLA Corporation: dividend (announced)", "CONFIRMED", "announced"),
        ("COLA Corporation: dividend (estimate)", "TENTATIVE", "estimate"),
    }
    first = next(one for one in found if one["status"] == "TENTATIVE")
    assert first["description"].startswith("It paid every quarter") and isinstance(first.start, date) and first.end - first.start == timedelta(days=1)
    again = {one["uid"] for one in events(opened(signed_in))}
    assert again == {one["uid"] for one in found}


def test_amounts_are_told_only_where_the_person_allows_it(signed_in: Any, payer: Any) -> None:
    path = opened(signed_in)
    assert not any("€" in one["summary"] + one["description"] for one in events(path))
    signed_in.post("/income/calendar/", {"do": "amounts", "with_amounts": "on"})
    titles = {str(one["summary"]) for one in events(path)}
    assert "COLA Corporation: dividend, €8.25" in titles and "COLA Corporation: dividend, €10.00 before tax (estimate)" in titles
    signed_in.post("/income/calendar/", {"do": "amounts"})
    assert not any("€" in one["summary"] for one in events(path))


def test_the_address_can_be_renewed_and_closed_and_then_opens_nothing(signed_in: Any, person: Any, payer: Any) -> None:
    first = opened(signed_in, with_amounts="on")
    second = opened(signed_in)
    assert Client().get(first).status_code == 404 and Client().get(second).status_code == 200
    signed_in.post("/income/calendar/", {"do": "close"})
    closed, never = Client().get(second), Client().get("/calendar/never-was.ics")
    assert closed.status_code == never.status_code == 404 and closed["Content-Type"] == "application/problem+json"
    deeds = list(AuditEntry.objects.filter(subject=person.pk, action__startswith="calendar.").order_by("sequence").values_list("action", flat=True))
    assert deeds == ["calendar.opened", "calendar.renewed", "calendar.closed"]


def test_the_calendar_is_set_over_the_api_and_its_address_told_once(api: Any, payer: Any) -> None:
    where = "/api/v1/income/calendar"
    assert api.get(where).json() == {"open": False, "with_amounts": False, "made_at": None}
    assert api.patch(where, {"with_amounts": True}, format="json").status_code == 404
    made = api.post(where, {}, format="json")
    path = made.json()["address"].removeprefix("http://testserver")
    assert made.status_code == 201 and made["Cache-Control"] == "no-store" and b"8.25" not in Client().get(path).content
    told = api.patch(where, {"with_amounts": True}, format="json").json()
    assert told["open"] and told["with_amounts"] and "address" not in told and api.get(where).json() == told
    assert len(Client().get(path).content) > 0 and api.patch(where, {}, format="json").status_code == 400
    assert api.post(where, {"with_amount": True}, format="json").status_code == 400
    assert api.delete(where).status_code == 204 and Client().get(path).status_code == 404 and not api.get(where).json()["open"]


def test_the_secret_is_kept_as_its_digest_alone(signed_in: Any, payer: Any) -> None:
    secret = opened(signed_in).removeprefix("/calendar/").removesuffix(".ics")
    feed = IncomeFeed.objects.get()
    assert len(secret) >= 43 and feed.digest != secret and len(feed.digest) == 64
    assert secret not in read(signed_in.get("/income/")) and secret not in str(AuditEntry.objects.values_list("data", flat=True))


def test_the_secret_stands_in_no_log(signed_in: Any, payer: Any) -> None:
    path, lines = opened(signed_in), io.StringIO()
    settings = LOGGING["formatters"]["json"]
    handler = logging.StreamHandler(lines)
    handler.setFormatter(settings["()"](processor=settings["processor"], foreign_pre_chain=settings["foreign_pre_chain"]))
    names = ("django_structlog.middlewares.request", "django.request")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        Client().get(path)
        services.close_income_feed(payer.owner)
        Client().get(path)
    finally:
        for name, level in levels.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)
    told = lines.getvalue()
    assert "/calendar/secret.ics" in told and path.split("/")[-1].removesuffix(".ics") not in told


def test_the_calendar_of_somebody_who_may_not_sign_in_is_closed(signed_in: Any, person: Any, payer: Any) -> None:
    path = opened(signed_in)
    person.is_active = False
    person.save()
    assert Client().get(path).status_code == 404


def test_a_session_opens_no_calendar_and_a_stranger_cannot_change_ones_own(signed_in: Any, payer: Any) -> None:
    path = opened(signed_in)
    other = Client()
    other.force_login(make_person("somebody"))
    assert other.post("/income/calendar/", {"do": "amounts", "with_amounts": "on"}).status_code == 404
    other.post("/income/calendar/", {"do": "close"})
    assert Client().get(path).status_code == 200
    assert signed_in.post("/income/calendar/", {"do": "paint"}).status_code == 422


def test_readers_are_limited_by_address(signed_in: Any, payer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portfolio_site.web.throttling import AddressThrottle

    path = opened(signed_in)
    monkeypatch.setattr(AddressThrottle, "rate", "2/min", raising=False)
    answers = [Client().get(path, REMOTE_ADDR="203.0.113.77") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429] and answers[0]["RateLimit-Remaining"] == "1" and answers[2]["Retry-After"]


def test_the_calendar_costs_as_many_queries_however_much_was_paid(signed_in: Any, payer: Any, today: date) -> None:
    path, costs = opened(signed_in), []
    for _ in range(2):
        Client().get(path)
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(path).status_code == 200
        costs.append(len(captured))
        for _ in range(4):
            more = make_instrument(price="10")
            record(payer, "buy", today - timedelta(days=300), more, quantity="1", price="10")
            record(payer, "dividend", today - timedelta(days=100), more, amount="1")
    assert costs[0] == costs[1] <= 14, costs

"""Causes that are put right by another version of the entry: turned round, or with another amount; shown before, and taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from portfolio_site.kernel.errors import Conflict
from portfolios.models import Portfolio, Reconciliation, Transaction
from portfolios.reconciling.selectors import comparison_of, get_reconciliation
from portfolios.reconciling.services import correct_difference, preview_correction, reconcile, undo_correction
from portfolios.reconciling.shapes import CauseView, Comparison
from portfolios.selectors import get_portfolio, get_transaction, holdings_of
from portfolios.services import edit_transaction, lock_portfolio
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 30)


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def ledger(portfolio: Any, asml: Any) -> Portfolio:
    record(portfolio, "deposit", "2024-01-02", amount="5000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    return get_portfolio(portfolio.owner, portfolio.pk)


def stated(portfolio: Portfolio, *positions: tuple[Any, str], cash: dict[str, str] | None = None, day: date = DAY) -> Reconciliation:
    amounts = {code: D(amount) for code, amount in (cash or {}).items()}
    return reconcile(portfolio.owner, portfolio, day=day, positions=[(one, D(units)) for one, units in positions], cash=amounts)


def compare(statement: Reconciliation) -> Comparison:
    portfolio = get_portfolio(statement.portfolio.owner, statement.portfolio_id)
    return comparison_of(get_reconciliation(portfolio, statement.pk))


def cause_of(statement: Reconciliation, key: str, code: str) -> CauseView:
    line = compare(statement).line(key)
    assert line is not None
    return next(one for one in line.causes if one.code == code)


def balances(portfolio: Portfolio) -> dict[str, Any]:
    return {one.currency: one.amount for one in holdings_of(get_portfolio(portfolio.owner, portfolio.pk)).cash}


# ── the other way round ─────────────────────────────────────────────────────


def test_a_purchase_that_was_a_sale_is_turned_round_with_its_costs_and_taken_back(ledger: Portfolio, asml: Any) -> None:
    wrong = record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110", fees="2", notes="By phone")
    statement = stated(ledger, (asml, "7"))
    cause = cause_of(statement, f"i{asml.pk}", "wrong_direction")
    assert (cause.fix, cause.entries[0].id) == ("turn", wrong.entry)
    shown = preview_correction(ledger.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert [(one.units_before, one.units_after, one.realised_after) for one in shown.holdings] == [(D(13), D(7), D(28))]
    assert [(one.before, one.after) for one in shown.cash] == [(D(3668), D(4328))] and not shown.problem
    assert get_transaction(ledger.owner, wrong.entry).kind == "buy"
    done = correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="turn")
    now = get_transaction(ledger.owner, wrong.entry)
    assert (now.kind, now.quantity, now.price, now.fees, now.notes, done.entries) == ("sell", D(3), D(110), D(2), "By phone", (wrong.entry,))
    assert compare(statement).lamp == "agrees" and balances(ledger) == {"EUR": D(4328)}
    undo_correction(ledger.owner, statement, done)
    assert get_transaction(ledger.owner, wrong.entry).kind == "buy" and balances(ledger) == {"EUR": D(3668)}
    assert Transaction.objects.of_entry(wrong.entry).count() == 3


def test_a_sale_with_lots_named_that_was_a_purchase_forgets_them(person: Any, asml: Any) -> None:
    from portfolios.ledger.events import LotChoice

    portfolio = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    first = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    wrong = record(portfolio, "sell", "2024-03-01", asml, quantity="3", price="110", lots=(LotChoice(first.entry, D(3)),))
    statement = stated(portfolio, (asml, "13"))
    correct_difference(person, statement, key=f"i{asml.pk}", fix="turn")
    now = get_transaction(person, wrong.entry)
    assert (now.kind, now.lots, now.method) == ("buy", None, "") and compare(statement).lamp == "agrees"


def test_units_that_came_and_should_have_gone_leave_without_a_cost(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    wrong = record(portfolio, "transfer_in", "2024-03-01", asml, quantity="3", price="110")
    statement = stated(portfolio, (asml, "7"))
    correct_difference(person, statement, key=f"i{asml.pk}", fix="turn")
    now = get_transaction(person, wrong.entry)
    assert (now.kind, now.price, now.amount) == ("transfer_out", None, None) and compare(statement).lamp == "agrees"


@pytest.mark.parametrize(
    ("kind", "fields", "cash", "after"),
    [
        ("deposit", {"amount": "70"}, "3930", ("withdrawal", "70")),
        ("withdrawal", {"amount": "70"}, "4070", ("deposit", "70")),
        ("interest", {"amount": "70"}, "3930", ("interest", "-70")),
        ("fee", {"amount": "70"}, "4070", ("fee", "-70")),
        ("adjustment", {"amount": "-70"}, "4070", ("adjustment", "70")),
    ],
)
def test_cash_that_moved_the_other_way_is_turned_round(
    ledger: Portfolio, kind: str, fields: dict[str, str], cash: str, after: tuple[str, str]
) -> None:
    wrong = record(ledger, kind, "2024-03-01", **fields)
    statement = stated(ledger, cash={"EUR": cash})
    assert cause_of(statement, "cEUR", "wrong_direction").fix == "turn"
    done = correct_difference(ledger.owner, statement, key="cEUR", fix="turn", entry=wrong.entry)
    now = get_transaction(ledger.owner, wrong.entry)
    assert (now.kind, now.amount) == (after[0], D(after[1])) and compare(statement).lamp == "agrees"
    undo_correction(ledger.owner, statement, done)
    assert compare(statement).lamp == "differs"


def test_an_exchange_that_went_the_other_way_swaps_its_sides(ledger: Portfolio) -> None:
    wrong = record(ledger, "fx_exchange", "2024-03-01", amount="110", currency="USD", given_amount=D(100), settlement_currency="EUR")
    statement = stated(ledger, cash={"EUR": "4100", "USD": "-110"})
    done = correct_difference(ledger.owner, statement, key="cEUR", fix="turn")
    now = get_transaction(ledger.owner, wrong.entry)
    assert (now.currency, now.amount, now.settlement_currency, now.given_amount) == ("EUR", D(100), "USD", D(110))
    assert compare(statement).lamp == "agrees"
    undo_correction(ledger.owner, statement, done)
    assert balances(ledger) == {"EUR": D(3900), "USD": D(110)}


def test_cash_with_costs_in_it_is_only_looked_at(ledger: Portfolio) -> None:
    record(ledger, "deposit", "2024-03-01", amount="70", fees="1")
    assert cause_of(stated(ledger, cash={"EUR": "3930"}), "cEUR", "wrong_direction").fix == ""


# ── another amount ──────────────────────────────────────────────────────────


@pytest.fixture
def abroad(portfolio: Any, dollar: None, today: date) -> tuple[Portfolio, Any]:
    """Cash, and shares in dollars that were paid in euro at the reference rate of 1.25."""
    apple = make_instrument("AAPL", currency="USD")
    record(portfolio, "deposit", today - timedelta(days=40), amount="5000")
    record(portfolio, "buy", today - timedelta(days=30), apple, quantity="10", price="100", settlement_currency="EUR", fees="1")
    return get_portfolio(portfolio.owner, portfolio.pk), apple


def test_the_rate_of_the_broker_corrects_the_amount_that_moved_and_nothing_else(abroad: Any, today: date) -> None:
    ledger, _ = abroad
    wrong = Transaction.objects.get(kind="buy")
    before = balances(ledger)["EUR"]
    statement = stated(ledger, cash={"EUR": str(before - D("2.80"))}, day=today)
    cause = cause_of(statement, "cEUR", "exchange_rate")
    assert cause.fix == "amount"
    shown = preview_correction(ledger.owner, statement, key="cEUR", fix="amount")
    assert [(one.before, one.after) for one in shown.cash] == [(before, before - D("2.80"))]
    done = correct_difference(ledger.owner, statement, key="cEUR", fix="amount")
    now = get_transaction(ledger.owner, wrong.entry)
    assert (now.amount, now.price, now.quantity, now.fees) == (wrong.amount + D("2.80"), D(100), D(10), D(1))
    assert compare(statement).lamp == "agrees"
    undo_correction(ledger.owner, statement, done)
    assert get_transaction(ledger.owner, wrong.entry).amount == wrong.amount and balances(ledger)["EUR"] == before


@pytest.mark.parametrize(("kind", "fields"), [("sell", {"quantity": "5", "price": "120"}), ("dividend", {"amount": "480", "currency": "USD"})])
def test_money_that_came_in_is_corrected_the_same_way(portfolio: Any, dollar: None, today: date, kind: str, fields: dict[str, str]) -> None:
    apple = make_instrument("AAPL", currency="USD")
    record(portfolio, "buy", today - timedelta(days=30), apple, quantity="10", price="100")
    entry = record(portfolio, kind, today - timedelta(days=5), apple, settlement_currency="EUR", **fields)
    statement = stated(portfolio, cash={"USD": "-1000", "EUR": "494.40"}, day=today)
    correct_difference(portfolio.owner, statement, key="cEUR", fix="amount")
    assert get_transaction(portfolio.owner, entry.entry).amount == D("494.40") and compare(statement).lamp == "agrees"


@pytest.mark.parametrize(("code", "there"), [("EUR", "-1"), ("USD", "1")])
def test_an_exchange_is_corrected_on_the_side_that_differs(ledger: Portfolio, code: str, there: str) -> None:
    wrong = record(ledger, "fx_exchange", "2024-06-01", amount="1100", currency="USD", given_amount=D(1000), settlement_currency="EUR", fees="2")
    assert balances(ledger) == {"EUR": D(2998), "USD": D(1100)}
    statement = stated(ledger, cash={one: str(amount + (D(there) if one == code else 0)) for one, amount in balances(ledger).items()})
    correct_difference(ledger.owner, statement, key=f"c{code}", fix="amount")
    now = get_transaction(ledger.owner, wrong.entry)
    assert (now.given_amount, now.amount) == ((D(1001), D(1100)) if code == "EUR" else (D(1000), D(1101)))
    assert compare(statement).lamp == "agrees"


# ── what stops it ───────────────────────────────────────────────────────────


def test_an_edit_that_was_changed_again_is_not_taken_back(ledger: Portfolio, asml: Any) -> None:
    wrong = record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110")
    statement = stated(ledger, (asml, "7"))
    done = correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="turn")
    edit_transaction(ledger.owner, get_transaction(ledger.owner, wrong.entry), price=D(111))
    with pytest.raises(Conflict, match="changed since"):
        undo_correction(ledger.owner, statement, done)
    assert get_transaction(ledger.owner, wrong.entry).price == D(111)


def test_what_a_lock_or_a_later_sale_forbids_is_said_before_and_nothing_changes(ledger: Portfolio, asml: Any, signed_in: Any) -> None:
    record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110")
    record(ledger, "sell", "2024-07-01", asml, quantity="12", price="110")
    statement = stated(ledger, (asml, "7"))
    shown = preview_correction(ledger.owner, statement, key=f"i{asml.pk}", fix="turn")
    assert "you held" in shown.problem
    address = reverse("portfolio-reconciliation-correct", args=[ledger.pk, statement.pk])
    page = signed_in.get(address, {"key": f"i{asml.pk}", "fix": "turn"}).content.decode()
    assert "you held" in page and "disabled" in page
    before = Transaction.objects.count()
    assert "you held" in signed_in.post(address, {"key": f"i{asml.pk}", "fix": "turn"}, follow=True).content.decode()
    assert Transaction.objects.count() == before
    lock_portfolio(ledger.owner, get_portfolio(ledger.owner, ledger.pk), date(2024, 5, 1))
    statement = get_reconciliation(get_portfolio(ledger.owner, ledger.pk), statement.pk)
    assert "locked" in preview_correction(ledger.owner, statement, key=f"i{asml.pk}", fix="turn").problem


@pytest.mark.parametrize("fix", ["adjust", "void"])
def test_every_correction_can_be_looked_at_first(ledger: Portfolio, asml: Any, signed_in: Any, fix: str) -> None:
    record(ledger, "buy", "2024-01-03", asml, quantity="10", price="100")
    statement = stated(ledger, (asml, "10"))
    before = Transaction.objects.count()
    page = signed_in.get(reverse("portfolio-reconciliation-correct", args=[ledger.pk, statement.pk]), {"key": f"i{asml.pk}", "fix": fix})
    assert page.status_code == 200 and "ASML, units" in page.content.decode() and Transaction.objects.count() == before


# ── pages and API ───────────────────────────────────────────────────────────


def test_the_page_offers_it_shows_it_does_it_and_takes_it_back(ledger: Portfolio, asml: Any, signed_in: Any) -> None:
    wrong = record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110")
    statement = stated(ledger, (asml, "7"))
    place = reverse("portfolio-reconciliation", args=[ledger.pk, statement.pk])
    page = signed_in.get(place).content.decode()
    assert "may have gone the other way. Turn it round if so." in page and ">Turn it round</button>" in page and "What it changes" in page
    address = reverse("portfolio-reconciliation-correct", args=[ledger.pk, statement.pk])
    done = signed_in.post(address, {"key": f"i{asml.pk}", "fix": "turn", "entry": str(wrong.entry)}, follow=True).content.decode()
    version = get_transaction(ledger.owner, wrong.entry).pk
    assert "Entry turned round" in done and "Everything agrees" in done
    undo = f"{reverse('portfolio-reconciliation-undo', args=[ledger.pk, statement.pk])}?fix=turn&entries={wrong.entry}&versions={version}"
    assert undo.replace("&", "&amp;") in done
    assert "Taken back" in signed_in.post(undo, follow=True).content.decode() and get_transaction(ledger.owner, wrong.entry).kind == "buy"
    assert "changed since" in signed_in.post(undo, follow=True).content.decode()


def test_the_api_shows_and_does_it(ledger: Portfolio, asml: Any, api: Any, stranger: Any) -> None:
    wrong = record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110")
    statement = stated(ledger, (asml, "7"))
    path = f"/api/v1/portfolios/{ledger.pk}/reconcile/{statement.pk}/correct"
    shown = api.get(path, {"key": f"i{asml.pk}", "fix": "turn"}).json()
    assert shown["problem"] == "" and shown["cash"] == [{"currency": "EUR", "before": "3670", "after": "4330"}]
    assert (shown["holdings"][0]["quantity_before"], shown["holdings"][0]["quantity_after"]) == ("13", "7")
    assert api.get(path, {"key": f"i{asml.pk}", "fix": "burn"}).status_code == 400
    assert api.get(path, {"key": "i0", "fix": "turn"}).status_code == 404
    assert api.get(path, {"key": f"i{asml.pk}", "fix": "void"}).status_code == 409
    done = api.post(path, {"key": f"i{asml.pk}", "fix": "turn"}, format="json").json()
    assert done["corrected"] == [wrong.entry] and done["lamp"] == "agrees"
    api.force_authenticate(stranger)
    assert api.get(path, {"key": f"i{asml.pk}", "fix": "turn"}).status_code == 404


@pytest.mark.parametrize("fix", ["turn", "adjust"])
def test_the_api_takes_a_correction_back(ledger: Portfolio, asml: Any, api: Any, fix: str) -> None:
    wrong = record(ledger, "buy", "2024-03-01", asml, quantity="3", price="110")
    statement = stated(ledger, (asml, "7"))
    path = f"/api/v1/portfolios/{ledger.pk}/reconcile/{statement.pk}"
    before = api.get(path).json()
    done = api.post(f"{path}/correct", {"key": f"i{asml.pk}", "fix": fix}, format="json").json()
    assert done["lamp"] == "agrees" and done["undo"]["fix"] == fix and done["undo"]["entries"] == done["corrected"]
    back = api.post(f"{path}/undo", done["undo"], format="json")
    assert back.status_code == 200, back.content
    lines = [[(line["ledger"], line["difference"], line["lamp"]) for line in one["positions"]] for one in (before, back.json())]
    assert lines[0] == lines[1] and get_transaction(ledger.owner, wrong.entry).kind == "buy"
    assert api.post(f"{path}/undo", done["undo"], format="json").status_code in (404, 409)
    assert api.post(f"{path}/undo", {"fix": fix, "entries": []}, format="json").status_code == 400


# ── costs ───────────────────────────────────────────────────────────────────

CHARGED: dict[str, dict[str, str]] = {
    "buy": {"quantity": "5", "price": "100", "fees": "3", "taxes": "2"},
    "sell": {"quantity": "5", "amount": "495", "fees": "3", "taxes": "2"},
    "dividend": {"amount": "40", "fees": "3", "taxes": "2"},
    "deposit": {"amount": "100", "fees": "3"},
    "withdrawal": {"amount": "100", "fees": "3"},
    "fx_exchange": {"amount": "110", "currency": "USD", "given_amount": "100", "settlement_currency": "EUR", "fees": "3"},
}


@pytest.mark.parametrize("kind", CHARGED)
@pytest.mark.parametrize("change", ["3", "-3"])
def test_a_fee_that_was_not_charged_or_once_more_is_corrected_and_taken_back(ledger: Portfolio, asml: Any, kind: str, change: str) -> None:
    about = None if kind in {"deposit", "withdrawal", "fx_exchange"} else asml
    record(ledger, kind, "2024-05-02", about, **CHARGED[kind])
    before = balances(ledger)
    statement = stated(ledger, cash={"EUR": str(before["EUR"] + D(change))})
    cause = cause_of(statement, "cEUR", "cost_not_on_statement" if change == "3" else "cost_missing")
    assert (cause.fix, len(cause.entries)) == ("costs", 1)
    impact = preview_correction(ledger.owner, statement, key="cEUR", fix="costs")
    assert [(one.currency, one.after - one.before) for one in impact.cash] == [("EUR", D(change))]
    done = correct_difference(ledger.owner, statement, key="cEUR", fix="costs")
    assert compare(statement).line("cEUR").agrees and balances(ledger) == {**before, "EUR": before["EUR"] + D(change)}
    assert get_transaction(ledger.owner, done.entries[0]).fees == (None if change == "3" else D(6))
    undo_correction(ledger.owner, statement, done)
    assert balances(ledger) == before


def test_fee_and_tax_together_are_taken_out_by_page(ledger: Portfolio, asml: Any, signed_in: Any) -> None:
    record(ledger, "buy", "2024-05-02", asml, quantity="5", price="100", fees="3", taxes="2")
    statement = stated(ledger, cash={"EUR": str(balances(ledger)["EUR"] + 5)})
    page = signed_in.get(reverse("portfolio-reconciliation", args=[ledger.pk, statement.pk])).content.decode()
    assert "Correct the costs" in page and "Take it out if it was not charged." in page
    sent = {"key": "cEUR", "fix": "costs"}
    assert signed_in.post(reverse("portfolio-reconciliation-correct", args=[ledger.pk, statement.pk]), sent).status_code == 302
    row = Transaction.objects.live().get(kind="buy", traded_on=date(2024, 5, 2))
    assert (row.fees, row.taxes) == (None, None) and compare(statement).line("cEUR").agrees

"""A statement beside the ledger: lamps that stay true, causes, and corrections that can be taken back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from market.models import CorporateAction
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolios.models import Portfolio, Reconciliation, Transaction
from portfolios.reconciling.selectors import comparison_of, get_reconciliation, present_of, reconciliations_of, summaries_of
from portfolios.reconciling.services import Correction, correct_difference, discard_reconciliation, reconcile, undo_correction
from portfolios.reconciling.shapes import Comparison, Line
from portfolios.selectors import get_portfolio, get_transaction, holdings_of
from portfolios.services import void_transaction
from tests.factories import D, make_instrument, make_portfolio, record, set_closes

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 30)


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", isin="NL0010273215", price="120", previous="119")


@pytest.fixture
def sap(db: None) -> Any:
    return make_instrument("SAP", name="SAP SE", price="150", previous="149")


@pytest.fixture
def ledger(portfolio: Any, asml: Any, sap: Any) -> Portfolio:
    record(portfolio, "deposit", "2024-01-02", amount="5000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100", fees="1.50")
    record(portfolio, "buy", "2024-02-01", sap, quantity="5", price="140")
    return get_portfolio(portfolio.owner, portfolio.pk)


def stated(portfolio: Portfolio, *positions: tuple[Any, str], cash: dict[str, str] | None = None, day: date = DAY) -> Reconciliation:
    amounts = {code: D(amount) for code, amount in (cash or {}).items()}
    return reconcile(portfolio.owner, portfolio, day=day, positions=[(one, D(units)) for one, units in positions], cash=amounts)


def compare(statement: Reconciliation) -> Comparison:
    portfolio = get_portfolio(statement.portfolio.owner, statement.portfolio_id)
    return comparison_of(get_reconciliation(portfolio, statement.pk))


def line(found: Comparison, key: Any) -> Line:
    one = found.line(key if isinstance(key, str) else f"i{key.pk}")
    assert one is not None
    return one


# ── lamps ───────────────────────────────────────────────────────────────────


def test_a_statement_that_agrees_has_a_green_lamp(ledger: Portfolio, asml: Any, sap: Any) -> None:
    found = compare(stated(ledger, (asml, "10"), (sap, "5"), cash={"EUR": "3298.50"}))
    assert found.lamp == "agrees" and found.agreeing == 3 and not any(one.causes for one in found.lines)


def test_each_holding_and_balance_has_a_lamp(ledger: Portfolio, asml: Any, sap: Any) -> None:
    other = make_instrument("NVO")
    found = compare(stated(ledger, (asml, "9"), (other, "2"), cash={"EUR": "3298.50", "USD": "4"}))
    lamps = {one.key: str(one.lamp) for one in found.lines}
    assert lamps == {
        f"i{asml.pk}": "differs",
        f"i{other.pk}": "missing_here",
        f"i{sap.pk}": "missing_there",
        "cEUR": "agrees",
        "cUSD": "missing_here",
    }
    assert found.lamp == "differs" and found.differing == 4
    assert found.positions[0].agrees is False and found.cash[-1].agrees is True  # what differs stands first


def test_the_comparison_is_of_the_end_of_the_day(ledger: Portfolio, asml: Any) -> None:
    record(ledger, "sell", "2024-07-01", asml, quantity="4", price="110")
    assert line(compare(stated(ledger, (asml, "10"))), asml).agrees
    assert line(compare(stated(ledger, (asml, "6"), day=date(2024, 7, 1))), asml).agrees


def test_it_stays_true_as_the_ledger_changes(ledger: Portfolio, asml: Any, sap: Any) -> None:
    statement = stated(ledger, (asml, "12"), (sap, "5"))
    assert compare(statement).lamp == "differs"
    record(ledger, "buy", "2024-03-01", asml, quantity="2", price="90")
    assert compare(statement).lamp == "agrees"
    fresh = get_portfolio(ledger.owner, ledger.pk)
    assert [(one.lamp, one.agreeing) for one in summaries_of(fresh, reconciliations_of(fresh))] == [("agrees", 2)]


def test_cash_is_not_compared_where_none_is_kept(person: Any, asml: Any) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    found = compare(stated(portfolio, (asml, "10"), cash={"EUR": "77"}))
    assert found.cash == () and found.lamp == "agrees"
    with pytest.raises(Invalid, match="no account of cash"):
        stated(portfolio, cash={"EUR": "77"})


def test_lines_of_one_instrument_are_added_up(ledger: Portfolio, asml: Any, sap: Any) -> None:
    assert line(compare(stated(ledger, (asml, "4"), (asml, "6"), (sap, "5"))), asml).agrees


def test_a_statement_is_checked_before_it_is_kept(ledger: Portfolio, asml: Any, stranger: Any) -> None:
    foreign = make_instrument("HOUSE", owner=stranger)
    for positions, cash, day, field in (
        ([], {}, DAY, "positions"),
        ([(asml, D(1))], {}, timezone.localdate() + timedelta(days=1), "day"),
        ([(asml, D(1))], {}, date(1024, 1, 1), "day"),
        ([(foreign, D(1))], {}, DAY, "positions.0.instrument"),
        ([], {"XXQ": D(1)}, DAY, "cash.0.currency"),
    ):
        with pytest.raises(Invalid) as refused:
            reconcile(ledger.owner, ledger, day=day, positions=positions, cash=cash)
        assert refused.value.errors[0].field == field
    assert not Reconciliation.objects.exists()


def test_the_form_is_filled_with_what_stood_here_on_that_day(ledger: Portfolio, asml: Any, sap: Any) -> None:
    found = present_of(ledger, date(2024, 1, 15))
    assert [(view.symbol, units) for view, units in found.positions] == [("ASML", D(10))] and found.cash == (("EUR", Decimal("3998.5")),)


@pytest.mark.parametrize("number", [2, 9])
def test_a_comparison_costs_the_same_queries_however_many_differences(portfolio: Any, number: int, django_assert_max_num_queries: Any) -> None:
    held = [make_instrument() for _ in range(number)]
    for one in held:
        record(portfolio, "buy", "2024-01-03", one, quantity="10", price="100")
    statement = stated(portfolio, *[(one, "7") for one in held], cash={"EUR": "1"})
    statement = get_reconciliation(get_portfolio(portfolio.owner, portfolio.pk), statement.pk)
    with django_assert_max_num_queries(11):
        assert comparison_of(statement).differing == number + 1


# ── causes from the database ────────────────────────────────────────────────


def test_a_split_that_the_market_reports_is_recorded_with_one_click(ledger: Portfolio, asml: Any, sap: Any) -> None:
    CorporateAction.objects.create(instrument=asml, kind="split", ex_day=date(2024, 5, 2), ratio_new=D(4), ratio_old=D(1), source="test")
    statement = stated(ledger, (asml, "40"), (sap, "5"))
    cause = line(compare(statement), asml).causes[0]
    assert (cause.code, cause.fix) == ("missing_split", "split")
    done = correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="split")
    entry = get_transaction(ledger.owner, done.entries[0])
    assert (entry.kind, entry.traded_on, entry.ratio_new) == ("split", date(2024, 5, 2), 4)
    assert compare(statement).lamp == "agrees"
    void_transaction(ledger.owner, entry)
    assert compare(statement).lamp == "differs"


def test_a_duplicate_is_voided_and_counts_again(ledger: Portfolio, asml: Any, sap: Any) -> None:
    record(ledger, "buy", "2024-01-03", asml, quantity="10", price="100", fees="1.50")
    statement = stated(ledger, (asml, "10"), (sap, "5"), cash={"EUR": "3298.50"})
    found = compare(statement)
    assert line(found, asml).causes[0].code == line(found, "cEUR").causes[0].code == "duplicate"
    done = correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="void", entry=line(found, asml).causes[0].entries[0].id)
    assert done.voided and compare(statement).lamp == "agrees"
    with pytest.raises(Conflict):
        correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="void")


def test_a_voided_entry_counts_again(ledger: Portfolio, asml: Any, sap: Any) -> None:
    entry = record(ledger, "buy", "2024-03-01", asml, quantity="2", price="90")
    void_transaction(ledger.owner, get_transaction(ledger.owner, entry.entry))
    statement = stated(ledger, (asml, "12"), (sap, "5"))
    cause = line(compare(statement), asml).causes[0]
    assert cause.code == "voided" and cause.entries[0].is_voided
    correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="restore")
    assert compare(statement).lamp == "agrees"


def test_a_dividend_that_the_market_reports_is_named(ledger: Portfolio, asml: Any, sap: Any) -> None:
    CorporateAction.objects.create(instrument=asml, kind="dividend", ex_day=date(2024, 5, 2), amount=D("1.52"), source="test")
    found = line(compare(stated(ledger, cash={"EUR": "3313.70"})), "cEUR")
    assert found.causes[0].code == "missing_dividend" and found.causes[0].instrument is not None and found.causes[0].instrument.symbol == "ASML"
    record(ledger, "dividend", "2024-05-10", asml, amount="14")
    assert line(compare(stated(ledger, cash={"EUR": "3313.70"})), "cEUR").causes[0].code != "missing_dividend"


def test_an_exchange_rate_other_than_the_brokers_is_named(portfolio: Any, dollar: None, today: date) -> None:
    apple = make_instrument("AAPL", currency="USD")
    record(portfolio, "deposit", today - timedelta(days=40), amount="5000")
    entry = record(portfolio, "buy", today - timedelta(days=30), apple, quantity="10", price="100", settlement_currency="EUR")
    found = line(compare(stated(portfolio, cash={"EUR": "4197.20"}, day=today)), "cEUR")
    assert (found.causes[0].code, found.causes[0].entries[0].id) == ("exchange_rate", entry.entry)


# ── adjustments ─────────────────────────────────────────────────────────────


def test_an_adjustment_makes_units_agree_at_the_cost_of_those_held(ledger: Portfolio, asml: Any, sap: Any) -> None:
    statement = stated(ledger, (asml, "13"), (sap, "3"), cash={"EUR": "3300"})
    for key in (f"i{asml.pk}", f"i{sap.pk}", "cEUR"):
        done = correct_difference(ledger.owner, statement, key=key, fix="adjust")
        entry = get_transaction(ledger.owner, done.entries[0])
        assert entry.kind == "adjustment" and entry.traded_on == DAY and "statement of 30 Jun 2024" in entry.notes
    assert compare(statement).lamp == "agrees"
    held = {row.instrument.symbol: row for row in holdings_of(get_portfolio(ledger.owner, ledger.pk)).rows}
    assert held["ASML"].quantity == 13 and held["ASML"].cost == Decimal("1001.5") + 3 * Decimal("100.15") and held["SAP"].cost == 420


def test_units_that_turn_up_from_nothing_cost_what_they_closed_at(ledger: Portfolio) -> None:
    other = make_instrument("NVO")
    set_closes(other, {date(2024, 6, 28): "25"})
    statement = stated(ledger, (other, "4"))
    correct_difference(ledger.owner, statement, key=f"i{other.pk}", fix="adjust")
    row = holdings_of(get_portfolio(ledger.owner, ledger.pk)).row(other.pk)
    assert row is not None and (row.quantity, row.cost) == (D(4), D(100))


def test_an_adjustment_that_a_later_sale_forbids_changes_nothing(ledger: Portfolio, asml: Any) -> None:
    record(ledger, "sell", "2024-07-01", asml, quantity="10", price="110")
    statement = stated(ledger, (asml, "4"))
    before = Transaction.objects.count()
    with pytest.raises(Invalid):
        correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="adjust")
    assert Transaction.objects.count() == before


def test_corrections_and_statements_leave_a_line_in_the_audit(ledger: Portfolio, asml: Any) -> None:
    statement = stated(ledger, (asml, "13"))
    correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="adjust")
    discard_reconciliation(ledger.owner, statement)
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))[-3:]
    assert actions == ["portfolio.reconciled", "transaction.recorded", "reconciliation.discarded"] and not Reconciliation.objects.exists()


def test_only_what_is_offered_can_be_done(ledger: Portfolio, asml: Any, sap: Any) -> None:
    from portfolio_site.kernel.errors import NotFound

    statement = stated(ledger, (asml, "13"), (sap, "5"))
    with pytest.raises(Conflict):
        correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="void")
    with pytest.raises(Conflict):
        correct_difference(ledger.owner, statement, key=f"i{sap.pk}", fix="adjust")
    with pytest.raises(NotFound):
        correct_difference(ledger.owner, statement, key="i0", fix="adjust")
    with pytest.raises(Invalid):
        correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="burn")


def test_several_entries_are_taken_back_together(ledger: Portfolio, asml: Any, sap: Any, stranger: Any) -> None:
    from portfolio_site.kernel.errors import NotFound

    record(ledger, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(ledger, "buy", "2024-01-03", asml, quantity="10", price="100")
    statement = stated(ledger, (asml, "10"), (sap, "5"))
    done = correct_difference(ledger.owner, statement, key=f"i{asml.pk}", fix="void")
    assert len(done.entries) == 2 and compare(statement).lamp == "agrees"
    undo_correction(ledger.owner, statement, done)
    assert line(compare(statement), asml).here == 30
    foreign = record(make_portfolio(ledger.owner), "deposit", "2024-01-02", amount="5")
    with pytest.raises(NotFound):
        undo_correction(ledger.owner, statement, Correction("adjust", (foreign.entry,)))
    assert get_transaction(ledger.owner, foreign.entry).voided_at is None


# ── pages ───────────────────────────────────────────────────────────────────


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def test_the_page_is_filled_in_compared_and_put_right(signed_in: Any, ledger: Portfolio, asml: Any, sap: Any) -> None:
    address = reverse("portfolio-reconcile", args=[ledger.pk])
    page = text(signed_in.get(address, {"day": "2024-06-30"}))
    assert f'name="p{asml.pk}"' in page and 'value="3298.5"' in page and "No statement yet" in page
    other = make_instrument("NVO", name="Novo Nordisk")
    data = {"day": "2024-06-30", f"p{asml.pk}": "9", f"p{sap.pk}": "5", "name0": "NVO · Novo Nordisk", "units0": "2", "cEUR": "3298.50", "do": "grid"}
    answer = signed_in.post(address, data)
    statement = Reconciliation.objects.get()
    assert answer.status_code == 302 and answer["Location"] == reverse("portfolio-reconciliation", args=[ledger.pk, statement.pk])
    page = text(signed_in.get(answer["Location"]))
    assert "2 of 4 agree" in page and "Missing here" in page and "A sale of 1 unit is missing" in page and "kind=sell" in page
    fix = reverse("portfolio-reconciliation-correct", args=[ledger.pk, statement.pk])
    done = signed_in.post(fix, {"key": f"i{asml.pk}", "fix": "adjust"}, follow=True)
    entry = Transaction.objects.get(kind="adjustment")
    undo = f"{reverse('portfolio-reconciliation-undo', args=[ledger.pk, statement.pk])}?fix=adjust&entries={entry.entry}"
    assert "Adjustment recorded" in text(done) and undo.replace("&", "&amp;") in text(done) and "3 of 4 agree" in text(done)
    assert "2 of 4 agree" in text(signed_in.post(undo, follow=True)) and not Transaction.objects.live().filter(kind="adjustment").exists()
    signed_in.post(fix, {"key": f"i{asml.pk}", "fix": "adjust"})
    signed_in.post(fix, {"key": f"i{other.pk}", "fix": "adjust"})
    assert "Everything agrees" in text(signed_in.get(answer["Location"])) and "Agrees" in text(signed_in.get(address))
    assert "not there any more" in text(signed_in.post(fix, {"key": f"i{asml.pk}", "fix": "adjust", "entry": "x"}, follow=True))
    assert "Statement removed" in text(signed_in.post(reverse("portfolio-reconciliation-remove", args=[ledger.pk, statement.pk]), follow=True))


def test_lines_and_files_are_compared_too(signed_in: Any, ledger: Portfolio) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    address = reverse("portfolio-reconcile", args=[ledger.pk])
    assert signed_in.post(address, {"day": "2024-06-30", "lines": "ASML;10\nSAP;5\nEUR;3298.50", "do": "lines"}).status_code == 302
    file = SimpleUploadedFile("depot.csv", b"ISIN;Quantity\nNL0010273215;10\n")
    assert signed_in.post(address, {"day": "2024-06-30", "file": file, "do": "lines"}).status_code == 302
    assert [compare(one).agreeing for one in Reconciliation.objects.order_by("pk")] == [3, 1]
    wrong = signed_in.post(address, {"day": "2024-06-30", "lines": "NOPE;10\nSAP;5", "do": "lines"})
    assert wrong.status_code == 422 and "“NOPE”" in text(wrong)
    assert signed_in.post(address, {"day": "2024-06-30", "lines": " ", "do": "lines"}).status_code == 422


def test_a_form_with_mistakes_says_where(signed_in: Any, ledger: Portfolio) -> None:
    address = reverse("portfolio-reconcile", args=[ledger.pk])
    data = {"day": "2024-06-30", "name0": "Nothing like it", "units0": "1", "units1": "4", "name2": "ASML", "code0": "USD", "do": "grid"}
    page = text(signed_in.post(address, data))
    assert "No single instrument is meant" in page and "Say what it is." in page and "Enter the units of it." in page and "Enter both" in page
    assert "at least one holding" in text(signed_in.post(address, {"day": "2024-06-30", "do": "grid"}))
    assert signed_in.get(address, {"day": "soon"}).status_code == 200


def test_hidden_amounts_stay_hidden(signed_in: Any, person: Any, ledger: Portfolio, asml: Any) -> None:
    from accounts.models import Preferences

    statement = stated(ledger, (asml, "7"), cash={"EUR": "3291.27"})
    Preferences.objects.filter(user=person).update(hide_amounts=True)
    page = text(signed_in.get(reverse("portfolio-reconciliation", args=[ledger.pk, statement.pk])))
    assert "3,291" not in page and "−€7.23" not in page and "•••• units is missing" in page


def test_a_stranger_finds_no_statement(client: Any, stranger: Any, ledger: Portfolio, asml: Any, person: Any) -> None:
    statement = stated(ledger, (asml, "7"))
    client.force_login(stranger)
    for name, arguments in (("portfolio-reconcile", [ledger.pk]), ("portfolio-reconciliation", [ledger.pk, statement.pk])):
        assert client.get(reverse(name, args=arguments)).status_code == 404
    assert client.post(reverse("portfolio-reconciliation-remove", args=[ledger.pk, statement.pk])).status_code == 404
    own = make_portfolio(stranger)
    assert client.get(reverse("portfolio-reconciliation", args=[own.pk, statement.pk])).status_code == 404
    assert Reconciliation.objects.exists() and not Reconciliation.objects.visible_to(stranger).exists()


# ── API ─────────────────────────────────────────────────────────────────────


def test_the_api_takes_a_statement_and_tells_lamps_and_causes(api: Any, ledger: Portfolio, asml: Any, sap: Any) -> None:
    path = f"/api/v1/portfolios/{ledger.pk}/reconcile"
    data = {
        "date": "2024-06-30",
        "positions": [{"symbol": "ASML", "quantity": "9"}, {"instrument": sap.pk, "quantity": "5"}],
        "cash": [{"currency": "EUR", "amount": "3298.50"}],
    }
    made = api.post(path, data, format="json", headers={"Idempotency-Key": "k1"})
    again = api.post(path, data, format="json", headers={"Idempotency-Key": "k1"})
    assert made.status_code == 201 and again.json()["id"] == made.json()["id"] and made["Location"] == f"{path}/{made.json()['id']}"
    first = made.json()["positions"][0]
    assert (first["key"], first["lamp"], first["ledger"], first["statement"], first["difference"]) == (f"i{asml.pk}", "differs", "10", "9", "-1")
    assert first["causes"][0]["code"] == "missing_trade" and first["causes"][0]["detail"].startswith("A sale of 1 unit ")
    assert api.get(path).json()["results"][0]["agreeing"] == 2
    number = made.json()["id"]
    done = api.post(f"{path}/{number}/correct", {"key": first["key"], "fix": "adjust"}, format="json")
    assert done.status_code == 200 and done.json()["lamp"] == "agrees" and len(done.json()["corrected"]) == 1
    assert api.post(f"{path}/{number}/correct", {"key": first["key"], "fix": "adjust"}, format="json").status_code == 409
    assert api.post(f"{path}/{number}/correct", {"key": "i1", "fix": "burn"}, format="json").status_code == 400
    assert api.get(f"{path}/{number}").json()["lamp"] == "agrees"
    assert api.delete(f"{path}/{number}").status_code == 204 and api.get(f"{path}/{number}").status_code == 404


def test_the_api_reads_lines_and_names_what_is_wrong(api: Any, ledger: Portfolio) -> None:
    path = f"/api/v1/portfolios/{ledger.pk}/reconcile"
    assert api.post(path, {"date": "2024-06-30", "lines": "ASML;10\nSAP;5\n"}, format="json").json()["lamp"] == "agrees"
    wrong = api.post(path, {"date": "2024-06-30", "positions": [{"symbol": "NOPE", "quantity": "1"}]}, format="json").json()
    assert wrong["errors"][0]["field"] == "positions.0.symbol"
    assert api.post(path, {"date": "2024-06-30"}, format="json").json()["errors"][0]["field"] == "positions"
    assert api.post(path, {"date": "2024-06-30", "lines": "NOPE;1\nASML;2"}, format="json").json()["errors"][0]["field"] == "lines.1"
    assert api.get(path, {"cursor": "x"}).status_code == 400

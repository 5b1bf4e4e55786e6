"""Pages of portfolios and transactions: they show what the selectors say, and do what the services do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolios.models import Holding, Portfolio, Transaction
from portfolios.selectors import get_transaction, holdings_of
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", price="120.5", previous="120")


@pytest.fixture
def apple(db: None) -> Any:
    return make_instrument("AAPL", name="Apple", currency="USD", price="200", previous="190")


def text(answer: Any) -> str:
    """The page, with ordinary spaces."""
    return str(answer.content.decode()).replace("\u00a0", " ")


def entry_data(portfolio: Any, **fields: Any) -> dict[str, Any]:
    data = {
        "kind": "buy",
        "portfolio": portfolio.pk,
        "instrument": "ASML · ASML Holding",
        "traded_on": "2024-01-03",
        "quantity": "10",
        "price": "100.50",
    }
    return {**data, "settlement": "EUR", "form_id": "one", **fields}


# ── portfolios ──────────────────────────────────────────────────────────────


def test_the_list_shows_a_card_for_each_portfolio_and_their_sum(signed_in: Any, person: Any, asml: Any) -> None:
    for name in ("Core", "Crypto"):
        portfolio = make_portfolio(person, name=name)
        record(portfolio, "deposit", "2024-01-02", amount="1000")
        record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    page = text(signed_in.get(reverse("portfolios")))
    assert "Core" in page and "Crypto" in page and "sums in Euro<" in page and "€1,041.00" in page and "€2,082" in page


def test_cash_without_a_rate_makes_sums_incomplete_and_says_why(signed_in: Any, person: Any) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    record(portfolio, "deposit", "2024-01-02", amount="500", currency="CHF", fx_rate="1.02")
    table = holdings_of(portfolio)
    assert table.value.value == table.cash_value.value == 1000
    assert table.value.warnings == table.cash_value.warnings
    assert table.value.warnings[0].startswith("No CHF/EUR rate is known") and table.value.warnings[0].endswith("It is not counted in the totals.")
    page = text(signed_in.get(reverse("portfolios")))
    assert "These sums are incomplete." in page and f"Incomplete: {table.value.warnings[0]}" in page


@pytest.mark.parametrize("number", [1, 6])
def test_the_list_costs_the_same_queries_however_many_portfolios(
    signed_in: Any, person: Any, asml: Any, number: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(number):
        record(make_portfolio(person), "buy", "2024-01-03", asml, quantity="2", price="100")
    with django_assert_max_num_queries(12):
        signed_in.get(reverse("portfolios"))


def test_without_portfolios_the_page_says_what_to_do(signed_in: Any) -> None:
    assert "No portfolio yet" in text(signed_in.get(reverse("portfolios")))


def test_a_portfolio_is_made_and_changed_by_forms(signed_in: Any, person: Any, asml: Any) -> None:
    page = signed_in.post(reverse("portfolio-add"), {"name": " ", "base_currency": "EUR", "cost_method": "average", "dividend_treatment": "income"})
    assert page.status_code == 422 and "Fill this in." in text(page)
    data = {"name": "Pension", "base_currency": "CHF", "cost_method": "fifo", "dividend_treatment": "income", "tracks_cash": "on"}
    assert signed_in.post(reverse("portfolio-add"), data).status_code == 302
    portfolio = Portfolio.objects.get()
    assert (portfolio.name, portfolio.base_currency, portfolio.cost_method, portfolio.tracks_cash) == ("Pension", "CHF", "fifo", True)
    assert signed_in.get(reverse("portfolio-edit", args=[portfolio.pk])).status_code == 200
    assert signed_in.post(reverse("portfolio-edit", args=[portfolio.pk]), {**data, "name": "Old age"}).status_code == 302
    portfolio.refresh_from_db()
    assert portfolio.name == "Old age"


def test_deleting_asks_for_the_name(signed_in: Any, portfolio: Any) -> None:
    address = reverse("portfolio-delete", args=[portfolio.pk])
    assert "cannot be undone" in text(signed_in.get(address))
    assert signed_in.post(address, {"name": "Cor"}).status_code == 422 and Portfolio.objects.exists()
    assert signed_in.post(address, {"name": "Core"}).status_code == 302 and not Portfolio.objects.exists()


# ── the list of transactions ────────────────────────────────────────────────


def test_the_list_is_grouped_by_month_and_filtered_by_its_address(signed_in: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "deposit", "2024-01-02", amount="1000", notes="From savings")
    record(portfolio, "buy", "2024-02-03", asml, quantity="2", price="100", fees="1")
    page = text(signed_in.get(reverse("transactions")))
    assert "February 2024" in page and "January 2024" in page and "−€201.00" in page and "From savings" in page
    assert "1 of 2" in text(signed_in.get(reverse("transactions") + "?kind=buy"))
    assert "1 of 2" in text(signed_in.get(reverse("transactions") + "?q=savings"))
    assert "Nothing found" in text(signed_in.get(reverse("transactions") + f"?instrument={asml.pk}&kind=deposit"))
    assert "1 of 2" in text(signed_in.get(reverse("transactions") + "?start=2024-02-01&end=2024-02-28&p=" + str(portfolio.pk)))
    assert signed_in.get(reverse("transactions") + "?kind=x&start=soon&instrument=a&cursor=zz").status_code == 200


def test_htmx_gets_the_list_alone(signed_in: Any, portfolio: Any) -> None:
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    part = text(signed_in.get(reverse("transactions"), headers=HTMX))
    assert "<html" not in part and 'id="listing"' in part


def test_an_edited_row_says_so_and_voided_rows_are_shown_on_request(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-02-03", asml, quantity="2", price="100")
    data = entry_data(portfolio, quantity="3", price="100")
    signed_in.post(reverse("transaction-edit", args=[entry.entry]), data)
    page = text(signed_in.get(reverse("transactions")))
    assert "Edited" in page and "Replaced" not in page
    assert "Replaced" in text(signed_in.get(reverse("transactions") + "?voided=1"))


# ── adding ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "kind", ["buy", "sell", "dividend", "interest", "fee", "tax", "deposit", "withdrawal", "split", "transfer_in", "transfer_out"]
)
def test_each_type_shows_its_own_fields_only(signed_in: Any, portfolio: Any, asml: Any, kind: str) -> None:
    page = text(signed_in.get(reverse("transaction-add") + f"?kind={kind}&instrument={asml.pk}"))
    has = {name: f'name="{name}"' in page for name in ("instrument", "quantity", "price", "amount", "ratio_new", "acquired_on", "traded_on")}
    assert has["traded_on"]
    assert has["instrument"] == (kind not in {"deposit", "withdrawal"})
    assert has["quantity"] == (kind in {"buy", "sell", "transfer_in", "transfer_out", "split"})  # of a split, the fraction paid in cash
    assert has["price"] == (kind in {"buy", "sell", "transfer_in"})
    assert has["amount"] == (kind not in {"transfer_in", "transfer_out"})
    assert has["ratio_new"] == (kind == "split") and has["acquired_on"] == (kind == "transfer_in")


def test_a_purchase_is_recorded_from_the_page(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio, fees="1.25", notes="first"))
    assert answer.status_code == 302 and answer["Location"] == reverse("transactions")
    entry = Transaction.objects.get()
    assert (entry.quantity, entry.price, entry.fees, entry.notes, entry.traded_on) == (D("10"), D("100.5"), D("1.25"), "first", date(2024, 1, 3))


def test_the_same_form_sent_twice_records_once(signed_in: Any, portfolio: Any, asml: Any) -> None:
    for _ in range(2):
        assert signed_in.post(reverse("transaction-add"), entry_data(portfolio)).status_code == 302
    assert Transaction.objects.count() == 1
    signed_in.post(reverse("transaction-add"), entry_data(portfolio, form_id="two"))
    assert Transaction.objects.count() == 2


def test_a_refused_form_comes_back_with_422_and_every_error_by_its_field(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio, quantity="-3", traded_on="2999-01-01"))
    page = text(answer)
    assert answer.status_code == 422 and "is in the future" in page and "must be above zero" in page and 'aria-invalid="true"' in page
    oversold = signed_in.post(reverse("transaction-add"), entry_data(portfolio, kind="sell", quantity="5"))
    assert oversold.status_code == 422 and "you held 0" in text(oversold)
    unknown = signed_in.post(reverse("transaction-add"), entry_data(portfolio, instrument="nothing like it"))
    assert unknown.status_code == 422 and "No single instrument is meant" in text(unknown)
    assert not Transaction.objects.exists()
    assert signed_in.post(reverse("transaction-add"), entry_data(portfolio)).status_code == 302  # the refused form left no mark


def test_an_instrument_is_found_by_symbol_isin_name_or_suggestion(signed_in: Any, portfolio: Any, asml: Any) -> None:
    asml.isin = "NL0010273215"
    asml.save()
    for number, said in enumerate(("asml", "NL0010273215", "ASML Holding", "ASML · ASML Holding", "holding")):
        assert signed_in.post(reverse("transaction-add"), entry_data(portfolio, instrument=said, form_id=str(number))).status_code == 302
    assert Transaction.objects.filter(instrument=asml).count() == 5


def test_a_trade_in_another_currency_is_paid_in_the_own_one_at_the_rate_of_the_day(signed_in: Any, portfolio: Any, apple: Any, dollar: None) -> None:
    page = text(signed_in.get(reverse("transaction-add") + f"?instrument={apple.pk}&traded_on=2020-06-03"))
    assert "Price per unit, USD" in page and "Fee, EUR" in page and "Rate, 1 USD in EUR" in page and "$1 = €0.8929" in page
    data = entry_data(portfolio, instrument="AAPL", traded_on="2020-06-03", quantity="2", price="112", fees="1", settlement="EUR")
    signed_in.post(reverse("transaction-add"), data)
    entry = Transaction.objects.get()
    assert (entry.settles_in, entry.currency, entry.price) == ("EUR", "USD", D("112")) and round(entry.amount, 6) == D("201")
    own = {**data, "fx_rate": "0.9", "form_id": "two"}
    signed_in.post(reverse("transaction-add"), own)
    assert Transaction.objects.order_by("-pk")[0].amount == D("202.6")


def test_numbers_are_read_as_the_person_writes_them(signed_in: Any, portfolio: Any, asml: Any) -> None:
    assert signed_in.post(reverse("transaction-add"), entry_data(portfolio, quantity="NaN")).status_code == 422
    assert signed_in.post(reverse("transaction-add"), entry_data(portfolio, quantity="1e400")).status_code == 422
    assert not Transaction.objects.exists()


def test_the_drawer_gets_the_form_alone_and_is_told_where_to_go_on(signed_in: Any, portfolio: Any, asml: Any) -> None:
    part = text(signed_in.get(reverse("transaction-add"), headers=HTMX))
    assert "<html" not in part and "drawer__body" in part
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio), headers={**HTMX, "HX-Current-URL": "http://testserver/holdings/"})
    assert answer.status_code == 204 and answer["HX-Redirect"] == "http://testserver/holdings/"
    elsewhere = signed_in.post(reverse("transaction-add"), entry_data(portfolio, form_id="two", next="https://evil.example/"), headers=HTMX)
    assert elsewhere["HX-Redirect"] == reverse("transactions")


def test_changing_the_type_keeps_what_was_typed(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio, kind="sell", refresh="1", notes="keep me"), headers=HTMX)
    assert answer.status_code == 200 and "keep me" in text(answer) and 'value="100.50"' in text(answer) and not Transaction.objects.exists()


def test_the_preview_says_what_it_comes_to_or_why_it_cannot_be(signed_in: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "deposit", "2024-01-01", amount="5000")
    record(portfolio, "buy", "2024-01-02", asml, quantity="20", price="90")
    sale = entry_data(portfolio, kind="sell", quantity="5", price="100", fees="1")
    page = text(signed_in.post(reverse("transaction-preview"), sale))
    assert "€499.00" in page and "€450.00" in page and "+€49.00" in page and "€3,699.00" in page
    page = text(signed_in.post(reverse("transaction-preview"), {**sale, "quantity": "25"}))
    assert "you held 20 ASML; the sale is of 25" in page
    assert Transaction.objects.count() == 2


def test_without_a_portfolio_one_is_made_first(signed_in: Any) -> None:
    answer = signed_in.get(reverse("transaction-add"))
    assert answer.status_code == 302 and answer["Location"] == reverse("portfolio-add")


def test_suggestions_are_found_while_typing(signed_in: Any, portfolio: Any, asml: Any, stranger: Any) -> None:
    make_instrument("ASHOUSE", owner=stranger)
    page = text(signed_in.get(reverse("instrument-options") + "?instrument=as"))
    assert "ASML · ASML Holding" in page and "ASHOUSE" not in page


# ── editing and voiding ─────────────────────────────────────────────────────


def test_an_entry_is_edited_and_what_it_empties_is_refused(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-02-03", asml, quantity="8", price="100")
    address = reverse("transaction-edit", args=[entry.entry])
    assert 'value="100"' in text(signed_in.get(address))
    refused = signed_in.post(address, entry_data(portfolio, quantity="7", price="100"))
    assert refused.status_code == 422 and "After this change" in text(refused)
    assert signed_in.post(address, entry_data(portfolio, quantity="9", price="100")).status_code == 302
    assert get_transaction(portfolio.owner, entry.entry).quantity == D("9")


@pytest.mark.parametrize("kind", ["dividend", "interest", "deposit", "split", "transfer_in"])
def test_every_type_can_be_opened_and_saved_unchanged(signed_in: Any, portfolio: Any, asml: Any, kind: str) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    fields = {
        "dividend": {"instrument": asml, "quantity": "10", "price": "0.5", "amount": "4.25", "taxes": "0.75"},
        "interest": {"amount": "3"},
        "deposit": {"amount": "3"},
        "split": {"instrument": asml, "ratio_new": "2", "ratio_old": "1"},
        "transfer_in": {"instrument": asml, "quantity": "2", "price": "50", "acquired_on": date(2020, 1, 1)},
    }[kind]
    entry = record(portfolio, kind, "2024-02-03", **fields)
    before = Holding.objects.get()
    page = signed_in.get(reverse("transaction-edit", args=[entry.entry]))
    form = page.context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    answer = signed_in.post(reverse("transaction-edit", args=[entry.entry]), data | {"notes": "seen"})
    assert answer.status_code == 302, text(answer)
    after, row = Holding.objects.get(), get_transaction(portfolio.owner, entry.entry)
    assert (row.amount, row.taxes, row.quantity, row.notes) == (entry.amount, entry.taxes, entry.quantity, "seen")
    assert (before.quantity, before.cost, before.income) == (after.quantity, after.cost, after.income)


def test_voiding_offers_undo(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    page = text(signed_in.post(reverse("transaction-void", args=[entry.entry]), follow=True))
    restore = reverse("transaction-restore", args=[entry.entry])
    assert "Buy of ASML Holding voided" in page and restore in page and not Holding.objects.exists()
    signed_in.post(restore)
    assert Holding.objects.get().quantity == D("10")
    assert signed_in.get(reverse("transaction-restore", args=[entry.entry])).status_code == 405


def test_a_void_that_is_refused_says_why(signed_in: Any, portfolio: Any, asml: Any) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    record(portfolio, "sell", "2024-02-03", asml, quantity="8", price="100")
    page = text(signed_in.post(reverse("transaction-void", args=[entry.entry]), follow=True))
    assert "Without this entry" in page and Holding.objects.get().quantity == D("2")


# ── whose it is ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "name", "of"),
    [
        ("get", "portfolio", "p"),
        ("get", "portfolio-edit", "p"),
        ("post", "portfolio-edit", "p"),
        ("get", "portfolio-delete", "p"),
        ("post", "portfolio-delete", "p"),
        ("get", "transaction-edit", "t"),
        ("post", "transaction-edit", "t"),
        ("post", "transaction-void", "t"),
        ("post", "transaction-restore", "t"),
    ],
)
def test_a_stranger_finds_no_page(client: Any, stranger: Any, portfolio: Any, asml: Any, method: str, name: str, of: str) -> None:
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="10", price="100")
    address = reverse(name, args=[portfolio.pk if of == "p" else entry.entry])
    assert getattr(client, method)(address).status_code == 302  # to sign in
    client.force_login(stranger)
    assert getattr(client, method)(address, {"name": "Core"}).status_code == 404
    assert client.get(reverse("transactions") + f"?p={portfolio.pk}").status_code == 404
    assert client.post(reverse("transaction-preview"), {"entry": entry.entry}).status_code == 404


def test_a_stranger_cannot_record_into_a_portfolio_by_naming_it(client: Any, stranger: Any, portfolio: Any, asml: Any) -> None:
    make_portfolio(stranger, name="Own")
    client.force_login(stranger)
    answer = client.post(reverse("transaction-add"), entry_data(portfolio))
    assert answer.status_code == 422 and not Transaction.objects.exists()


# ── what the form is sent without script, or by a slip ──────────────────────


def test_a_purchase_without_the_field_paid_in_is_paid_in_the_portfolios_currency(signed_in: Any, portfolio: Any, apple: Any, dollar: None) -> None:
    """Without script the first form has no such field: it depends on the instrument."""
    data = entry_data(portfolio, instrument="AAPL", traded_on="2020-06-03", quantity="2", price="112")
    del data["settlement"]
    assert signed_in.post(reverse("transaction-add"), data).status_code == 302
    row = Transaction.objects.get()
    assert (row.currency, row.settles_in, row.price) == ("USD", "EUR", D("112"))


def test_a_type_that_is_none_is_refused_beside_the_types(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio, kind="bogus"))
    assert answer.status_code == 422 and "“bogus” is not a type of transaction" in text(answer) and not Transaction.objects.exists()


@pytest.mark.parametrize("instrument", ["ASML", "AAPL"])
def test_a_day_before_1900_is_refused_beside_its_field(signed_in: Any, portfolio: Any, asml: Any, apple: Any, instrument: str) -> None:
    data = entry_data(portfolio, instrument=instrument, traded_on="0001-01-01")
    assert "before 1900. Check the year." in text(signed_in.post(reverse("transaction-preview"), data))
    assert signed_in.post(reverse("transaction-add"), {**data, "refresh": "1"}, headers=HTMX).status_code == 200
    answer = signed_in.post(reverse("transaction-add"), data)
    assert answer.status_code == 422 and "before 1900. Check the year." in text(answer) and not Transaction.objects.exists()
    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    answer = signed_in.post(reverse("transaction-edit", args=[entry.entry]), data)
    assert answer.status_code == 422 and "before 1900. Check the year." in text(answer)


def test_units_cannot_have_been_bought_before_1900(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse("transaction-add"), entry_data(portfolio, kind="transfer_in", acquired_on="0001-01-01"))
    assert answer.status_code == 422 and "before 1900. Check the year." in text(answer)

"""Lists of entries: filtered, searched over sealed notes, paged by key, grouped by month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from market.selectors import quotes_of
from portfolio_site.web.numbers import price_change
from portfolios.models import Transaction
from portfolios.selectors import TransactionFilter, holdings_of, instruments_in, matching, transactions_of
from portfolios.services import LegDraft, edit_transaction, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(person: Any, dollar: None) -> Any:
    """Five entries in two portfolios, over three months."""
    asml, apple = make_instrument("ASML", name="ASML Holding N.V."), make_instrument("AAPL", currency="USD")
    core, crypto = make_portfolio(person, name="Core"), make_portfolio(person, name="Crypto")
    record(core, "deposit", "2020-04-01", amount="1000", notes="From the SAVINGS account")
    record(core, "buy", "2020-05-02", asml, quantity="2", price="100", fees="1")
    record(core, "sell", "2020-05-03", asml, quantity="1", price="120")
    record(core, "buy", "2020-06-03", apple, quantity="1", price="112", fx_rate="0.9", source="trading212", source_key="a")
    record(crypto, "deposit", "2020-06-04", amount="50")
    return core


def ids(page: Any) -> list[tuple[str, date]]:
    return [(row.kind, row.traded_on) for month in page.months for row in month.rows]


def test_entries_come_newest_first_by_month_with_the_cash_effect_of_the_whole_month(ledger: Any) -> None:
    page = transactions_of(ledger.owner)
    assert [(month.month, month.sums) for month in page.months] == [
        (date(2020, 6, 1), (("EUR", D("50") - D("100.8")),)),
        (date(2020, 5, 1), (("EUR", D("-81")),)),
        (date(2020, 4, 1), (("EUR", D("1000")),)),
    ]
    assert page.total == page.matching == page.shown == 5 and page.older == page.newer == ""


def test_pages_follow_each_other_without_a_gap_and_back_again(ledger: Any) -> None:
    everything = ids(transactions_of(ledger.owner))
    first = transactions_of(ledger.owner, page_size=2)
    second = transactions_of(ledger.owner, cursor=first.older, page_size=2)
    third = transactions_of(ledger.owner, cursor=second.older, page_size=2)
    assert ids(first) + ids(second) + ids(third) == everything and third.older == ""
    assert ids(transactions_of(ledger.owner, cursor=third.newer, page_size=2)) == ids(second)
    back = transactions_of(ledger.owner, cursor=second.newer, page_size=2)
    assert ids(back) == ids(first) and back.newer == ""
    record(ledger, "deposit", date(2020, 7, 1), amount="1")
    assert ids(transactions_of(ledger.owner, cursor=first.older, page_size=2)) == ids(second)


@pytest.mark.parametrize("cursor", ["x", "o", "o99999999-1", "o20200101-", "o20200101-٣", "b20200101-" + "9" * 30, "oooooooo-1"])
def test_a_cursor_that_is_none_means_the_first_page(ledger: Any, cursor: str) -> None:
    assert transactions_of(ledger.owner, cursor=cursor).shown == 5


def test_conditions_narrow_the_list(ledger: Any) -> None:
    def number(**conditions: Any) -> int:
        return transactions_of(ledger.owner, TransactionFilter(**conditions)).matching

    asml = next(one for one in instruments_in(ledger.owner) if one.symbol == "ASML")
    assert number(kinds=("buy",)) == 2 and number(instrument_id=asml.pk) == 2
    assert number(portfolio_ids=(ledger.pk,)) == 4
    assert number(start=date(2020, 5, 2), end=date(2020, 5, 3)) == 2
    assert number(source="hand") == 4 and number(source="import") == 1


@pytest.mark.parametrize(("text", "found"), [("savings", 1), ("asml", 2), ("holding n", 2), ("AAPL", 1), ("nothing like it", 0)])
def test_a_search_finds_instruments_and_what_sealed_notes_say(ledger: Any, text: str, found: int) -> None:
    page = transactions_of(ledger.owner, TransactionFilter(text=text))
    assert page.matching == page.shown == found


@pytest.mark.parametrize("text", ["savings", "asml", "nothing like it"])
def test_a_search_finds_the_same_when_its_hits_are_too_many_for_a_query(ledger: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = transactions_of(ledger.owner, TransactionFilter(text=text))
    monkeypatch.setattr("portfolios.selectors.transactions._FEW", -1)
    assert transactions_of(ledger.owner, TransactionFilter(text=text)) == few


def test_voided_and_replaced_entries_are_shown_on_request_and_count_for_nothing(ledger: Any) -> None:
    apple = Transaction.objects.live().get(source="trading212")
    edit_transaction(ledger.owner, apple, quantity=D("3"))
    void_transaction(ledger.owner, Transaction.objects.live().get(kind="sell"))
    assert transactions_of(ledger.owner).matching == 4
    page = transactions_of(ledger.owner, TransactionFilter(with_voided=True))
    rows = {(row.kind, row.quantity, row.is_voided): row for month in page.months for row in month.rows}
    assert page.matching == 6 and page.total == 4
    assert rows["buy", D("1"), True].replaced and rows["buy", D("3"), False].is_edited
    assert not rows["sell", D("1"), True].replaced
    assert rows["buy", D("1"), True].id == rows["buy", D("3"), False].id
    assert {month.month: month.sums for month in page.months}[date(2020, 5, 1)] == (("EUR", D("-201")),)


def test_of_one_portfolio_its_own_entries_are_counted_and_not_those_of_all(ledger: Any, signed_in: Any) -> None:
    other = make_portfolio(ledger.owner, name="Other")
    record(other, "deposit", "2020-07-01", amount="5")
    here = TransactionFilter(portfolio_ids=(other.pk,))
    assert (transactions_of(ledger.owner, here).total, transactions_of(ledger.owner).total) == (1, 6)
    assert transactions_of(ledger.owner, TransactionFilter(portfolio_ids=(other.pk,), kinds=("buy",))).total == 1
    assert "1 in Other" in signed_in.get("/transactions/", {"p": other.pk}).content.decode()


def test_a_stranger_sees_nothing(ledger: Any, stranger: Any) -> None:
    page = transactions_of(stranger, TransactionFilter(portfolio_ids=(ledger.pk,)))
    assert page.matching == page.total == 0 and instruments_in(stranger) == []


@pytest.mark.parametrize("entries", [1, 60])
def test_a_page_costs_the_same_queries_however_long_the_ledger_is(person: Any, entries: int, django_assert_num_queries: Any, today: date) -> None:
    portfolio = make_portfolio(person)
    asml = make_instrument("ASML")
    for number in range(entries):
        record(portfolio, "buy", today - timedelta(days=number * 5), asml, quantity="1", price="1")
    with django_assert_num_queries(4):
        transactions_of(person)


# ── entries in which an instrument is only what others became ───────────────


@pytest.fixture
def turned(person: Any) -> Any:
    """A spin-off, a merger and a symbol change; each target stands in no entry of its own but one."""
    core = make_portfolio(person, name="Core")
    made = {symbol: make_instrument(symbol, name=f"{symbol} Incorporated") for symbol in ("PARENT", "CHILD", "TAKEN", "BUYER", "RENAMED")}
    record(core, "deposit", "2020-01-01", amount="10000")
    record(core, "buy", "2020-01-02", made["PARENT"], quantity="10", price="10")
    record(core, "buy", "2020-01-03", made["TAKEN"], quantity="10", price="10")
    half = LegDraft(instrument=made["CHILD"], ratio_new=D(1), ratio_old=D(2), cost_share=D("0.25"))
    record(core, "spin_off", "2020-02-01", made["PARENT"], legs=(half,), notes="Demerger")
    record(core, "merger", "2020-02-02", made["TAKEN"], legs=(LegDraft(instrument=made["BUYER"], ratio_new=D(1), ratio_old=D(1)),))
    record(core, "symbol_change", "2020-02-03", made["PARENT"], legs=(LegDraft(instrument=made["RENAMED"]),))
    record(core, "sell", "2020-03-01", made["CHILD"], quantity="1", price="5")
    return core, made


def _kinds(page: Any) -> list[str]:
    return [row.kind for month in page.months for row in month.rows]


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("CHILD", ["sell", "spin_off"]),
        ("BUYER", ["merger"]),
        ("RENAMED", ["symbol_change"]),
        ("PARENT", ["symbol_change", "spin_off", "buy"]),
    ],
)
def test_an_instrument_is_found_where_it_is_only_what_others_became(turned: Any, api: Any, symbol: str, found: list[str]) -> None:
    core, made = turned
    assert _kinds(transactions_of(core.owner, TransactionFilter(instrument_id=made[symbol].pk))) == found
    assert _kinds(transactions_of(core.owner, TransactionFilter(text=symbol))) == found
    for query in (f"instrument={made[symbol].pk}", f"symbol={symbol.lower()}", f"search={symbol}"):
        for address in ("/api/v1/transactions", f"/api/v1/portfolios/{core.pk}/transactions", f"/api/v1/transactions/portfolio/{core.pk}"):
            assert [row["type"] for row in api.get(f"{address}?{query}").json()["results"]] == found, (address, query)


def test_a_target_can_be_chosen_in_the_filter_of_the_page(turned: Any, signed_in: Any) -> None:
    core, made = turned
    assert {one.symbol for one in instruments_in(core.owner)} == set(made)
    page = signed_in.get(f"/transactions/?instrument={made['BUYER'].pk}")
    assert _kinds(page.context["listing"]) == ["merger"]
    assert [pill["value"] for pill in page.context["pills"]] == ["BUYER Incorporated"]


def test_pages_of_a_target_follow_each_other_without_a_gap(turned: Any) -> None:
    core, made = turned
    for day in range(1, 6):
        record(core, "dividend", date(2020, 4, day), made["CHILD"], amount="1")
    asked = TransactionFilter(instrument_id=made["CHILD"].pk)
    everything, cursor, walked = ids(transactions_of(core.owner, asked)), "", []
    while True:
        page = transactions_of(core.owner, asked, cursor=cursor, page_size=3)
        assert page.matching == len(everything) == 7
        walked += ids(page)
        if not page.older:
            break
        cursor = page.older
    assert walked == everything
    assert ids(transactions_of(core.owner, asked, cursor=page.newer, page_size=3)) == everything[3:6]


def test_earlier_versions_of_an_entry_are_found_by_their_legs_only_on_request(turned: Any, person: Any) -> None:
    _core, made = turned
    edit_transaction(person, Transaction.objects.live().get(kind="merger"), notes="Put right")
    assert _kinds(transactions_of(person, TransactionFilter(instrument_id=made["BUYER"].pk))) == ["merger"]
    assert _kinds(transactions_of(person, TransactionFilter(instrument_id=made["BUYER"].pk, with_voided=True))) == ["merger", "merger"]


def test_a_strangers_legs_are_found_by_nobody_else(turned: Any, stranger: Any) -> None:
    _core, made = turned
    own = make_portfolio(stranger)
    record(own, "deposit", "2020-01-01", amount="1")
    assert _kinds(transactions_of(stranger, TransactionFilter(instrument_id=made["BUYER"].pk))) == []
    assert instruments_in(stranger) == []


@pytest.mark.parametrize("entries", [1, 40])
def test_an_instrument_costs_one_query_more_than_no_condition_whether_it_is_a_target_or_not(
    turned: Any, entries: int, django_assert_num_queries: Any
) -> None:
    core, made = turned
    for number in range(entries):
        record(core, "dividend", date(2020, 4, 1) + timedelta(days=number), made["CHILD"], amount="1")
        record(core, "dividend", date(2020, 4, 1) + timedelta(days=number), made["RENAMED"], amount="1")
    for symbol, number in (("TAKEN", 8), ("CHILD", 6 if entries == 40 else 8)):
        with django_assert_num_queries(number):  # the legs of the page and of its months are read where there are any
            transactions_of(core.owner, TransactionFilter(instrument_id=made[symbol].pk), page_size=20)


def test_entries_of_a_target_are_found_by_an_index(turned: Any) -> None:
    core, made = turned
    with CaptureQueriesContext(connection) as asked:
        found = matching(Transaction.objects.filter(portfolio__in=[core.pk]), TransactionFilter(instrument_id=made["CHILD"].pk))
        assert len(found.newest_first()) == 2
    assert len(asked) == 2
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read at once otherwise
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{query['sql']}")
            plan = "\n".join(str(line) for line in cursor.fetchall())
            assert "SCAN " not in plan and "Seq Scan" not in plan, plan


def test_each_amount_of_an_entry_is_told_in_its_own_currency(signed_in: Any, person: Any, dollar: None) -> None:
    portfolio = make_portfolio(person, base_currency="EUR")
    day = timezone.localdate() - timedelta(days=9)
    record(portfolio, "deposit", day, amount="500")
    exchange = record(portfolio, "fx_exchange", day, amount="100", currency="USD", given_amount=D("90"), settlement_currency="EUR")
    share = make_instrument("XYZ", currency="EUR")
    bought = record(portfolio, "buy", day, share, quantity="1", price="100", fees="5", costs_currency="USD")
    rows = {row.id: row for month in transactions_of(person).months for row in month.rows}
    assert dict(rows[exchange.entry].moves) == {"USD": D("100"), "EUR": D("-90")}
    assert dict(rows[bought.entry].moves) == {"EUR": D("-100"), "USD": D("-5")} and rows[bought.entry].costs_currency == "USD"
    text = signed_in.get("/transactions/").content.decode()
    assert "+$100.00" in text and "−€90.00" in text and "−$5.00" in text and "+€100.00" not in text


def test_a_row_says_what_units_became_what_was_reinvested_and_a_bond_in_percent(person: Any, signed_in: Any) -> None:
    old, new, cashco = make_instrument("OLD"), make_instrument("NEW"), make_instrument("CASHCO")
    bond = make_instrument("BOND", asset_class="bond", price_factor=D("0.01"))
    portfolio = make_portfolio(person, name="Core", tracks_cash=False)
    record(portfolio, "buy", "2024-01-02", old, quantity="8", price="10")
    record(portfolio, "buy", "2024-01-03", bond, quantity="1000", price="98.5")
    record(portfolio, "dividend", "2024-01-04", old, amount="5", reinvested_quantity="0.5", price="10")
    legs = (
        LegDraft(instrument=new, ratio_new=D(1), ratio_old=D(4), cost_share=D("0.9")),
        LegDraft(instrument=cashco, ratio_new=D(1), ratio_old=D(1), cost_share=D("0.1")),
    )
    record(portfolio, "merger", "2024-02-01", old, legs=legs)
    rows = {row.kind: row for month in transactions_of(person).months for row in month.rows if row.kind != "buy"}
    assert rows["merger"].other_side == "Into NEW 1:4, CASHCO" and rows["dividend"].reinvested == D("0.5")
    page = " ".join(signed_in.get("/transactions/").content.decode().split())
    assert "Into NEW 1:4, CASHCO" in page and '<span>0.5</span><span class="sub">reinvested</span>' in page and "98.50%" in page


@pytest.mark.parametrize(
    ("asset_class", "factor", "quoted", "shown"),
    [("bond", "10", "98.5", "98.50%"), ("bond", "0.01", "98.5", "98.50%"), ("other", "10", "985", "€985.00")],
)
def test_a_bond_of_any_face_is_shown_in_percent_and_a_contract_in_money(
    person: Any, signed_in: Any, asset_class: str, factor: str, quoted: str, shown: str
) -> None:
    bond = make_instrument("KIEL", asset_class=asset_class, price_factor=D(factor), price="98.5", previous="98")
    portfolio = make_portfolio(person, name="Core", tracks_cash=False)
    record(portfolio, "buy", "2024-01-03", bond, quantity="3", price="97")
    (row,) = holdings_of([portfolio]).rows
    assert (row.quoted.value, row.price.value, row.value.value) == (D(quoted), D("98.5") * D(factor), D("98.5") * D(factor) * 3)
    for page in ("/holdings/", f"/holdings/{bond.pk}/"):
        assert shown in signed_in.get(page).content.decode(), page
    assert ("97.00%" in signed_in.get("/transactions/").content.decode()) == (asset_class == "bond")
    form = signed_in.get(f"/transactions/new/?kind=buy&instrument={bond.pk}&p={portfolio.pk}").content.decode()
    assert ("Price, percent of par" in form) == (asset_class == "bond")
    quote = quotes_of([bond.pk])[bond.pk]
    assert (quote.price_unit, str(price_change(quote.change, quote.price_unit))) == (("%", "+0.50") if asset_class == "bond" else ("EUR", "+€0.50"))

"""Lots named on the sales of a grid: by units and day, typed or pasted, of what is held and of what the same rows bring."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolios.forms import TransactionGrid
from portfolios.forms.grid import COLUMNS
from portfolios.lot_records import choices_of
from portfolios.models import Transaction
from portfolios.selectors import book_of, get_portfolio
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding")


@pytest.fixture
def ledger(person: Any, asml: Any) -> Any:
    """10 at 100, 5 at 130, 5 at 90."""
    made = make_portfolio(person, cost_method="specific", tracks_cash=False)
    for day, units, price in (("2024-01-03", "10", "100"), ("2024-02-01", "5", "130"), ("2024-03-01", "5", "90")):
        record(made, "buy", day, asml, quantity=units, price=price)
    return made


def sale(lots: str, quantity: str = "7", **more: str) -> dict[str, str]:
    return {"date": "2024-05-02", "type": "sell", "instrument": "ASML", "quantity": quantity, "price": "120", "lots": lots, **more}


def send(client: Any, portfolio: Any, *lines: dict[str, str], do: str = "record", **more: str) -> Any:
    columns = {column: [line.get(column, "") for line in lines] for column in COLUMNS}
    return client.post(reverse("transaction-grid"), {"portfolio": portfolio.pk, "do": do, "form_id": "one", **columns, **more})


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def taken(portfolio: Any) -> list[tuple[str, Any]]:
    """(day of the lot, units) that sales took, in order."""
    return [(str(match.opened_on), match.quantity) for match in book_of(get_portfolio(portfolio.owner, portfolio.pk)).matches]


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        ("5 of 2024-02-01; 2 of 2024-03-01", [("2024-02-01", D(5)), ("2024-03-01", D(2))]),
        ("2 units of 1 Mar 2024; 2024-02-01", [("2024-03-01", D(2)), ("2024-02-01", D(5))]),
        ("4@1.2.2024;3 @ 2024-03-01", [("2024-02-01", D(4)), ("2024-03-01", D(3))]),
        ("of 1 Feb 2024 (5 units); of 1 Mar 2024 (2 units, transaction 3)", [("2024-02-01", D(5)), ("2024-03-01", D(2))]),
        ("1.5 of 2024-03-01", [("2024-03-01", D("1.5")), ("2024-01-03", D("5.5"))]),  # what is left open goes by the method
        ("", [("2024-01-03", D(7))]),
    ],
)
def test_a_sale_takes_the_lots_that_its_row_names(signed_in: Any, ledger: Any, lots: str, expected: Any) -> None:
    answer = send(signed_in, ledger, sale(lots))
    assert answer.status_code == 302, text(answer)
    assert taken(ledger) == expected


def test_lots_that_the_same_rows_bring_are_named_by_their_day(signed_in: Any, ledger: Any) -> None:
    buy = {"date": "2024-04-01", "type": "buy", "instrument": "ASML", "quantity": "3", "price": "80"}
    answer = send(signed_in, ledger, sale("3 of 2024-04-01; 1 of 2024-01-03", "4"), buy)
    assert answer.status_code == 302, text(answer)
    assert taken(ledger) == [("2024-04-01", D(3)), ("2024-01-03", D(1))]
    bought = Transaction.objects.get(traded_on=date(2024, 4, 1))
    assert choices_of(Transaction.objects.get(kind="sell").lots)[0].event_id == bought.entry


def test_several_lots_of_one_day_are_told_apart_by_their_place(signed_in: Any, ledger: Any, asml: Any, person: Any) -> None:
    record(ledger, "buy", "2024-03-01", asml, quantity="2", price="95")
    refused = text(send(signed_in, ledger, sale("1 of 2024-03-01", "1")))
    assert "There are several lots of 1 Mar 2024: #1 (5 units), #2 (2 units). Say which." in refused
    assert "several lots" in text(send(signed_in, ledger, sale("1 of 2024-03-01 #3", "1")))
    assert send(signed_in, ledger, sale("1 of 1 Mar 2024, number 2", "1")).status_code == 302
    assert book_of(get_portfolio(person, ledger.pk)).matches[0].cost == D(95)


def test_a_lot_that_a_transfer_brought_is_named_like_any_other(signed_in: Any, person: Any, ledger: Any, asml: Any) -> None:
    other = make_portfolio(person, name="Other", cost_method="fifo", tracks_cash=False)
    transfer_units(person, ledger, other, TransferDraft(instrument=asml, quantity=D(12), day=date(2024, 4, 1)))
    assert send(signed_in, other, sale("2 of 2024-02-01", "2")).status_code == 302
    assert taken(other) == [("2024-02-01", D(2))]


@pytest.mark.parametrize(
    ("lots", "said"),
    [
        ("first ones", "“first ones” is not a date. Write it like 2026-03-31. Name lots by units and day"),
        ("x of 2024-02-01", "Lots: “x of 2024-02-01”: "),
        ("2 of 2024-02-30", "The date “2024-02-30” does not exist."),
        (
            "2 of 2024-02-02",
            "No lot of 2 Feb 2024 is open on the day of this entry. Those that are open then are of 3 Jan 2024, 1 Feb 2024, 1 Mar 2024.",
        ),
        ("2024-01-03; 2024-02-01", "Only one lot may be a day alone."),
        ("7 of 2024-01-03; 2024-02-01", "Nothing is left of the 7 units for the lot of 1 Feb 2024."),
        ("-2 of 2024-01-03", "Write units above zero for the lot of 3 Jan 2024."),
        ("8 of 2024-01-03", "The lots that are named hold more units than are sold."),
        ("2 of 2024-01-03; 1 of 2024-01-03", "A lot is named twice."),
        ("6 of 2024-02-01", "names 6 units of a lot of which 5 were left then"),
        ("NaN of 2024-01-03", "Lots:"),
        ("1e999 of 2024-01-03", "Lots:"),
        ("‮5 of 2024-01-03", "Lots:"),
    ],
)
def test_what_is_wrong_is_told_at_the_cell_of_its_row_and_nothing_is_recorded(signed_in: Any, ledger: Any, lots: str, said: str) -> None:
    before = Transaction.objects.count()
    answer = send(signed_in, ledger, sale("", "1"), sale(lots))
    page = text(answer)
    assert answer.status_code == 422 and Transaction.objects.count() == before
    assert said in page and "1 row needs a change" in page and page.count('aria-invalid="true"') == 1, page


def test_lots_beside_other_mistakes_are_told_at_once(signed_in: Any, ledger: Any) -> None:
    page = text(
        send(signed_in, ledger, sale("5 of 2020-01-01", price="ten"), sale("2024-01-03", instrument="nothing"), sale("2024-01-03", quantity="x"))
    )
    assert "3 rows need a change" in page and page.count('aria-invalid="true"') == 4 and "Lots: No lot of 1 Jan 2020 is open" in page


def test_a_purchase_names_no_lots_and_a_pooled_portfolio_keeps_none(signed_in: Any, ledger: Any, person: Any, asml: Any) -> None:
    buy = sale("1 of 2024-01-03", type="buy")
    assert "Lots: Lots are named on a sale, or on units that are transferred out. A buy names none" in text(send(signed_in, ledger, buy))
    pool = make_portfolio(person, name="Pool", tracks_cash=False)
    record(pool, "buy", "2024-01-03", asml, quantity="10", price="100")
    assert "keeps no lots apart" in text(send(signed_in, pool, sale("1 of 2024-01-03")))


def test_the_column_is_pasted_by_its_head_or_in_its_place(signed_in: Any, ledger: Any) -> None:
    headed = "Type\tDate\tTicker\tShares\tPrice\tLots\nsell\t2024-05-02\tASML\t5\t120\t5 of 2024-02-01"
    assert 'value="5 of 2024-02-01"' in text(send(signed_in, ledger, do="paste", pasted=headed))
    grid = TransactionGrid()
    grid.paste("2024-05-02\tsell\tASML\t5\t120\t\t\t\t\t\t5 of 2024-02-01")
    (draft,) = grid.read(ledger.owner, ledger)
    assert [choice.quantity for choice in draft.lots] == [D(5)]


def test_days_are_read_as_the_person_writes_them(client: Any, asml: Any) -> None:
    german = make_person("anna", locale="de-DE")
    portfolio = make_portfolio(german, cost_method="fifo", tracks_cash=False)
    record(portfolio, "buy", "2024-02-01", asml, quantity="5", price="100")
    client.force_login(german)
    assert send(client, portfolio, sale("1,5 of 1/2/2024", "2", date="2.5.2024")).status_code == 302
    assert choices_of(Transaction.objects.get(kind="sell").lots)[0].quantity == D("1.5")


def test_another_persons_lots_and_portfolio_are_out_of_reach(client: Any, ledger: Any, stranger: Any, asml: Any) -> None:
    own = make_portfolio(stranger, cost_method="fifo", tracks_cash=False)
    client.force_login(stranger)
    assert "No lot of 3 Jan 2024 is open on the day of this entry. None is." in text(send(client, own, sale("1 of 2024-01-03", "1")))
    before = Transaction.objects.count()
    send(client, ledger, sale("1 of 2024-01-03", "1"))
    assert Transaction.objects.count() == before


@pytest.mark.parametrize("number", [2, 12])
def test_it_asks_as_often_however_many_rows_name_lots(ledger: Any, number: int, django_assert_num_queries: Any) -> None:
    grid = TransactionGrid({**sale("1 of 2024-01-03", "1"), "date": f"2024-05-{place + 1:02}"} for place in range(number))
    with django_assert_num_queries(3):
        drafts = grid.read(ledger.owner, ledger)
    assert len(drafts) == number and all(draft.lots for draft in drafts) and not grid.wrong

"""Many entries at once: typed or pasted, checked together, recorded all or none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from portfolios.forms import TransactionGrid
from portfolios.forms.grid import COLUMNS
from portfolios.models import Transaction
from tests.factories import D, make_instrument, make_portfolio

pytestmark = pytest.mark.django_db
GRID = "transaction-grid"


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", name="ASML Holding", price="120.5")


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\u00a0", " ")


def rows(portfolio: Any, *lines: dict[str, str], do: str = "record", **more: str) -> dict[str, Any]:
    """What the page sends for these rows."""
    columns = {column: [line.get(column, "") for line in lines] for column in COLUMNS}
    return {"portfolio": portfolio.pk, "do": do, "form_id": "one", **columns, **more}


BUY = {"date": "2024-01-03", "type": "Buy", "instrument": "ASML", "quantity": "10", "price": "100.50", "fees": "1"}
SALE = {"date": "2024-02-03", "type": "sell", "instrument": "ASML · ASML Holding", "quantity": "4", "price": "110"}
PAID_IN = {"date": "2024-01-02", "type": "Einzahlung", "amount": "5000", "notes": "from savings"}


def test_rows_are_recorded_in_one_go(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse(GRID), rows(portfolio, PAID_IN, {}, BUY, SALE))
    assert answer.status_code == 302, text(answer)
    entries = Transaction.objects.order_by("traded_on")
    assert [(entry.kind, entry.traded_on) for entry in entries] == [
        ("deposit", date(2024, 1, 2)),
        ("buy", date(2024, 1, 3)),
        ("sell", date(2024, 2, 3)),
    ]
    assert (entries[0].notes, entries[1].fees, entries[1].quantity) == ("from savings", D("1"), D("10"))


def test_all_or_none_with_every_error_by_row_and_column(signed_in: Any, portfolio: Any, asml: Any) -> None:
    wrong = [
        BUY,
        {**BUY, "date": "2999-01-01", "quantity": "-3"},
        {**BUY, "instrument": "nothing like it", "price": "ten"},
        {**BUY, "type": "gift"},
        {**BUY, "type": "merger"},
    ]
    answer = signed_in.post(reverse(GRID), rows(portfolio, *wrong))
    page = text(answer)
    assert answer.status_code == 422 and not Transaction.objects.exists()
    assert "4 rows need a change" in page and "Date: 1 Jan 2999 is in the future" in page and "Units: The quantity must be above zero" in page
    assert "Instrument: No single instrument is meant" in page and "“gift” is not a type" in page and "on its own form" in page
    assert 'value="nothing like it"' in page and 'value="ten"' in page  # what was typed is kept
    assert page.count('aria-invalid="true"') == 6


def test_what_the_ledger_refuses_is_told_at_its_row(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse(GRID), rows(portfolio, BUY, {**SALE, "quantity": "11"}))
    page = text(answer)
    assert answer.status_code == 422 and "you held 10 ASML" in page and "1 row needs a change" in page and not Transaction.objects.exists()


def test_the_banner_names_no_row_by_a_number_that_is_not_its_own(signed_in: Any, portfolio: Any, asml: Any) -> None:
    unread, early = BUY | {"quantity": "ten"}, BUY | {"date": "2190-01-01"}
    said = text(signed_in.post(reverse(GRID), rows(portfolio, unread, BUY, unread, early)))
    assert "3 rows need a change, and nothing was recorded." in said
    assert "The first is row" not in said and "was refused" not in said


def test_checking_records_nothing(signed_in: Any, portfolio: Any, asml: Any) -> None:
    answer = signed_in.post(reverse(GRID), rows(portfolio, BUY, SALE, do="check"))
    assert answer.status_code == 200 and "All 2 rows can be recorded." in text(answer) and not Transaction.objects.exists()
    assert signed_in.post(reverse(GRID), rows(portfolio, BUY, SALE)).status_code == 302  # the check left no mark


def test_the_same_form_sent_twice_records_once(signed_in: Any, portfolio: Any, asml: Any) -> None:
    for _ in range(2):
        assert signed_in.post(reverse(GRID), rows(portfolio, BUY)).status_code == 302
    assert Transaction.objects.count() == 1


def test_pasted_cells_become_rows_by_order_or_by_their_heads(signed_in: Any, portfolio: Any, asml: Any) -> None:
    plain = "2024-01-03\tBuy\tASML\t10\t100.50\n2024-01-04\tBuy\tASML\t5\t99"
    page = text(signed_in.post(reverse(GRID), rows(portfolio, PAID_IN, do="paste", pasted=plain)))
    assert 'value="5000"' in page and 'value="99"' in page and page.count('value="ASML"') == 2
    headed = "Ticker,Trade Date,Action,Shares,Price,Commission\nASML,2024-01-03,Bought,10,100.50,1.5\n"
    grid = TransactionGrid()
    grid.paste(headed)
    (draft,) = grid.read(portfolio.owner, portfolio)
    assert (draft.kind, draft.traded_on, draft.quantity, draft.price, draft.fees) == ("buy", date(2024, 1, 3), D("10"), D("100.50"), D("1.5"))


def test_numbers_and_days_are_read_as_the_person_writes_them(client: Any, asml: Any) -> None:
    from tests.factories import make_person

    german = make_person("anna", locale="de-DE")
    portfolio = make_portfolio(german)
    client.force_login(german)
    line = {**BUY, "date": "3.1.2024", "quantity": "1.000", "price": "100,50", "fees": "€ 1,5"}
    assert client.post(reverse(GRID), rows(portfolio, line)).status_code == 302
    entry = Transaction.objects.get()
    assert (entry.quantity, entry.price, entry.fees, entry.traded_on) == (D("1000"), D("100.5"), D("1.5"), date(2024, 1, 3))


def test_a_split_is_written_as_a_ratio(signed_in: Any, portfolio: Any, asml: Any) -> None:
    split = {"date": "2024-02-01", "type": "split", "instrument": "ASML", "quantity": "4:1"}
    assert signed_in.post(reverse(GRID), rows(portfolio, BUY, split)).status_code == 302
    assert Transaction.objects.get(kind="split").ratio_new == D("4")
    assert "Write the split as 4:1" in text(signed_in.post(reverse(GRID), rows(portfolio, {**split, "quantity": "4"}, form_id="two")))


def test_a_thousand_rows_fit_and_one_more_does_not(signed_in: Any, portfolio: Any, asml: Any, django_assert_max_num_queries: Any) -> None:
    many = [{**BUY, "notes": str(number)} for number in range(1000)]
    assert signed_in.post(reverse(GRID), rows(portfolio, *many, BUY)).status_code == 422
    with django_assert_max_num_queries(60):
        assert signed_in.post(reverse(GRID), rows(portfolio, *many)).status_code == 302
    assert Transaction.objects.count() == 1000


def test_rows_can_be_added_and_an_empty_page_says_so(signed_in: Any, portfolio: Any) -> None:
    page = text(signed_in.post(reverse(GRID), rows(portfolio, PAID_IN, do="more")))
    assert page.count('name="date"') == 11 + 1 or page.count('name="date"') >= 11
    answer = signed_in.post(reverse(GRID), rows(portfolio, {}))
    assert answer.status_code == 422 and "There is nothing to record yet." in text(answer)
    assert signed_in.get(reverse(GRID)).status_code == 200


def test_rows_of_a_portfolio_that_is_gone_or_anothers_are_recorded_nowhere(signed_in: Any, portfolio: Any, stranger: Any, asml: Any) -> None:
    theirs = make_portfolio(stranger)
    for pk in (theirs.pk, 10**9, "x"):
        answer = signed_in.post(reverse(GRID), {**rows(portfolio, BUY), "portfolio": pk})
        assert answer.status_code == 422 and "Choose the one that they belong to." in text(answer) and 'value="100.50"' in text(answer)
    assert not Transaction.objects.exists()

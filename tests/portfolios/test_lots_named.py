"""A lot has one name on pages, over the API, in files and in explanations: its entry, its day, and its place among those of one day."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portfolios.imports import services as imports
from portfolios.imports import tasks
from portfolios.models import ImportRow, Portfolio, Transaction
from portfolios.selectors import book_of
from tests.factories import D, make_instrument, make_portfolio, record
from tests.portfolios.test_own_export import file_of, read_in, take_in
from tests.portfolios.test_transfers import move

pytestmark = pytest.mark.django_db
FIRST, SECOND, OTHER = ("2024-01-02", 1), ("2024-01-02", 2), ("2024-03-01", 1)
COST = {FIRST: D(10), SECOND: D(20), OTHER: D(30)}  # of one unit


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def there(person: Any, asml: Any) -> Portfolio:
    """One transfer brought three lots of ten units, two of them bought on one day."""
    source = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    for day, price in (("2024-01-02", "10"), ("2024-01-02", "20"), ("2024-03-01", "30")):
        record(source, "buy", day, asml, quantity="10", price=price)
    target = make_portfolio(person, name="Savings", cost_method="specific", tracks_cash=False)
    move(source, target, asml, "30")
    return Portfolio.objects.get(pk=target.pk)


def brought_by(portfolio: Portfolio) -> int:
    return int(Transaction.objects.live().get(portfolio=portfolio, kind="transfer_in").entry)


def taken(portfolio: Portfolio) -> list[Any]:
    """(units, cost of one) of what sales took."""
    return [(one.quantity, one.cost / one.quantity) for one in book_of(Portfolio.objects.get(pk=portfolio.pk)).matches]


def sell(api: Any, portfolio: Portfolio, *lots: dict[str, Any], quantity: str = "4") -> Any:
    body = {
        "portfolio": portfolio.pk,
        "type": "sell",
        "symbol": "ASML",
        "date": "2024-06-03",
        "quantity": quantity,
        "price": "50",
        "lots": list(lots),
    }
    return api.post("/api/v1/transactions", body, format="json")


def test_the_api_tells_and_takes_the_whole_name(api: Any, there: Portfolio) -> None:
    told = api.get(f"/api/v1/portfolios/{there.pk}/lots").json()["open"]
    names = [(lot["opened_on"], lot["nth"]) for lot in told]
    assert names == [FIRST, SECOND, OTHER] and {lot["transaction"] for lot in told} == {brought_by(there)}
    for lot in told:
        name = {field: lot[field] for field in ("transaction", "opened_on", "nth")}
        made = sell(api, there, {**name, "quantity": "4"})
        assert made.status_code == 201, made.content
        assert made.json()["lots"] == [{**name, "quantity": "4"}]
    assert taken(there) == [(4, COST[name]) for name in names]
    lots = api.get(f"/api/v1/portfolios/{there.pk}/lots").json()
    assert [(one["opened_on"], one["nth"]) for one in lots["closed"]] == names
    assert [(lot["quantity"], lot["bought"], lot["status"]) for lot in lots["open"]] == [("6", "10", "part_closed")] * 3


@pytest.mark.parametrize(("more", "said"), [({}, "has 3 of them open"), ({"opened_on": "2024-01-02"}, "has 2 of them open")])
def test_a_name_that_fits_several_is_refused_with_their_list(api: Any, there: Portfolio, more: Any, said: str) -> None:
    refused = sell(api, there, {"transaction": brought_by(there), "quantity": "4", **more})
    assert (refused.status_code, refused.json()["code"], refused.json()["errors"][0]["field"]) == (422, "lot_not_told", "lots")
    assert said in refused.json()["detail"] and "2 Jan 2024, number 2 (10 units)" in refused.json()["detail"]
    assert refused.json()["lots"][1] == {"transaction": brought_by(there), "opened_on": "2024-01-02", "nth": 2, "quantity": "10"}
    assert not Transaction.objects.filter(kind="sell").exists()


def test_a_number_alone_is_enough_where_the_entry_opened_one_lot(api: Any, there: Portfolio, asml: Any) -> None:
    bought = record(there, "buy", "2024-06-01", asml, quantity="5", price="40")
    made = sell(api, there, {"transaction": bought.entry, "quantity": "4"})
    assert made.status_code == 201 and made.json()["lots"] == [{"transaction": bought.entry, "quantity": "4"}]
    assert taken(there) == [(4, 40)]


def test_what_was_recorded_by_number_alone_keeps_its_meaning(api: Any, signed_in: Any, there: Portfolio) -> None:
    """Entries of before take of all lots of that number, oldest first; edited, they keep what they took, lot by lot."""
    made = sell(api, there, {"transaction": brought_by(there), "opened_on": "2024-01-02", "nth": 1, "quantity": "4"}, quantity="13").json()
    row = Transaction.objects.get(pk=made["id"])
    row.lots = [{"entry": brought_by(there), "quantity": "13"}]
    row.save(update_fields=["sealed"])
    Portfolio.objects.filter(pk=there.pk).update(revision=99)
    assert taken(there) == [(10, 10), (3, 20)]
    assert api.patch(f"/api/v1/transactions/{row.entry}", {"notes": "x"}, format="json").status_code == 200
    assert taken(there) == [(10, 10), (3, 20)]
    page = signed_in.get(f"/transactions/{row.entry}/edit/").content.decode()
    number = brought_by(there)
    assert f'name="lot_{number}_2024-01-02_1" value="10"' in page and f'name="lot_{number}_2024-01-02_2" value="3"' in page


def test_the_form_offers_each_lot_and_takes_the_one_that_is_filled_in(signed_in: Any, there: Portfolio, asml: Any) -> None:
    number = brought_by(there)
    page = signed_in.get(f"/transactions/new/?kind=sell&instrument={asml.pk}&p={there.pk}").content.decode()
    assert page.count('name="lot_') == 3 and f'name="lot_{number}_2024-03-01"' in page and "no. 2" in page
    fields = {"kind": "sell", "portfolio": there.pk, "instrument": "ASML", "traded_on": "2024-06-03", "quantity": "4", "price": "50"}
    refused = signed_in.post("/transactions/new/", {**fields, f"lot_{number}": "4"})
    assert refused.status_code == 422 and "The lot is not told apart" in refused.content.decode()
    gone = signed_in.post("/transactions/new/", {**fields, "lot_99999": "4"}).content.decode()
    assert "not open on 3 Jun 2024. Name those that are: of 2 Jan 2024, number 1 (10 units); of 2 Jan 2024, number 2" in gone.replace("\u00a0", " ")
    early = signed_in.post("/transactions/new/", {**fields, "traded_on": "2024-01-01", "lot_99999": "4"}).content.decode()
    assert "none is. Leave the lots empty" in early and not Transaction.objects.filter(kind="sell").exists()
    assert signed_in.post("/transactions/new/", {**fields, f"lot_{number}_2024-01-02_2": "4"}).status_code == 302
    sale = Transaction.objects.get(kind="sell")
    assert sale.lots == [{"entry": number, "quantity": "4", "opened_on": "2024-01-02", "nth": 2}] and taken(there) == [(4, 20)]
    assert f'name="lot_{number}_2024-01-02_2" value="4"' in signed_in.get(f"/transactions/{sale.entry}/edit/").content.decode()


def test_a_transfer_onwards_names_them_as_well(api: Any, signed_in: Any, person: Any, there: Portfolio) -> None:
    number, third = brought_by(there), make_portfolio(person, name="Third", cost_method="fifo", tracks_cash=False)
    body = {"target": third.pk, "symbol": "ASML", "quantity": "4", "date": "2024-06-03"}
    refused = api.post(f"/api/v1/portfolios/{there.pk}/transfers", {**body, "lots": [{"transaction": number, "quantity": "4"}]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "lot_not_told")
    lots = [{"transaction": number, "opened_on": "2024-01-02", "nth": 2, "quantity": "4"}]
    made = api.post(f"/api/v1/portfolios/{there.pk}/transfers", {**body, "lots": lots}, format="json")
    assert made.status_code == 201 and made.json()["cost"] == "80"
    typed = {"source": there.pk, "target": third.pk, "instrument": "ASML", "quantity": "2", "day": "2024-06-04", "form_id": "one"}
    assert signed_in.post("/transfers/new/", {**typed, f"lot_{number}_2024-03-01": "2"}).status_code == 302
    assert [lot.cost for lot in book_of(Portfolio.objects.get(pk=third.pk)).positions[made.json()["instrument"]].lots] == [80, 60]


def test_an_export_keeps_the_names(api: Any, person: Any, there: Portfolio) -> None:
    for day, nth in (SECOND, OTHER):
        assert sell(api, there, {"transaction": brought_by(there), "opened_on": day, "nth": nth, "quantity": "4"}).status_code == 201
    there = Portfolio.objects.select_related("owner").get(pk=there.pk)
    again = make_portfolio(person, name="Again", cost_method="specific", tracks_cash=False)
    take_in(again, read_in(again, file_of(there)))
    assert taken(again) == taken(there) == [(4, 20), (4, 30)]
    file = api.get(f"/api/v1/portfolios/{there.pk}/export?format=json")
    batch = json.loads(file.getvalue())["transactions"]
    third = make_portfolio(person, name="Batch", cost_method="specific", tracks_cash=False)
    made = api.post(f"/api/v1/portfolios/{third.pk}/transactions/batch", {"transactions": batch}, format="json")
    assert made.status_code == 201, made.content
    assert taken(third) == taken(there)


def test_each_is_explained_by_itself(api: Any, signed_in: Any, there: Portfolio, asml: Any) -> None:
    sell(api, there, {"transaction": brought_by(there), "opened_on": "2024-01-02", "nth": 2, "quantity": "4"})
    asked = {"figure": "cost", "instrument": asml.pk, "lot": brought_by(there)}
    refused = api.get(f"/api/v1/portfolios/{there.pk}/explain", asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "lot_not_told") and "2024-01-02, 2" in refused.json()["detail"]
    for (day, nth), cost in ((FIRST, "100"), (SECOND, "120"), (OTHER, "300")):
        told = api.get(f"/api/v1/portfolios/{there.pk}/explain", {**asked, "opened_on": day, "nth": nth}).json()
        assert (told["value"], sum(D(line["cells"][-1]["value"]) for line in told["lines"])) == (cost, D(cost))
    page = signed_in.get(f"/portfolios/{there.pk}/lots/").content.decode()
    assert "opened_on=2024-01-02&amp;nth=2" in page and "no. 2" in page


def test_a_lot_that_is_not_open_is_refused_with_those_that_are_also_in_a_batch_and_on_an_import(api: Any, person: Any, asml: Any) -> None:
    kept = make_portfolio(person, name="Kept", cost_method="specific", tracks_cash=False)
    for number in range(12):
        record(kept, "buy", f"2024-01-{number + 1:02}", asml, quantity="1", price="10")
    unknown = sell(api, kept, {"transaction": 99999, "quantity": "1"}, quantity="1").json()
    assert unknown["code"] == "lot_not_open" and len(unknown["lots"]) == 12 and "of 10 Jan 2024 (1 unit, transaction" in unknown["detail"]
    assert "and 2 more." in unknown["detail"] and "11 Jan" not in unknown["detail"] and unknown["errors"][0]["detail"] == unknown["detail"]
    buy = {"type": "buy", "symbol": "ASML", "date": "2024-02-01", "quantity": "2", "price": "5"}
    sale = {**buy, "type": "sell", "date": "2024-02-02", "lots": [{"row": 0, "quantity": "2"}]}
    rows = [buy, sale, {**sale, "quantity": "1", "lots": [{"row": 0, "quantity": "1"}]}]
    told = api.post(f"/api/v1/portfolios/{kept.pk}/transactions/batch", {"transactions": rows}, format="json").json()
    assert (told["errors"][0]["field"], told["lot_row"], "lot" in told, len(told["lots"])) == ("transactions.2.lots", 0, False, 12)
    purchase = Transaction.objects.live().filter(portfolio=kept).earliest("pk")
    assert sell(api, kept, {"transaction": purchase.entry, "quantity": "1"}, quantity="1").status_code == 201
    lines = file_of(kept).splitlines(keepends=True)
    copy = make_portfolio(person, name="Copy", cost_method="specific", tracks_cash=False)
    batch = imports.start_import(person, copy, file_name="export.csv", content=b"".join([lines[0], *lines[2:]]))
    tasks.read_batch(batch.pk)
    (row,) = ImportRow.objects.filter(batch=batch, verdict="error")
    assert row.reason.startswith("It names a lot whose row is left out.") and "of 2 Jan 2024 (1 unit); of 3 Jan" in row.reason
    assert [field for field, _ in row.draft["problems"]] == ["lots"]

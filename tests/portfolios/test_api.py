"""The API of portfolios, holdings and transactions, as programs see it (api.md)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from portfolios.models import Holding, Portfolio, Transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", price="120.5", previous="120", isin="NL0010273215")


@pytest.fixture
def apple(db: None) -> Any:
    return make_instrument("AAPL", currency="USD", price="200", previous="190")


def body(answer: Any) -> Any:
    return json.loads(b"".join(answer.streaming_content) if answer.streaming else answer.content, parse_float=Decimal)


def post(api: Any, path: str, data: Any, **headers: str) -> Any:
    return api.post(f"/api/v1{path}", data, format="json", headers=headers)


def codes(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in body(answer)["errors"]}


# ── portfolios ──────────────────────────────────────────────────────────────


def test_a_portfolio_is_made_read_changed_and_removed(api: Any, asml: Any) -> None:
    made = post(api, "/portfolios", {"name": "Pension", "base_currency": "eur", "benchmark": "ASML", "cost_method": "FIFO"})
    assert made.status_code == 201 and made["Location"] == f"/api/v1/portfolios/{body(made)['id']}"
    pk = body(made)["id"]
    assert body(made)["cost_method"] == "fifo" and body(made)["benchmark"] == asml.pk and body(made)["base_currency"] == "EUR"
    changed = api.patch(f"/api/v1/portfolios/{pk}", {"name": "Old age"}, format="json", headers={"If-Match": made["ETag"]})
    assert changed.status_code == 200 and body(changed)["name"] == "Old age" and changed["ETag"] != made["ETag"]
    stale = api.patch(f"/api/v1/portfolios/{pk}", {"name": "x"}, format="json", headers={"If-Match": made["ETag"]})
    assert stale.status_code == 412 and stale["Content-Type"] == "application/problem+json"
    assert [row["name"] for row in body(api.get("/api/v1/portfolios"))["results"]] == ["Old age"]
    assert api.put(f"/api/v1/portfolios/{pk}", {"name": "New"}, format="json").status_code == 200
    assert body(api.get(f"/api/v1/portfolios/{pk}/"))["benchmark"] is None
    assert api.delete(f"/api/v1/portfolios/{pk}").status_code == 204 and api.get(f"/api/v1/portfolios/{pk}").status_code == 404


def test_the_detail_adds_totals_as_text_and_says_what_is_undefined(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100", fees="1")
    house = make_instrument("HOUSE", owner=portfolio.owner)
    record(portfolio, "buy", "2024-01-03", house, quantity="1", price="500")
    found = body(api.get(f"/api/v1/portfolios/{portfolio.pk}"))
    assert (found["total_value"], found["total_cost"], found["day_change"], found["holdings_count"]) == ("1040", "701", "1", 2)
    assert found["total_gain"] == "40" and Decimal(found["total_gain_percent"]) == D("4")
    assert "It stands at its cost, 48.1% of the value." in found["warnings"][0]
    rows = body(api.get(f"/api/v1/portfolios/{portfolio.pk}/holdings"))["results"]
    assert [(row["symbol"], row["market_value"]) for row in rows] == [("HOUSE", "500"), ("ASML", "241")]
    assert {"figure": "price", "reason": "No price of HOUSE is known, held since 3 Jan 2024."} in rows[0]["undefined"]


def test_a_portfolio_needs_a_name_and_a_known_currency(api: Any) -> None:
    assert codes(post(api, "/portfolios", {"base_currency": "EUR"})) == {"name": "required"}
    wrong = post(api, "/portfolios", {"name": "x", "base_currency": "GBp"})
    assert wrong.status_code == 400 and codes(wrong) == {"base_currency": "unknown_currency"}
    assert not Portfolio.objects.exists()


def test_the_currency_of_a_portfolio_with_entries_does_not_change(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    answer = api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"base_currency": "USD"}, format="json")
    assert answer.status_code == 409 and body(answer)["code"] == "conflict"
    assert api.patch(f"/api/v1/portfolios/{portfolio.pk}", {"cost_method": "fifo", "tracks_cash": False}, format="json").status_code == 200


# ── transactions ────────────────────────────────────────────────────────────


def test_an_entry_is_recorded_read_edited_and_voided_under_one_id(api: Any, portfolio: Any, asml: Any) -> None:
    made = post(
        api,
        "/transactions",
        {"portfolio": portfolio.pk, "symbol": "asml", "type": "BUY", "date": "2024-01-03", "quantity": "2", "price": 100.5, "fees": 1},
    )
    assert made.status_code == 201, made.content
    row = body(made)
    assert (row["type"], row["price"], row["amount"], row["fees"], row["currency"], row["fx_rate"]) == ("buy", "100.5", "202", "1", "EUR", "1")
    address = f"/api/v1/transactions/{row['id']}"
    assert body(api.get(address)) == row and api.get(address)["ETag"] == made["ETag"]
    edited = api.patch(address, {"quantity": "3", "notes": "more"}, format="json", headers={"If-Match": made["ETag"]})
    assert edited.status_code == 200 and body(edited)["id"] == row["id"] and body(edited)["amount"] == "302.5"
    assert api.patch(address, {"quantity": "4"}, format="json", headers={"If-Match": made["ETag"]}).status_code == 412
    assert body(api.get(address))["quantity"] == "3"
    assert api.delete(address, headers={"If-Match": made["ETag"]}).status_code == 412
    assert api.delete(address).status_code == 204 and api.get(address).status_code == 404
    assert body(api.get(address + "?voided=true"))["voided_at"] is not None
    assert not Holding.objects.exists()


def test_what_was_voided_counts_again_under_its_id(api: Any, portfolio: Any, asml: Any) -> None:
    row = record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100", notes="first")
    address = f"/api/v1/transactions/{row.entry}"
    before = body(api.get(address))
    assert api.delete(address).status_code == 204
    restored = api.post(f"{address}/restore")
    assert restored.status_code == 200 and restored["ETag"] == api.get(address)["ETag"]
    assert {**body(restored), "recorded_at": ""} == {**before, "recorded_at": ""}
    assert Holding.objects.get().quantity == 2
    again = api.post(f"{address}/restore")
    assert (again.status_code, body(again)["code"]) == (409, "conflict") and "counts already" in body(again)["detail"]


def test_what_the_ledger_refuses_is_not_restored(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    sale = record(portfolio, "sell", "2024-01-04", asml, quantity="2", price="100")
    api.delete(f"/api/v1/transactions/{sale.entry}")
    record(portfolio, "sell", "2024-01-05", asml, quantity="2", price="100")
    refused = api.post(f"/api/v1/transactions/{sale.entry}/restore")
    assert (refused.status_code, body(refused)["code"]) == (422, "insufficient_quantity")


def test_a_sale_of_too_much_is_422_with_held_and_date(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    answer = post(
        api, f"/portfolios/{portfolio.pk}/transactions", {"symbol": "ASML", "type": "sell", "date": "2024-02-01", "quantity": "2.5", "price": "1"}
    )
    problem = body(answer)
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem["held"], problem["date"]) == ("insufficient_quantity", "2", "2024-02-01")
    assert problem["request_id"] == answer["X-Request-Id"] and problem["errors"][0]["field"] == "quantity"


@pytest.mark.parametrize(
    "number", ['"NaN"', "NaN", "1e400", '"1e400"', "true", "[]", '"1_000"', '"١"', "Infinity", '"0.0000000000000000001"', "1e-400", '"1,5"']
)
def test_what_is_not_an_exact_number_is_refused(api: Any, portfolio: Any, asml: Any, number: str) -> None:
    text = f'{{"symbol": "ASML", "type": "buy", "date": "2024-01-03", "price": "1", "quantity": {number}}}'
    answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", text, content_type="application/json")
    assert answer.status_code == 400 and not Transaction.objects.exists()


def test_a_json_number_keeps_every_digit(api: Any, portfolio: Any, asml: Any) -> None:
    text = (
        '{"symbol": "ASML", "type": "buy", "date": "2024-01-03", "price": 0.123456789012345678, "quantity": 99999999999999999999.000000000000000001}'
    )
    answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", text, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert (body(answer)["price"], body(answer)["quantity"]) == ("0.123456789012345678", "99999999999999999999.000000000000000001")


def test_wrong_fields_are_400_by_the_names_of_the_api(api: Any, portfolio: Any, asml: Any, today: date) -> None:
    address = f"/portfolios/{portfolio.pk}/transactions"
    tomorrow = (today + timedelta(days=1)).isoformat()
    answer = post(api, address, {"symbol": "ASML", "type": "buy", "date": tomorrow, "quantity": "-1", "price": "1"})
    assert answer.status_code == 400 and codes(answer) == {"date": "future_date", "quantity": "not_positive"}
    assert codes(post(api, address, {"symbol": "ASML", "type": "gift", "quantity": "1"})) == {"type": "invalid_choice"}
    assert codes(post(api, address, {"symbol": "ASML", "type": "buy", "quantity": "1", "price": "1"})) == {"date": "required"}
    assert codes(post(api, address, {"symbol": "NOPE", "type": "buy", "date": "2024-01-03", "quantity": "1", "price": "1"})) == {
        "symbol": "unknown_instrument"
    }
    assert codes(post(api, address, {"symbol": "ASML", "type": "buy", "date": "2024-01-03", "quantity": "1", "price": "1", "currency": "XXX"})) == {
        "currency": "unknown_currency"
    }
    assert codes(post(api, address, {"type": "deposit", "date": "2024-01-03"})) == {"amount": "required"}
    assert codes(post(api, "/transactions", {"type": "deposit", "date": "2024-01-03", "amount": "1", "portfolio": "x"})) == {"portfolio": "invalid"}


def test_who_has_one_portfolio_need_not_name_it(api: Any, portfolio: Any) -> None:
    answer = post(api, "/transactions", {"type": "Deposit", "date": "2024-01-03", "amount": "5"})
    assert answer.status_code == 201 and body(answer)["portfolio"] == portfolio.pk
    make_portfolio(portfolio.owner)
    assert codes(post(api, "/transactions", {"type": "deposit", "date": "2024-01-03", "amount": "5"})) == {"portfolio": "required"}


def test_a_time_in_place_of_a_date_counts_for_the_day_as_it_is_written(api: Any, portfolio: Any, asml: Any) -> None:
    answer = post(api, "/transactions", {"type": "buy", "instrument": asml.pk, "time": "2024-01-03T00:30:00+09:00", "quantity": "1", "price": "1"})
    assert answer.status_code == 201 and body(answer)["date"] == "2024-01-03"
    assert body(answer)["time"] == "2024-01-02T15:30:00+00:00" or body(answer)["time"] == "2024-01-02T15:30:00Z"


def test_a_split_has_two_numbers(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="2", price="100")
    answer = post(api, "/transactions", {"type": "Split", "symbol": "ASML", "date": "2024-02-03", "ratio_new": 4, "ratio_old": 1})
    assert answer.status_code == 201
    assert body(api.get(f"/api/v1/portfolios/{portfolio.pk}/holdings"))["results"][0]["quantity"] == "8"
    nothing = post(api, "/transactions", {"type": "split", "symbol": "ASML", "date": "2023-02-03", "ratio_new": 4, "ratio_old": 1})
    assert nothing.status_code == 422 and body(nothing)["code"] == "not_held"


def test_lists_are_filtered_ordered_and_paged_by_cursor(api: Any, portfolio: Any, asml: Any, apple: Any) -> None:
    for number in range(7):
        record(portfolio, "buy", date(2024, 1, 1 + number), asml, quantity="1", price="1")
    record(portfolio, "deposit", "2024-02-01", amount="9", notes="birthday")
    for address in ("/api/v1/transactions", f"/api/v1/portfolios/{portfolio.pk}/transactions", f"/api/v1/transactions/portfolio/{portfolio.pk}"):
        page = body(api.get(address + "?page_size=3&ordering=date"))
        dates = [row["date"] for row in page["results"]]
        assert dates == ["2024-01-01", "2024-01-02", "2024-01-03"] and page["previous"] is None
        second = body(api.get(page["next"]))
        assert second["results"][0]["date"] == "2024-01-04"
        assert body(api.get(second["previous"]))["results"] == page["results"]
    assert len(body(api.get("/api/v1/transactions?type=deposit,sell"))["results"]) == 1
    assert len(body(api.get("/api/v1/transactions?search=birth"))["results"]) == 1
    assert len(body(api.get("/api/v1/transactions?symbol=asml&start=2024-01-03&end=2024-01-04"))["results"]) == 2
    for wrong in ("type=gift", "ordering=notes", "start=soon", "page_size=x", "instrument=a"):
        assert api.get("/api/v1/transactions?" + wrong).status_code == 400


# ── batches ─────────────────────────────────────────────────────────────────


def test_a_batch_is_all_or_nothing_and_errors_name_their_row(api: Any, portfolio: Any, asml: Any) -> None:
    address = f"/portfolios/{portfolio.pk}/transactions/batch"
    rows = [{"type": "buy", "symbol": "ASML", "date": "2024-01-03", "quantity": str(n + 1), "price": "1"} for n in range(5)]
    bad = [*rows, {"type": "buy", "symbol": "ASML", "date": "2024-01-03", "quantity": "x"}]
    assert codes(post(api, address, {"transactions": bad})) == {"transactions.5.quantity": "not_exact", "transactions.5.price": "required"}
    bad[5] |= {"price": "1"}
    assert codes(post(api, address, {"transactions": bad})) == {"transactions.5.quantity": "not_exact"}
    bad[5] = {"type": "buy", "symbol": "NOPE", "date": "2024-01-03", "quantity": "1", "price": "1"}
    assert codes(post(api, address, {"transactions": bad})) == {"transactions.5.symbol": "unknown_instrument"}
    bad[5] = {"type": "buy", "symbol": "ASML", "date": "2999-01-03", "quantity": "1", "price": "1"}
    assert codes(post(api, address, {"transactions": bad})) == {"transactions.5.date": "future_date"}
    bad[5] = {"type": "sell", "symbol": "ASML", "date": "2024-01-04", "quantity": "99", "price": "1"}
    refused = post(api, address, {"transactions": bad})
    assert refused.status_code == 422 and codes(refused) == {"transactions.5.quantity": "insufficient_quantity"} and body(refused)["row"] == 5
    assert not Transaction.objects.exists()
    made = post(api, address, {"transactions": rows})
    assert made.status_code == 201 and body(made)["count"] == 5 and Holding.objects.get().quantity == D("15")
    assert post(api, address, {"transactions": []}).status_code == 400


@pytest.mark.slow
def test_a_batch_takes_thousands_of_rows_and_at_most_ten_thousand(api: Any, portfolio: Any, asml: Any) -> None:
    address = f"/portfolios/{portfolio.pk}/transactions/batch"
    row = {"type": "deposit", "date": "2024-01-03", "amount": "1"}
    assert post(api, address, {"transactions": [row] * 10_001}).status_code == 400
    made = post(api, address, {"transactions": [row] * 2_000})
    assert made.status_code == 201 and Transaction.objects.count() == 2_000


# ── once ────────────────────────────────────────────────────────────────────


def test_the_same_idempotency_key_records_once(api: Any, portfolio: Any, asml: Any) -> None:
    entry = {"type": "buy", "symbol": "ASML", "date": "2024-01-03", "quantity": "1", "price": "1", "portfolio": portfolio.pk}
    first = post(api, "/transactions", entry, **{"Idempotency-Key": "abc"})
    again = post(api, "/transactions", entry, **{"Idempotency-Key": "abc"})
    assert first.status_code == again.status_code == 201 and body(first) == body(again) and Transaction.objects.count() == 1
    assert post(api, "/transactions", {**entry, "quantity": "2"}, **{"Idempotency-Key": "abc"}).status_code == 409
    assert Transaction.objects.count() == 1


# ── holdings and lots ───────────────────────────────────────────────────────


def test_a_position_is_added_adjusted_and_removed_as_entries_of_the_ledger(api: Any, portfolio: Any, asml: Any) -> None:
    address = f"/api/v1/portfolios/{portfolio.pk}/holdings"
    made = api.post(address, {"symbol": "ASML", "quantity": "10", "average_cost": "80", "date": "2020-05-05"}, format="json")
    assert made.status_code == 201 and (body(made)["quantity"], body(made)["total_cost"], body(made)["average_cost"]) == ("10", "800", "80")
    assert body(made)["market_value"] == "1205" and body(made)["unrealized_gain"] == "405"
    corrected = api.patch(f"{address}/ASML", {"average_cost": "90"}, format="json")
    assert body(corrected)["total_cost"] == "900"
    assert body(api.patch(f"{address}/{asml.pk}", {"quantity": "12"}, format="json"))["total_cost"] == "1080"
    assert body(api.patch(f"{address}/{asml.pk}", {"quantity": "6"}, format="json"))["total_cost"] == "540"
    assert api.patch(f"{address}/{asml.pk}", {"average_cost": "1"}, format="json").status_code == 409
    assert api.patch(f"{address}/{asml.pk}", {"quantity": "-1"}, format="json").status_code == 400
    assert body(api.get(f"{address}?as_of=2020-05-05"))["results"][0]["quantity"] == "10"
    assert api.delete(f"{address}/{asml.pk}").status_code == 204 and body(api.get(address))["results"] == []
    assert api.delete(f"{address}/{asml.pk}").status_code == 404 and api.delete(f"{address}/NOPE").status_code == 404
    kinds = list(Transaction.objects.live().order_by("pk").values_list("kind", flat=True))
    assert kinds == ["transfer_in", "transfer_in", "transfer_out", "transfer_out"]


def test_holdings_can_be_asked_under_another_method_and_nothing_stored_changes(api: Any, portfolio: Any, asml: Any) -> None:
    for day, price in (("2024-01-02", "10"), ("2024-02-01", "30")):
        record(portfolio, "buy", day, asml, quantity="10", price=price)
    record(portfolio, "sell", "2024-03-01", asml, quantity="10", price="40")
    address = f"/api/v1/portfolios/{portfolio.pk}/holdings"

    def told(question: str) -> tuple[str, str]:
        row, one = api.get(f"{address}{question}").json()["results"][0], api.get(f"{address}/{asml.symbol}{question}").json()
        assert row == one
        return row["total_cost"], row["realized_gain"]

    assert told("") == told("?method=average") == ("200", "200")
    assert told("?method=fifo") == ("300", "300") and told("?method=LIFO") == ("100", "100")
    assert told("?method=lifo&as_of=2024-02-15") == ("400", "0")
    assert told("") == ("200", "200")
    for place in (address, f"{address}/{asml.symbol}"):
        assert "Use one of: average" in api.get(f"{place}?method=newest").json()["detail"]
        assert api.get(f"{place}?methods=fifo").status_code == 400


def test_lots_can_be_asked_under_another_method(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="1", price="10")
    record(portfolio, "buy", "2024-01-04", asml, quantity="1", price="30")
    record(portfolio, "sell", "2024-02-03", asml, quantity="1", price="50")
    address = f"/api/v1/portfolios/{portfolio.pk}/lots"
    own, fifo = body(api.get(address)), body(api.get(address + "?method=FIFO"))
    assert own["method"] == "average" and own["open"][0]["cost"] == "20" and own["closed"][0]["gain"] == "30"
    assert fifo["method"] == "fifo" and fifo["open"][0]["cost"] == "30" and fifo["closed"][0]["gain"] == "40"
    assert api.get(address + "?method=guess").status_code == 400


# ── whose it is ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/portfolios/{p}"),
        ("put", "/portfolios/{p}"),
        ("patch", "/portfolios/{p}"),
        ("delete", "/portfolios/{p}"),
        ("get", "/portfolios/{p}/holdings"),
        ("post", "/portfolios/{p}/holdings"),
        ("get", "/portfolios/{p}/holdings/{i}"),
        ("patch", "/portfolios/{p}/holdings/{i}"),
        ("delete", "/portfolios/{p}/holdings/{i}"),
        ("get", "/portfolios/{p}/lots"),
        ("get", "/portfolios/{p}/transactions"),
        ("post", "/portfolios/{p}/transactions"),
        ("post", "/portfolios/{p}/transactions/batch"),
        ("get", "/portfolios/{p}/export"),
        ("get", "/transactions/portfolio/{p}"),
        ("get", "/transactions/{t}"),
        ("patch", "/transactions/{t}"),
        ("delete", "/transactions/{t}"),
    ],
)
def test_a_stranger_finds_nothing_and_nobody_is_let_in_unsigned(portfolio: Any, stranger: Any, asml: Any, method: str, path: str) -> None:
    from rest_framework.test import APIClient

    entry = record(portfolio, "buy", "2024-01-03", asml, quantity="1", price="10")
    caller = APIClient()
    address = "/api/v1" + path.format(p=portfolio.pk, t=entry.entry, i=asml.pk)
    assert getattr(caller, method)(address, {}, format="json").status_code == 401
    caller.force_authenticate(stranger)
    answer = getattr(caller, method)(address, {"name": "mine"}, format="json")
    assert answer.status_code == 404, answer.content
    assert Transaction.objects.live().count() == 1


def test_a_stranger_cannot_record_into_a_portfolio_by_its_number(portfolio: Any, stranger: Any) -> None:
    from rest_framework.test import APIClient

    caller = APIClient()
    caller.force_authenticate(stranger)
    answer = caller.post("/api/v1/transactions", {"portfolio": portfolio.pk, "type": "deposit", "date": "2024-01-03", "amount": "5"}, format="json")
    assert answer.status_code == 404 and not Transaction.objects.exists()
    assert body(caller.get("/api/v1/transactions"))["results"] == [] and body(caller.get("/api/v1/portfolios"))["results"] == []


# ── export ──────────────────────────────────────────────────────────────────


def test_an_export_in_an_unknown_format_names_those_there_are(api: Any, portfolio: Any) -> None:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/export?format=zz")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "format" and error["detail"] == "Use one of: csv, json, xlsx."


def test_the_json_export_reads_back_in_as_the_same_ledger(api: Any, portfolio: Any, asml: Any, apple: Any, dollar: None) -> None:
    record(portfolio, "deposit", "2020-06-01", amount="5000", notes="=HYPERLINK(1)")
    record(portfolio, "buy", "2020-06-03", apple, quantity="1.000000000000000001", price="112", fees="0.1")
    record(portfolio, "buy", "2020-06-03", asml, quantity="2", price="100", amount="201.5", fees="1.5")
    record(portfolio, "dividend", "2020-06-04", asml, amount="3.3", taxes="0.7")
    record(portfolio, "split", "2020-06-05", asml, ratio_new="3", ratio_old="2")
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/export?format=json")
    exported = body(answer)
    assert answer["Content-Disposition"].startswith("attachment")
    copy = make_portfolio(portfolio.owner)
    again = post(api, f"/portfolios/{copy.pk}/transactions/batch", {"transactions": exported["transactions"]})
    assert again.status_code == 201, again.content
    assert body(api.get(f"/api/v1/portfolios/{copy.pk}/export?format=json"))["transactions"] == exported["transactions"]
    columns = ("quantity", "cost", "cost_local", "income", "expenses")
    first, second = ({h.instrument_id: [getattr(h, c) for c in columns] for h in Holding.objects.filter(portfolio=p)} for p in (portfolio, copy))
    assert first == second


def test_the_csv_export_has_plain_numbers_and_no_live_formula(api: Any, portfolio: Any, asml: Any) -> None:
    record(portfolio, "buy", "2024-01-03", asml, quantity="2.50", price="100", notes="=1+1")
    text = b"".join(api.get(f"/api/v1/portfolios/{portfolio.pk}/export").streaming_content).decode()
    head, row = text.splitlines()
    assert head.startswith("date,type,symbol,isin,name")
    assert row == "2024-01-03,buy,ASML,NL0010273215,ASML Corporation,XTST,2.5,100,EUR,,,,,,,,,'=1+1,,1" + "," * 13
    assert api.get(f"/api/v1/portfolios/{portfolio.pk}/export?format=pdf").status_code in {400, 404}


@pytest.mark.parametrize("address", ["/api/v1/portfolios", "/api/v1/transactions"])
@pytest.mark.parametrize("wrong", ["page_size=0", "page_size=501", "page_size=abc", "page_size=-1", "cursor=nonsense", "ordering=name"])
def test_lists_refuse_a_size_a_cursor_and_an_order_that_are_none(api: Any, portfolio: Any, address: str, wrong: str) -> None:
    answer = api.get(f"{address}?{wrong}")
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == wrong.partition("=")[0]


def test_portfolios_are_listed_oldest_or_newest_first_by_pages(api: Any, person: Any) -> None:
    made = [make_portfolio(person, name=name).pk for name in ("B", "A", "C")]
    page = body(api.get("/api/v1/portfolios?ordering=-id&page_size=2"))
    assert [one["id"] for one in page["results"]] == [made[2], made[1]]
    assert [one["id"] for one in body(api.get(page["next"]))["results"]] == [made[0]]

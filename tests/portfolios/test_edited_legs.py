"""What units became is corrected like everything else: on the page of the entry, and over the API."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from market.models import Instrument
from portfolios.models import Holding, Transaction
from portfolios.selectors.rows import legs_of
from portfolios.services import LegDraft
from tests.factories import D, make_instrument, make_portfolio, record, set_rates

pytestmark = pytest.mark.django_db
DAY = date(2024, 6, 10)


@pytest.fixture
def holder(person: Any) -> Any:
    """10 OLD that cost 1000."""
    make_instrument("CHILD")
    made = make_portfolio(person, cost_method="fifo")
    record(made, "buy", "2024-01-02", make_instrument("OLD"), quantity="10", price="100")
    return made


def become(portfolio: Any, kind: str, *legs: LegDraft, **fields: Any) -> Transaction:
    record(portfolio, kind, DAY.isoformat(), instrument("OLD"), legs=legs, **fields)
    return Transaction.objects.live().get(kind=kind)


def instrument(symbol: str) -> Any:
    return Instrument.objects.get(symbol=symbol)


def held() -> dict[str, tuple[Any, Any]]:
    return {row.instrument.symbol: (row.quantity, row.cost) for row in Holding.objects.select_related("instrument") if row.quantity}


def spun(portfolio: Any) -> Transaction:
    return become(portfolio, "spin_off", LegDraft(instrument=instrument("CHILD"), ratio_new=D(1), ratio_old=D(2), cost_share=D("0.2")))


def typed(**more: Any) -> dict[str, Any]:
    """As the page shows a spin-off of 1 CHILD for 2 OLD with 20 % of the cost."""
    leg = {"leg0_instrument": "CHILD · CHILD Corporation", "leg0_new": "1", "leg0_old": "2", "leg0_share": "20"}
    return {"kind": "spin_off", "instrument": "OLD", "traded_on": DAY.isoformat(), "legs": "1", "settlement": "EUR", **leg, **more}


# ── on the page ─────────────────────────────────────────────────────────────


def test_the_page_of_a_spin_off_shows_its_legs_what_a_change_comes_to_and_saves_it(
    signed_in: Any, holder: Any, django_assert_max_num_queries: Any
) -> None:
    row = spun(holder)
    record(holder, "sell", "2024-07-01", instrument("CHILD"), quantity="2", price="60")  # cost 80: gains 40
    page = signed_in.get(f"/transactions/{row.entry}/edit/").content.decode()
    for field in ('name="leg0_instrument"', 'name="leg0_share"', 'value="20"', 'name="leg0_fraction"', "Another instrument"):
        assert field in page, field
    with django_assert_max_num_queries(20):
        seen = signed_in.post("/transactions/preview/", typed(entry=row.entry, leg0_share="30")).content.decode().replace("\u00a0", " ")
    assert "CHILD, cost" in seen and "OLD, cost" in seen and "Gain of the sale of CHILD" in seen
    assert held()["CHILD"] == (D(3), D(120))  # nothing was saved
    assert signed_in.post(f"/transactions/{row.entry}/edit/", typed(leg0_share="30")).status_code == 302
    assert held() == {"OLD": (D(10), D(700)), "CHILD": (D(3), D(180))}
    assert Holding.objects.get(instrument=instrument("CHILD")).realised == D(0)


def test_an_instrument_is_added_to_and_taken_out_of_what_the_units_became(signed_in: Any, holder: Any) -> None:
    make_instrument("MORE")
    row = spun(holder)
    url = f"/transactions/{row.entry}/edit/"
    asked = signed_in.post(url, typed(more="1", leg0_share="15")).content.decode()
    assert 'name="leg1_instrument"' in asked and 'value="15"' in asked and 'name="legs" value="2"' in asked and len(held()) == 2
    second = {"legs": "2", "leg1_instrument": "MORE", "leg1_new": "1", "leg1_old": "10", "leg1_share": "5"}
    assert signed_in.post(url, typed(**second, leg0_share="15")).status_code == 302
    assert held() == {"OLD": (D(10), D(800)), "CHILD": (D(5), D(150)), "MORE": (D(1), D(50))}
    assert signed_in.post(url, typed(legs="2")).status_code == 302
    assert held() == {"OLD": (D(10), D(800)), "CHILD": (D(5), D(200))}


def test_what_is_wrong_with_a_leg_stands_at_its_field_and_nothing_changes(signed_in: Any, holder: Any) -> None:
    row = spun(holder)
    url = f"/transactions/{row.entry}/edit/"
    for wrong, said in (
        ({"leg0_share": "120"}, "A share of cost lies between 0 and 1"),
        ({"leg0_instrument": "NOPE"}, "No single instrument is meant"),
        ({"leg0_instrument": "OLD"}, "cannot become itself"),
        ({"leg0_new": ""}, "Fill this in."),
    ):
        answer = signed_in.post(url, typed(**wrong))
        assert answer.status_code == 422 and said in answer.content.decode(), wrong
    record(holder, "sell", "2024-07-01", instrument("CHILD"), quantity="5", price="60")
    answer = signed_in.post(url, typed(leg0_old="5"))  # 2 CHILD only, of which 5 were sold later
    assert answer.status_code == 422 and "you held 2 CHILD" in answer.content.decode()
    assert Transaction.objects.live().get(kind="spin_off").pk == row.pk


def test_the_rate_of_a_leg_stays_as_it_was_booked_until_its_day_changes(signed_in: Any, holder: Any) -> None:
    make_instrument("AAPL", currency="USD")
    set_rates("USD", {DAY: "1.25", date(2024, 6, 11): "1.6"})
    row = become(holder, "symbol_change", LegDraft(instrument=instrument("AAPL"), local_rate=D("1.3")))
    fields = {**typed(), "kind": "symbol_change", "leg0_instrument": "AAPL", "leg0_new": "1", "leg0_old": "2"}
    assert signed_in.post(f"/transactions/{row.entry}/edit/", fields).status_code == 302
    (leg,) = legs_of(Transaction.objects.live().get(kind="symbol_change"))
    assert (leg.ratio_old, leg.local_rate, leg.cost_share) == (D(2), D("1.3"), D(1))
    assert signed_in.post(f"/transactions/{row.entry}/edit/", {**fields, "traded_on": "2024-06-11"}).status_code == 302
    (leg,) = legs_of(Transaction.objects.live().get(kind="symbol_change"))
    assert leg.local_rate == D("1.6")


def test_the_share_of_cost_of_the_cash_of_a_merger_is_asked_for_in_percent(signed_in: Any, holder: Any) -> None:
    row = become(holder, "merger", LegDraft(instrument=instrument("CHILD")), amount="300", cost_share=D("0.25"))
    page = signed_in.get(f"/transactions/{row.entry}/edit/").content.decode()
    assert "Share of the cost it stands for, %" in page and 'name="cost_share" value="25"' in page
    fields = {**typed(), "kind": "merger", "amount": "300", "cost_share": "40", "leg0_new": "1", "leg0_old": "1", "leg0_share": "60"}
    seen = signed_in.post("/transactions/preview/", {**fields, "entry": row.entry}).content.decode()
    assert "Cost of the units" in seen and "Realised gain" in seen and "ndefined" not in seen  # a merger has no number of units of its own
    assert signed_in.post(f"/transactions/{row.entry}/edit/", fields).status_code == 302
    assert held() == {"CHILD": (D(10), D(600))} and Holding.objects.get(instrument=instrument("OLD")).realised == D(-100)


# ── over the API ────────────────────────────────────────────────────────────


def send(call: Any, url: str, body: Any) -> Any:
    return call(url, json.dumps(body), content_type="application/json")


def test_legs_are_changed_over_the_api_and_the_rest_of_the_entry_stays(api: Any, holder: Any) -> None:
    row = spun(holder)
    url = f"/api/v1/transactions/{row.entry}"
    legs = [{"symbol": "CHILD", "ratio_new": "1", "ratio_old": "5", "cost_share": "0.1", "fraction": "0.5", "cash": "15"}]
    told = send(api.patch, url, {"legs": legs})
    assert told.status_code == 200, told.content
    assert {name: told.json()["legs"][0][name] for name in ("ratio_old", "cost_share", "cash")} == {
        "ratio_old": "5",
        "cost_share": "0.1",
        "cash": "15",
    }
    assert (told.json()["id"], told.json()["date"]) == (row.entry, "2024-06-10")
    assert held() == {"OLD": (D(10), D(900)), "CHILD": (D("1.5"), D(75))}
    whole = {"type": "spin_off", "date": "2024-06-12", "symbol": "OLD", "legs": [{"symbol": "CHILD", "cost_share": "0.4"}]}
    assert send(api.put, url, whole).status_code == 200
    assert held() == {"OLD": (D(10), D(600)), "CHILD": (D(10), D(400))}


def test_what_is_wrong_with_legs_is_told_by_their_place_over_the_api(api: Any, holder: Any) -> None:
    row = spun(holder)
    url = f"/api/v1/transactions/{row.entry}"
    for legs, field in (
        ([{"symbol": "CHILD", "cost_share": "1.2"}], "legs.0.cost_share"),
        ([{"symbol": "CHILD", "cost_share": "0.5"}, {"symbol": "NOPE"}], "legs.1.symbol"),
        ([], "legs"),
    ):
        answer = send(api.patch, url, {"legs": legs})
        assert answer.status_code == 400 and [one["field"] for one in answer.json()["errors"]] == [field], answer.content
    record(holder, "sell", "2024-07-01", instrument("CHILD"), quantity="5", price="60")
    late = send(api.patch, url, {"legs": [{"symbol": "CHILD", "ratio_old": "5", "cost_share": "0.2"}]})
    assert (late.status_code, late.json()["code"], late.json()["held"]) == (422, "insufficient_quantity", "2")
    assert send(api.patch, f"/api/v1/transactions/{record_trade(holder)}", {"legs": [{"symbol": "CHILD"}]}).json()["errors"][0]["field"] == "legs"
    assert held()["OLD"] == (D(11), D(900))


def record_trade(portfolio: Any) -> int:
    record(portfolio, "buy", "2024-08-01", instrument("OLD"), quantity="1", price="100")
    return int(Transaction.objects.get(traded_on=date(2024, 8, 1)).entry)

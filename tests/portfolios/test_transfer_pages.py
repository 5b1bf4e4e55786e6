"""Transfers on pages and over the API."""

from __future__ import annotations

from typing import Any

import pytest

from portfolios.models import Portfolio, Transaction
from portfolios.services import LegDraft
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def two(person: Any, asml: Any) -> tuple[Portfolio, Portfolio]:
    source = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(source, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(source, "buy", "2024-03-01", asml, quantity="5", price="130")
    return source, make_portfolio(person, name="Savings", tracks_cash=False)


def typed(two: tuple[Portfolio, Portfolio], **more: Any) -> dict[str, Any]:
    source, target = two
    return {"source": source.pk, "target": target.pk, "instrument": "ASML", "quantity": "12", "day": "2024-05-06", "form_id": "one", **more}


# ── pages ───────────────────────────────────────────────────────────────────


def test_the_form_moves_units_once_however_often_it_is_sent(signed_in: Any, two: Any) -> None:
    assert signed_in.get("/transfers/new/").status_code == 200
    for _ in range(2):
        answer = signed_in.post("/transfers/new/", typed(two, fees="5"))
        assert (answer.status_code, answer["Location"]) == (302, "/transactions/")
    leaving, arriving = Transaction.objects.filter(link__isnull=False).order_by("pk")
    assert (leaving.portfolio, leaving.fees, arriving.portfolio) == (two[0], D(5), two[1])


def test_both_sides_stand_in_the_list_as_a_pair(signed_in: Any, two: Any) -> None:
    signed_in.post("/transfers/new/", typed(two))
    page = signed_in.get("/transactions/").content.decode()
    assert "To Savings" in page and "From Core" in page


def test_the_preview_says_what_would_move(signed_in: Any, two: Any) -> None:
    page = signed_in.post("/transfers/preview/", typed(two)).content.decode()
    assert "Cost that goes along" in page and "Units in Savings" in page
    refused = signed_in.post("/transfers/preview/", typed(two, quantity="16")).content.decode()
    assert "you held 15 ASML" in refused
    assert signed_in.post("/transfers/preview/", typed(two, quantity="")).status_code == 200
    assert not Transaction.objects.filter(link__isnull=False).exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quantity": "16"}, "you held 15 ASML"),
        ({"day": "2999-01-01"}, "is in the future"),
        ({"instrument": "NOPE"}, "No single instrument is meant"),
    ],
)
def test_what_is_refused_is_said_at_the_form(signed_in: Any, two: Any, changes: dict[str, Any], sentence: str) -> None:
    answer = signed_in.post("/transfers/new/", typed(two, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_portfolio_cannot_be_its_own_target(signed_in: Any, two: Any) -> None:
    answer = signed_in.post("/transfers/new/", typed(two, target=two[0].pk))
    assert answer.status_code == 422
    assert "Choose another portfolio" in answer.content.decode()


def test_with_one_portfolio_there_is_nowhere_to_go(signed_in: Any, portfolio: Any) -> None:
    assert signed_in.get("/transfers/new/")["Location"] == "/portfolios/new/"


def test_a_stranger_moves_nothing_of_mine(client: Any, two: Any, stranger: Any) -> None:
    client.force_login(stranger)
    make_portfolio(stranger, name="A")
    make_portfolio(stranger, name="B")
    assert client.post("/transfers/new/", typed(two)).status_code == 422
    assert not Transaction.objects.filter(link__isnull=False).exists()


# ── lots named on a transfer ────────────────────────────────────────────────


@pytest.fixture
def second(two: Any) -> Transaction:
    """The purchase at 130, which goes last by the source's own method."""
    return Transaction.objects.get(portfolio=two[0], traded_on="2024-03-01")


def test_the_form_offers_the_lots_that_were_open_on_the_day(signed_in: Any, two: Any, asml: Any, second: Any) -> None:
    source, target = two
    page = signed_in.get(f"/transfers/new/?p={source.pk}&instrument={asml.pk}").content.decode()
    assert "Name the lots it takes" in page and page.count('name="lot_') == 2 and f'name="lot_{second.entry}"' in page
    earlier = signed_in.post("/transfers/new/", typed(two, day="2024-02-01", refresh="1")).content.decode()
    assert earlier.count('name="lot_') == 1 and f'name="lot_{second.entry}"' not in earlier
    elsewhere = signed_in.post("/transfers/new/", typed((target, source), refresh="1")).content.decode()
    assert 'name="lot_' not in elsewhere
    assert not Transaction.objects.filter(link__isnull=False).exists()


def test_a_choice_asks_only_for_the_lots_anew_and_keeps_what_is_typed_there(signed_in: Any, two: Any, second: Any) -> None:
    given = typed(two, refresh="1", **{f"lot_{second.entry}": "3"})
    part = signed_in.post("/transfers/new/", given, headers={"HX-Request": "true", "HX-Target": "transfer-lots"}).content.decode()
    assert "<html" not in part and f'name="lot_{second.entry}" value="3"' in part and "<details" in part and " open" in part


def test_a_portfolio_that_pools_offers_no_lots(signed_in: Any, two: Any) -> None:
    two[0].cost_method = "average"
    two[0].save()
    assert 'name="lot_' not in signed_in.post("/transfers/new/", typed(two, refresh="1")).content.decode()


def test_the_lots_that_are_named_are_what_moves(signed_in: Any, two: Any, second: Any) -> None:
    given = typed(two, quantity="6", **{f"lot_{second.entry}": "4"})
    preview = signed_in.post("/transfers/preview/", given)
    assert [(str(lot.acquired_on), lot.quantity, lot.cost) for lot in preview.context["preview"].lots] == [
        ("2024-03-01", D(4), D(520)),
        ("2024-01-02", D(2), D(200)),
    ]
    assert "lots named" in preview.content.decode()
    assert signed_in.post("/transfers/new/", given).status_code == 302
    leaving, arriving = Transaction.objects.filter(link__isnull=False).order_by("pk")
    assert leaving.lots == [{"entry": second.entry, "quantity": "4"}]
    assert [(lot["acquired_on"], lot["quantity"], lot["cost"]) for lot in arriving.lots] == [("2024-03-01", "4", "520"), ("2024-01-02", "2", "200")]


def test_more_than_a_lot_holds_or_than_moves_is_refused_at_the_form(signed_in: Any, two: Any, second: Any) -> None:
    for size, sentence in (("6", "5"), ("-1", "above zero"), ("x", "number")):
        answer = signed_in.post("/transfers/new/", typed(two, quantity="8", **{f"lot_{second.entry}": size}))
        assert answer.status_code == 422 and sentence in answer.content.decode(), size
    answer = signed_in.post("/transfers/new/", typed(two, quantity="2", **{f"lot_{second.entry}": "3"}))
    assert answer.status_code == 422 and "hold more units than are moved" in answer.content.decode()
    assert not Transaction.objects.filter(link__isnull=False).exists()


def test_a_strangers_lot_or_one_of_the_target_is_not_taken(signed_in: Any, two: Any, asml: Any, stranger: Any) -> None:
    theirs = make_portfolio(stranger, cost_method="fifo", tracks_cash=False)
    foreign = record(theirs, "buy", "2024-01-02", asml, quantity="10", price="1")
    there = record(two[1], "buy", "2024-01-02", asml, quantity="10", price="1")
    given = typed(two, quantity="2", **{f"lot_{foreign.entry}": "2", f"lot_{there.entry}": "2"})
    answer = signed_in.post("/transfers/new/", given)
    assert answer.status_code == 422 and "Name those that are: of " in answer.content.decode()
    assert not Transaction.objects.filter(link__isnull=False).exists()


def test_units_that_a_spin_off_gave_can_be_looked_at_before_they_move(signed_in: Any, two: Any, asml: Any) -> None:
    child = make_instrument("CHILD")
    spun = LegDraft(instrument=child, ratio_new=D(1), ratio_old=D(1), cost_share=D("0.25"))
    record(two[0], "spin_off", "2024-04-01", asml, legs=(spun,))
    given = typed(two, instrument="CHILD", quantity="12")
    preview = signed_in.post("/transfers/preview/", given).context["preview"]
    assert (preview.problem, preview.cost) == ("", D(315))  # a quarter of 10 × 100 + 2 × 130
    assert signed_in.post("/transfers/new/", given).status_code == 302


def test_units_that_leave_for_elsewhere_name_their_lots_and_have_no_method_of_a_sale(signed_in: Any, two: Any, asml: Any, second: Any) -> None:
    source, kind = two[0], "transfer_out"
    page = signed_in.get(f"/transactions/new/?kind={kind}&instrument={asml.pk}&p={source.pk}").content.decode()
    assert f'name="lot_{second.entry}"' in page and 'name="method"' not in page
    fields = {"kind": kind, "portfolio": source.pk, "instrument": "ASML", "traded_on": "2024-05-06", "quantity": "3", f"lot_{second.entry}": "3"}
    assert signed_in.post("/transactions/new/", fields).status_code == 302
    assert Transaction.objects.latest("pk").lots == [{"entry": second.entry, "quantity": "3"}]


def test_the_lots_of_a_transfer_can_be_changed_afterwards(signed_in: Any, two: Any, second: Any) -> None:
    signed_in.post("/transfers/new/", typed(two, quantity="4"))
    leaving = Transaction.objects.live().get(kind="transfer_out")
    page = signed_in.get(f"/transactions/{leaving.entry}/edit/").content.decode()
    assert f'name="lot_{second.entry}"' in page
    fields = {"kind": "transfer_out", "instrument": "ASML", "traded_on": "2024-05-06", "quantity": "4", f"lot_{second.entry}": "4"}
    assert signed_in.post(f"/transactions/{leaving.entry}/edit/", fields).status_code == 302
    arriving = Transaction.objects.live().get(kind="transfer_in", link__isnull=False)
    assert [(lot["acquired_on"], lot["quantity"]) for lot in arriving.lots] == [("2024-03-01", "4")]


# ── API ─────────────────────────────────────────────────────────────────────


def test_a_transfer_is_made_and_listed_on_both_sides(api: Any, two: Any, asml: Any, django_assert_max_num_queries: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "12", "date": "2024-05-06", "notes": "To the new broker"}
    made = api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["source"], told["target"], told["quantity"], told["cost"], told["fx_rate"]) == (source.pk, target.pk, "12", "1260", "1")
    assert told["lots"] == [
        {"acquired_on": "2024-01-02", "quantity": "10", "cost": "1000", "cost_local": "1000"},
        {"acquired_on": "2024-03-01", "quantity": "2", "cost": "260", "cost_local": "260"},
    ]
    for portfolio in two:
        with django_assert_max_num_queries(5):
            listed = api.get(f"/api/v1/portfolios/{portfolio.pk}/transfers").json()
        assert listed == {"results": [told], "next": None, "previous": None}
    assert api.get(f"/api/v1/transactions/{told['arriving']}").json()["portfolio"] == target.pk


def test_the_same_key_makes_one_transfer(api: Any, two: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    answers = [api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Transaction.objects.filter(link__isnull=False).count() == 2


def test_refusals_have_their_codes(api: Any, two: Any, stranger: Any) -> None:
    source, target = two
    url = f"/api/v1/portfolios/{source.pk}/transfers"
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    assert api.post(url, {**body, "target": source.pk}, format="json").json()["code"] == "same_portfolio"
    assert api.post(url, {**body, "target": make_portfolio(stranger).pk}, format="json").status_code == 404
    too_much = api.post(url, {**body, "quantity": "16"}, format="json")
    assert (too_much.status_code, too_much.json()["code"]) == (422, "insufficient_quantity")
    assert api.post(url, {**body, "quantity": "-1"}, format="json").status_code == 400
    assert api.post(url, {"target": target.pk}, format="json").status_code == 400
    assert api.get(url + "?cursor=nonsense").status_code == 400
    assert not Transaction.objects.filter(link__isnull=False).exists()


def test_voiding_one_leg_over_the_api_voids_the_other(api: Any, two: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    told = api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json").json()
    assert api.delete(f"/api/v1/transactions/{told['leaving']}").status_code == 204
    assert api.get(f"/api/v1/transactions/{told['arriving']}").status_code == 404
    changed = api.patch(f"/api/v1/transactions/{told['arriving']}", {"price": "1"}, format="json")
    assert changed.status_code == 404

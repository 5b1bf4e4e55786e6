"""The inbox of corporate actions, and the page that records one by hand; with and without scripts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market.services import ActionRow, ingest_actions
from portfolios.actions.proposing import propose_actions
from portfolios.actions.tasks import propose
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.selectors import book_of, get_transaction
from portfolios.services import LegDraft, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record, set_rate_every_day

pytestmark = pytest.mark.django_db

EX = date(2024, 6, 10)


@pytest.fixture
def nvda(db: None) -> Any:
    return make_instrument("NVDA")


@pytest.fixture
def holder(person: Any, nvda: Any) -> Any:
    made = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(made, "buy", "2024-01-02", nvda, quantity="10", price="500")
    return made


@pytest.fixture
def waiting(holder: Any, nvda: Any) -> dict[str, ActionProposal]:
    rows = [ActionRow("split", EX, D(10), D(1)), ActionRow("dividend", date(2024, 3, 5), amount=D("0.5")), ActionRow("split", date(2024, 8, 5), D("1.046"), D(1))]  # fmt: skip
    ingest_actions({nvda.pk: rows}, "test")
    propose_actions()
    names = {EX: "split", date(2024, 3, 5): "dividend", date(2024, 8, 5): "odd"}
    return {names[one.action.ex_day]: one for one in ActionProposal.objects.select_related("action")}


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "inbox"}


# ── the inbox ───────────────────────────────────────────────────────────────


def test_the_inbox_lists_what_waits_and_counts_it(signed_in: Any, waiting: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(12):
        page = signed_in.get("/actions/").content.decode()
    assert "10:1" in page and "Odd ratio" in page and "most often a spin-off" in page and "Record the spin-off" in page
    assert signed_in.get("/actions/count/").content.decode().startswith("3")
    assert "/actions/count/" in page


def test_an_empty_inbox_says_so(signed_in: Any, person: Any) -> None:
    assert "Nothing waits" in signed_in.get("/actions/").content.decode()
    assert "Nothing was decided yet" in signed_in.get("/actions/?show=decided").content.decode()
    assert signed_in.get("/actions/count/").content.decode().strip() == ""


def test_accepting_without_scripts_goes_back_to_the_inbox_with_an_undo(signed_in: Any, waiting: Any, holder: Any, nvda: Any) -> None:
    answer = signed_in.post(f"/actions/{waiting['split'].pk}/accept/", follow=True)
    assert answer.redirect_chain == [("/actions/", 302)]
    page = answer.content.decode()
    assert "Split of NVDA Corporation recorded" in page and "/void/" in page
    assert book_of(fresh(holder)).positions[nvda.pk].quantity == 100


def test_accepting_with_htmx_gives_the_list_and_tells_the_count(signed_in: Any, waiting: Any) -> None:
    answer = signed_in.post(f"/actions/{waiting['split'].pk}/accept/", **HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "actions-changed")
    page = answer.content.decode()
    assert page.lstrip().startswith("<div") and "Split of NVDA Corporation recorded." in page and "10:1" not in page
    again = signed_in.post(f"/actions/{waiting['split'].pk}/accept/", **HTMX)
    assert again.status_code == 422 and "decided already" in again.content.decode()
    assert Transaction.objects.live().filter(proposal=waiting["split"]).count() == 1


def test_a_dividend_is_corrected_before_it_is_accepted(signed_in: Any, waiting: Any) -> None:
    pk = waiting["dividend"].pk
    assert "Held at the close before" in signed_in.get(f"/actions/{pk}/accept/").content.decode()
    wrong = signed_in.post(f"/actions/{pk}/accept/", {"amount": "much"})
    assert wrong.status_code == 422 and 'value="much"' in wrong.content.decode()
    assert "cannot be below zero" in signed_in.post(f"/actions/{pk}/accept/", {"amount": "1", "taxes": "-1"}).content.decode()
    assert signed_in.get(f"/actions/{waiting['split'].pk}/accept/")["Location"] == "/actions/"
    signed_in.post(f"/actions/{pk}/accept/", {"amount": "0.52", "taxes": "1.37", "day": "2024-03-20"})
    row = Transaction.objects.get(proposal=pk)
    assert (row.quantity, row.price, row.taxes, row.traded_on) == (D(10), D("0.52"), D("1.37"), date(2024, 3, 20))


def test_left_out_and_back(signed_in: Any, waiting: Any) -> None:
    pk = waiting["odd"].pk
    assert signed_in.post(f"/actions/{pk}/dismiss/").status_code == 302
    assert "Left out" in signed_in.get("/actions/?show=decided").content.decode()
    assert signed_in.post(f"/actions/{pk}/reopen/", **HTMX).status_code == 200
    assert ActionProposal.objects.get(pk=pk).status == "open"


def test_the_inbox_of_one_portfolio(signed_in: Any, waiting: Any, person: Any, holder: Any) -> None:
    other = make_portfolio(person, name="Other")
    assert "10:1" in signed_in.get(f"/actions/?p={holder.pk}").content.decode()
    assert "Nothing waits" in signed_in.get(f"/actions/?p={other.pk}").content.decode()


# ── by hand ─────────────────────────────────────────────────────────────────


def typed(portfolio: Portfolio, kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "portfolio": portfolio.pk, "instrument": "NVDA", "traded_on": "2024-06-10", "form_id": "one", **more}


LEG = {"legs": "1", "leg0_instrument": "NEW", "leg0_new": "1", "leg0_old": "2"}
CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "split": ({"ratio_new": "4", "ratio_old": "1"}, {"NVDA": "40"}),
    "stock_dividend": ({"quantity": "2"}, {"NVDA": "12"}),
    "spin_off": ({**LEG, "leg0_share": "20"}, {"NVDA": "10", "NEW": "5"}),
    "merger": ({**LEG, "amount": "1000", "cost_share": "25"}, {"NVDA": "0", "NEW": "5"}),
    "symbol_change": ({**LEG, "leg0_old": "1"}, {"NVDA": "0", "NEW": "10"}),
    "return_of_capital": ({"amount": "100"}, {"NVDA": "10"}),
    "rights": ({"quantity": "5", "price": "400"}, {"NVDA": "15"}),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_is_shown_before_and_recorded_once(signed_in: Any, holder: Any, nvda: Any, kind: str, django_assert_max_num_queries: Any) -> None:
    new = make_instrument("NEW")
    fields, held = CASES[kind]
    assert signed_in.get(f"/actions/new/?kind={kind}").status_code == 200
    with django_assert_max_num_queries(20):
        seen = signed_in.post("/actions/preview/", typed(holder, kind, **fields)).content.decode()
    assert "Before" in seen and "After" in seen and "Realised gain" in seen
    assert not Transaction.objects.filter(kind=kind).exists()
    for _ in range(2):
        answer = signed_in.post("/actions/new/", typed(holder, kind, **fields))
        assert answer.status_code == 302, answer.content.decode()
    assert Transaction.objects.filter(kind=kind).count() == 1
    positions = book_of(fresh(holder)).positions
    by_symbol = {"NVDA": positions[nvda.pk].quantity, **({"NEW": positions[new.pk].quantity} if new.pk in positions else {})}
    assert by_symbol == {symbol: D(units) for symbol, units in held.items()}
    assert sum(one.cost for one in positions.values()) <= D(7000)


def test_what_is_refused_stands_at_the_line_it_is_about(signed_in: Any, holder: Any) -> None:
    make_instrument("NEW")
    answer = signed_in.post("/actions/new/", typed(holder, "spin_off", **LEG, leg0_share="120"))
    assert answer.status_code == 422 and "between 0 and 1" in answer.content.decode()
    answer = signed_in.post("/actions/new/", typed(holder, "split", traded_on="2023-01-02", ratio_new="2", ratio_old="1"))
    assert answer.status_code == 422 and "you held nothing" in answer.content.decode()
    assert not Transaction.objects.exclude(kind="buy").exists()


def test_another_instrument_is_asked_for_without_losing_what_was_typed(signed_in: Any, holder: Any) -> None:
    page = signed_in.post("/actions/new/", typed(holder, "spin_off", **LEG, leg0_share="20", more="1")).content.decode()
    assert 'name="leg1_instrument"' in page and 'value="20"' in page and 'name="legs" value="2"' in page.replace("  ", " ")


def test_the_spin_off_behind_an_odd_split_settles_the_proposal(signed_in: Any, waiting: Any, holder: Any) -> None:
    make_instrument("NEW")
    pk = waiting["odd"].pk
    page = signed_in.get(f"/actions/new/?kind=spin_off&proposal={pk}").content.decode()
    assert "2024-08-05" in page and "takes the place of what was reported" in page
    answer = signed_in.post("/actions/new/", typed(holder, "spin_off", **LEG, leg0_share="20", proposal=str(pk), traded_on="2024-08-05"))
    assert (answer.status_code, answer["Location"]) == (302, "/actions/")
    assert ActionProposal.objects.get(pk=pk).status == "accepted"
    assert Transaction.objects.get(proposal=pk).kind == "spin_off"
    propose_actions()
    assert ActionProposal.objects.get(pk=pk).status == "accepted"


# ── duplicating ─────────────────────────────────────────────────────────────


def _reorganised(holder: Any, nvda: Any) -> dict[str, Transaction]:
    """A spin-off into two, a merger for shares and cash in dollars, and a change of symbol; with all that they can have."""
    made = {symbol: make_instrument(symbol) for symbol in ("CHILD", "OTHER", "BUYER", "OLD", "RENAMED")}
    record(holder, "buy", "2024-01-03", made["OLD"], quantity="8", price="5")
    set_rate_every_day("USD", "1.25", date(2024, 3, 1), date(2024, 3, 3))
    child = LegDraft(instrument=made["CHILD"], ratio_new=D(1), ratio_old=D(4), cost_share=D("0.125"), fraction=D("0.5"), cash=D("7.5"))
    other = LegDraft(instrument=made["OTHER"], ratio_new=D(3), ratio_old=D(10), cost_share=D("0.0625"))
    buyer = LegDraft(instrument=made["BUYER"], ratio_new=D(1), ratio_old=D(2), cost_share=D("0.9"))
    cash = {"amount": "100", "cost_share": D("0.1"), "fees": "3", "taxes": "2", "settlement_currency": "USD"}
    return {
        "spin_off": record(holder, "spin_off", "2024-03-01", nvda, legs=(child, other), notes="Demerger", tags=("events", "core")),
        "merger": record(holder, "merger", "2024-03-02", nvda, legs=(buyer,), **cash),
        "symbol_change": record(holder, "symbol_change", "2024-03-03", made["OLD"], legs=(LegDraft(instrument=made["RENAMED"]),)),
    }


_SAID = ("kind", "instrument_id", "amount", "fees", "taxes", "cost_share", "settles_in", "notes", "tags")


def _legs(row: Transaction) -> list[tuple[Any, ...]]:
    return list(row.legs.values_list("instrument", "ratio_new", "ratio_old", "cost_share", "fraction", "cash"))


@pytest.mark.parametrize("kind", ["spin_off", "merger", "symbol_change"])
def test_a_duplicate_has_all_that_the_entry_has_with_what_the_units_became(signed_in: Any, holder: Any, nvda: Any, person: Any, kind: str) -> None:
    entries = _reorganised(holder, nvda)
    model = entries[kind]
    page = signed_in.get(f"/transactions/new/?clone={model.entry}", follow=True)
    assert page.redirect_chain and "Filled in from the entry of" in page.content.decode()
    for entry in reversed(entries.values()):
        void_transaction(person, get_transaction(person, entry.entry))
    typed_in = {field.html_name: field.value() for field in page.context["form"] if field.value() not in (None, "")}
    answer = signed_in.post("/actions/new/", {**typed_in, "traded_on": "2024-03-02"})
    assert answer.status_code == 302, answer.context["form"].errors
    copy = Transaction.objects.live().latest("pk")
    assert {name: getattr(copy, name) for name in _SAID} == {name: getattr(model, name) for name in _SAID}
    assert _legs(copy) == _legs(model)


def test_a_duplicate_is_of_today_and_has_nothing_that_belongs_to_the_entry_alone(signed_in: Any, holder: Any, nvda: Any, today: date) -> None:
    model = _reorganised(holder, nvda)["merger"]
    form = signed_in.get(f"/actions/new/?clone={model.entry}").context["form"]
    assert form["traded_on"].value() == today and form["proposal"].value() is None


def test_a_duplicate_has_as_many_lines_as_the_entry_has_legs(signed_in: Any, holder: Any, nvda: Any) -> None:
    legs = tuple(LegDraft(instrument=make_instrument(f"PART{n}"), ratio_new=D(1), ratio_old=D(1), cost_share=D("0.1")) for n in range(7))
    model = record(holder, "spin_off", "2024-03-01", nvda, legs=legs)
    assert [fields[0].value() for fields in signed_in.get(f"/actions/new/?clone={model.entry}").context["form"].leg_fields] == [
        f"PART{n} · PART{n} Corporation" for n in range(7)
    ]


def test_what_is_anothers_or_no_corporate_action_is_not_duplicated_here(client: Any, signed_in: Any, holder: Any, nvda: Any, stranger: Any) -> None:
    bought = Transaction.objects.get(kind="buy")
    assert signed_in.get(f"/actions/new/?clone={bought.entry}")["Location"] == f"/transactions/new/?clone={bought.entry}"
    model = _reorganised(holder, nvda)["merger"]
    client.force_login(stranger)
    make_portfolio(stranger)
    for address in ("/actions/new/", "/transactions/new/"):
        assert client.get(f"{address}?clone={model.entry}").status_code == 404
    assert client.get("/actions/new/?clone=x").status_code == 200


# ── API ─────────────────────────────────────────────────────────────────────


def test_the_api_lists_accepts_and_dismisses(api: Any, waiting: Any, holder: Any, django_assert_max_num_queries: Any) -> None:
    url = f"/api/v1/portfolios/{holder.pk}/actions"
    with django_assert_max_num_queries(6):
        listed = api.get(url + "?status=open").json()
    assert len(listed["results"]) == 3 and listed["next"] is None
    by_id = {one["id"]: one for one in listed["results"]}
    split = by_id[waiting["split"].pk]
    assert (split["ratio_new"], split["ratio_old"], split["units"], split["units_after"], split["odd"]) == ("10", "1", "10", "100", False)
    accepted = api.post(f"{url}/{split['id']}/accept", {}, format="json")
    assert accepted.status_code == 200 and accepted.json()["status"] == "accepted"
    entry = accepted.json()["transaction"]
    assert api.get(f"/api/v1/transactions/{entry}").json()["type"] == "split"
    twice = api.post(f"{url}/{split['id']}/accept", {}, format="json")
    assert (twice.status_code, twice.json()["code"]) == (409, "proposal_decided")
    dividend = waiting["dividend"].pk
    made = api.post(f"{url}/{dividend}/accept", {"amount": "0.6", "date": "2024-03-21"}, format="json").json()
    assert api.get(f"/api/v1/transactions/{made['transaction']}").json()["date"] == "2024-03-21"
    odd = waiting["odd"].pk
    assert api.post(f"{url}/{odd}/dismiss", {"reason": "A spin-off"}, format="json").json()["reason"] == "A spin-off"
    assert api.post(f"{url}/{odd}/reopen", {}, format="json").json()["status"] == "open"
    assert api.delete(f"/api/v1/transactions/{entry}").status_code == 204
    assert api.get(url + "?status=open").json()["results"][0]["status"] == "open"


def test_the_api_refuses_what_is_not_there(api: Any, waiting: Any, holder: Any, person: Any) -> None:
    other = make_portfolio(person, name="Other")
    pk = waiting["split"].pk
    assert api.post(f"/api/v1/portfolios/{other.pk}/actions/{pk}/accept", {}, format="json").status_code == 404
    assert api.post(f"/api/v1/portfolios/{holder.pk}/actions/{10**17}/accept", {}, format="json").status_code == 404
    assert api.get(f"/api/v1/portfolios/{holder.pk}/actions?status=maybe").status_code == 400
    assert api.post(f"/api/v1/portfolios/{holder.pk}/actions/{pk}/accept", {"amount": "1"}, format="json").status_code == 400


def test_the_settings_of_a_portfolio_let_actions_be_recorded_by_themselves(signed_in: Any, holder: Any, waiting: Any) -> None:
    page = signed_in.get(f"/portfolios/{holder.pk}/settings/").content.decode()
    assert "Record splits by themselves" in page
    fields = {"name": "Core", "base_currency": "EUR", "cost_method": "fifo", "dividend_treatment": "income", "applies_splits": "on"}
    assert signed_in.post(f"/portfolios/{holder.pk}/settings/", fields).status_code == 302
    assert propose(None, [holder.pk]) == 1
    assert ActionProposal.objects.get(pk=waiting["split"].pk).status == "accepted"
    assert ActionProposal.objects.get(pk=waiting["odd"].pk).status == "open"


def test_the_api_shows_an_action_before_and_after_and_records_nothing(api: Any, holder: Any, nvda: Any, django_assert_max_num_queries: Any) -> None:
    new = make_instrument("NEW")
    url = f"/api/v1/portfolios/{holder.pk}/actions/preview"
    body = {
        "type": "spin_off",
        "symbol": "NVDA",
        "date": "2024-06-10",
        "legs": [{"symbol": "NEW", "ratio_new": "1", "ratio_old": "2", "cost_share": "0.2"}],
    }
    with django_assert_max_num_queries(14):
        answer = api.post(url, body, format="json")
    seen = answer.json()
    assert (answer.status_code, seen["problem"], seen["realized_gain"], seen["cash"]) == (200, "", "0", [])
    states = {
        one["symbol"]: (one["before"]["quantity"], one["before"]["cost"], one["after"]["quantity"], one["after"]["cost"])
        for one in seen["instruments"]
    }
    assert states == {"NVDA": ("10", "5000", "10", "4000"), "NEW": ("0", "0", "5", "1000")}
    (lot,) = seen["instruments"][1]["after"]["lots"]
    assert (lot["opened_on"], lot["cost"], seen["instruments"][1]["instrument"]) == ("2024-01-02", "1000", new.pk)
    refused = api.post(url, {**body, "date": "2023-01-02"}, format="json").json()
    assert "you held nothing" in refused["problem"] and refused["instruments"] == []
    assert api.post(url, {**body, "legs": [{"symbol": "NOPE"}]}, format="json").status_code == 400
    assert Transaction.objects.count() == 1

"""Programs record, read, change and void entries of every kind, one by one and in a batch, with all their fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio_site.kernel.decimals import plain
from portfolios.ledger.events import LotChoice
from portfolios.models import Transaction
from portfolios.services import LegDraft, lock_portfolio, record_many
from tests.factories import make_portfolio
from tests.portfolios.every_kind import World, drafts_of_every_kind, make_world
from tests.portfolios.test_every_kind import ENTRIES, state

pytestmark = pytest.mark.django_db
NAMES = {"kind": "type", "traded_on": "date", "traded_at": "time"}
TOLD_ONLY = ("id", "portfolio", "recorded_at", "fx_source", "name", "cash", "symbol", "source", "link", "proposal", "voided_at")


@pytest.fixture
def world(person: Any) -> World:
    return make_world(person)


def body_of(draft: Any, made: list[int] | None = None) -> dict[str, Any]:
    """A draft as a program sends it; `made` are the numbers of the entries before it, else lots are named by row."""
    found: dict[str, Any] = {}
    for field in fields(draft):
        value = getattr(draft, field.name)
        if value not in (None, "", ()):
            found[NAMES.get(field.name, field.name)] = _told(value, made)
    return found


def _told(value: Any, made: list[int] | None) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple) and not isinstance(value, LotChoice):
        return [_told(one, made) for one in value]
    if isinstance(value, LotChoice):
        place = -value.event_id - 1
        return {"quantity": plain(value.quantity), **({"row": place} if made is None else {"transaction": made[place]})}
    if isinstance(value, LegDraft):
        return body_of(value)
    return value.pk if hasattr(value, "pk") else value.isoformat() if hasattr(value, "isoformat") else value


def send(call: Callable[..., Any], url: str, body: Any) -> Any:
    return call(url, json.dumps(body), content_type="application/json")


def test_every_kind_goes_in_one_by_one_and_reads_back_as_it_was_sent(api: Any, world: World) -> None:
    made: list[int] = []
    for draft in drafts_of_every_kind(world):
        body = {**body_of(draft, made), "portfolio": world.portfolio.pk}
        body["type"] = body["type"].upper()  # in any case
        answer = send(api.post, "/api/v1/transactions", body)
        assert answer.status_code == 201, answer.content
        told = api.get(f"/api/v1/transactions/{answer.json()['id']}").json()
        assert told == answer.json()
        for name, value in body.items():
            if name == "type":
                assert told[name] == draft.kind
            elif name == "legs":
                assert [{key: leg[key] for key in sent} for leg, sent in zip(told[name], value, strict=True)] == value
            elif name not in {"settlement_currency", "tags", "fx_rate"}:
                assert told[name] == value, name
        made.append(told["id"])
    assert told["settlement_currency"] == "EUR"
    other = make_portfolio(world.portfolio.owner, cost_method="fifo", allows_short=True)
    record_many(other.owner, other, drafts_of_every_kind(World(other, world.symbols)))
    assert state(world.portfolio) == state(other)


def test_a_batch_takes_every_kind_and_a_get_can_be_put_back(api: Any, world: World) -> None:
    bodies = [body_of(draft) for draft in drafts_of_every_kind(world)]
    answer = send(api.post, f"/api/v1/portfolios/{world.portfolio.pk}/transactions/batch", {"transactions": bodies})
    assert answer.status_code == 201, answer.content
    before = state(world.portfolio)
    for told in answer.json()["transactions"]:
        url = f"/api/v1/transactions/{told['id']}"
        put = send(api.put, url, {name: value for name, value in told.items() if name not in TOLD_ONLY})
        assert put.status_code == 200, (told["type"], put.content)
        now = put.json()
        differ = {name for name in told if told[name] != now[name]} - {"recorded_at", "fx_source"}
        assert differ == set(), (told["type"], {name: (told[name], now[name]) for name in differ})
    assert state(world.portfolio) == before


@pytest.mark.parametrize("place", range(ENTRIES))
def test_each_can_be_changed_and_voided(api: Any, world: World, place: int) -> None:
    entry = record_many(world.portfolio.owner, world.portfolio, drafts_of_every_kind(world)[: place + 1])[place].entry
    url = f"/api/v1/transactions/{entry}"
    changed = send(api.patch, url, {"notes": "looked at", "tags": ["Seen", "seen", " "], "reference": "p. 4"})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["id"], changed.json()["notes"], changed.json()["tags"]) == (entry, "looked at", ["Seen"])
    assert api.delete(url).status_code == 204 and api.get(url).status_code == 404
    assert api.get(url, {"voided": "true"}).json()["voided_at"] is not None


def test_entries_are_found_by_tag_in_any_case(api: Any, world: World) -> None:
    record_many(world.portfolio.owner, world.portfolio, drafts_of_every_kind(world))
    found = api.get("/api/v1/transactions", {"tag": "ÜNÏTED"}).json()["results"]
    assert [row["type"] for row in found] == ["deposit"] and found[0]["tags"] == ["savings", "Ünïted"]
    assert api.get("/api/v1/transactions", {"tag": "unit"}).json()["results"] == []


def test_a_list_asks_as_much_of_the_database_however_many_entries_have_legs(api: Any, world: World) -> None:
    record_many(world.portfolio.owner, world.portfolio, drafts_of_every_kind(world))
    with CaptureQueriesContext(connection) as few:
        api.get("/api/v1/transactions", {"page_size": 20})
    with CaptureQueriesContext(connection) as all_of_them:
        assert len(api.get("/api/v1/transactions", {"page_size": 500}).json()["results"]) == ENTRIES
    assert len(all_of_them) <= len(few) + 5, "the sides of those that pay by them"
    child = [draft for draft in drafts_of_every_kind(world) if draft.kind in {"spin_off", "return_of_capital"}]
    record_many(world.portfolio.owner, world.portfolio, [replace(draft, external_id="") for draft in child])
    with CaptureQueriesContext(connection) as more:
        assert len(api.get("/api/v1/transactions", {"page_size": 500}).json()["results"]) == ENTRIES + len(child) > ENTRIES
    assert len(more) == len(all_of_them)


# ── refusals name the field ─────────────────────────────────────────────────

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "buy", "symbol": "SHARE", "quantity": "1", "price": "1", "date": "2099-01-01"}, "date", "future_date"),
    ({"type": "buy", "symbol": "SHARE", "quantity": "1", "price": "1", "settles_on": "2024-02-01"}, "settles_on", "too_early"),
    ({"type": "buy", "symbol": "SHARE", "quantity": "1", "price": "1", "settles_on": "2034-02-01"}, "settles_on", "too_late"),
    ({"type": "buy", "symbol": "SHARE", "quantity": "-1", "price": "1"}, "quantity", "not_positive"),
    ({"type": "deposit", "amount": "1", "currency": "XYZ"}, "currency", "unknown_currency"),
    ({"type": "buy", "symbol": "SHARE", "quantity": "1", "price": "1", "fees": "1", "costs_currency": "SEK"}, "costs_rate", "missing_rate"),
    ({"type": "deposit", "amount": "1", "legs": [{"symbol": "CHILD"}]}, "legs", "not_allowed"),
    ({"type": "fx_exchange", "amount": "1", "currency": "USD", "given_amount": "1"}, "settlement_currency", "required"),
    ({"type": "fx_exchange", "amount": "1", "currency": "USD", "settlement_currency": "EUR"}, "given_amount", "required"),
    (
        {"type": "fx_exchange", "amount": "1", "currency": "USD", "settlement_currency": "EUR", "given_amount": "1", "fx_rate": "2"},
        "fx_rate",
        "not_allowed",
    ),
    ({"type": "merger", "symbol": "SHARE"}, "legs", "required"),
    ({"type": "merger", "symbol": "SHARE", "legs": [{"symbol": "NEW", "cost_share": "0.5"}]}, "legs", "shares_do_not_add_up"),
    ({"type": "spin_off", "symbol": "SHARE", "legs": [{"symbol": "NEW"}]}, "legs.0.cost_share", "required"),
    ({"type": "spin_off", "symbol": "SHARE", "legs": [{"symbol": "NEW", "cost_share": "1.2"}]}, "legs.0.cost_share", "invalid"),
    ({"type": "spin_off", "symbol": "SHARE", "legs": [{"symbol": "NOBODY", "cost_share": "0.2"}]}, "legs.0.symbol", "unknown_instrument"),
    ({"type": "symbol_change", "symbol": "SHARE", "legs": [{"symbol": "SHARE"}]}, "legs.0.symbol", "invalid"),
    ({"type": "symbol_change", "symbol": "SHARE", "legs": [{"symbol": "NEW", "ratio_new": "0"}]}, "legs.0.ratio_new", "not_positive"),
    ({"type": "sell", "symbol": "SHARE", "quantity": "1", "price": "1", "method": "average"}, "method", "method_pools"),
    ({"type": "sell", "symbol": "SHARE", "quantity": "1", "price": "1", "lots": [{"transaction": 1, "quantity": "2"}]}, "lots", "too_many"),
    ({"type": "split", "symbol": "SHARE", "ratio_new": "2", "ratio_old": "1", "quantity": "0.5"}, "amount", "required"),
    ({"type": "dividend", "symbol": "SHARE", "amount": "1", "cost_share": "0.1"}, "cost_share", "not_allowed"),
    ({"type": "adjustment", "symbol": "SHARE", "quantity": "3"}, "price", "required"),
    ({"type": "adjustment", "quantity": "3", "amount": "1"}, "quantity", "not_allowed"),
    ({"type": "deposit", "amount": "1", "tags": [str(number) for number in range(21)]}, "tags", "too_many"),
    ({"type": "deposit", "amount": "1", "tags": ["x" * 51]}, "tags", "too_long"),
    ({"type": "swap", "amount": "1"}, "type", "invalid_choice"),
]


@pytest.mark.parametrize(("body", "field", "code"), REFUSED)
def test_what_is_wrong_is_refused_by_its_field_and_nothing_changes(api: Any, world: World, body: dict[str, Any], field: str, code: str) -> None:
    answer = send(api.post, f"/api/v1/portfolios/{world.portfolio.pk}/transactions", {"date": "2024-02-02", **body})
    assert answer.status_code == 400, answer.content
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert all(error["detail"] for error in answer.json()["errors"]) and not Transaction.objects.exists()


def test_a_batch_names_the_row_of_a_wrong_leg(api: Any, world: World) -> None:
    rows = [
        {"type": "deposit", "date": "2024-02-02", "amount": "1"},
        {"type": "symbol_change", "date": "2024-02-02", "symbol": "SHARE", "legs": [{"symbol": "NOBODY"}]},
    ]
    answer = send(api.post, f"/api/v1/portfolios/{world.portfolio.pk}/transactions/batch", {"transactions": rows})
    assert answer.status_code == 400 and [error["field"] for error in answer.json()["errors"]] == ["transactions.1.legs.0.symbol"]


def test_what_the_ledger_refuses_is_422_with_its_code(api: Any, world: World) -> None:
    url = f"/api/v1/portfolios/{world.portfolio.pk}/transactions"
    sale = {"type": "sell", "date": "2024-02-02", "symbol": "SHARE", "quantity": "1", "price": "1"}
    bought = send(api.post, url, {"type": "buy", "date": "2024-02-01", "symbol": "SHARE", "quantity": "5", "price": "1"}).json()["id"]
    closed = send(api.post, url, {**sale, "lots": [{"transaction": bought + 1000, "quantity": "1"}]})
    assert (closed.status_code, closed.json()["code"], closed.json()["errors"][0]["field"]) == (422, "lot_not_open", "lots")
    split = send(api.post, url, {"type": "split", "date": "2024-01-02", "symbol": "SHARE", "ratio_new": "2", "ratio_old": "1"})
    assert (split.status_code, split.json()["code"]) == (422, "not_held")
    world.portfolio.refresh_from_db()
    assert Transaction.objects.live().count() == 1 and world.portfolio.revision == 1


def test_a_locked_period_is_a_conflict_that_says_what_to_do(api: Any, world: World) -> None:
    lock_portfolio(world.portfolio.owner, world.portfolio, date(2024, 2, 29))
    answer = send(api.post, f"/api/v1/portfolios/{world.portfolio.pk}/transactions", {"type": "deposit", "date": "2024-02-02", "amount": "1"})
    assert (answer.status_code, answer.json()["code"], answer.json()["locked_until"]) == (409, "period_locked", "2024-02-29")
    assert [error["field"] for error in answer.json()["errors"]] == ["date"]
    told = api.get(f"/api/v1/portfolios/{world.portfolio.pk}").json()
    assert told["locked_until"] == "2024-02-29"
    unlocked = send(api.patch, f"/api/v1/portfolios/{world.portfolio.pk}", {"locked_until": None})
    assert unlocked.status_code == 400 and [error["field"] for error in unlocked.json()["errors"]] == ["locked_until"]
    patched = send(api.patch, f"/api/v1/portfolios/{world.portfolio.pk}", {"applies_splits": True, "allows_short": True})
    assert (patched.json()["locked_until"], patched.json()["applies_splits"], patched.json()["allows_short"]) == ("2024-02-29", True, True)

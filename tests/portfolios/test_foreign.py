"""Numbers of what belongs to somebody else are told apart from numbers of nothing by no answer; and nothing of it is told."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from market.services import ActionRow, ingest_actions
from portfolios.actions.proposing import propose_actions
from portfolios.models import ActionProposal, Transaction
from portfolios.reconciling.services import reconcile
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

SECRET = "ZEPHYRINE"
NOTHING = 987_654_321


@pytest.fixture
def mine(person: Any) -> dict[str, Any]:
    portfolio, other = make_portfolio(person, tracks_cash=False, cost_method="fifo"), make_portfolio(person, name="Other", tracks_cash=False)
    share = make_instrument("SHARE", price="12")
    bought = record(portfolio, "buy", "2024-01-02", share, quantity="10", price="10")
    statement = reconcile(person, portfolio, day=date(2024, 2, 1), positions=[(share, D(3))])
    return {"p": portfolio.pk, "o": other.pk, "i": share.pk, "t": bought.entry, "s": statement.pk, "share": share}


@pytest.fixture
def theirs(stranger: Any, mine: dict[str, Any]) -> dict[str, int]:
    """Somebody else's portfolio, private instrument, purchase, statement and proposal."""
    portfolio = make_portfolio(stranger, name=SECRET, tracks_cash=False, cost_method="fifo")
    house = make_instrument("HSE", name=SECRET, owner=stranger, isin="")
    bought = record(portfolio, "buy", "2024-01-02", mine["share"], quantity="10", price="10", notes=SECRET, tags=(SECRET,))
    record(portfolio, "buy", "2024-01-03", house, quantity="1", price="1")
    statement = reconcile(stranger, portfolio, day=date(2024, 2, 1), positions=[(mine["share"], D(3))])
    ingest_actions({house.pk: [ActionRow("split", date(2024, 6, 10), D(2), D(1))]}, "test")
    propose_actions()
    return {
        "portfolio": portfolio.pk,
        "instrument": house.pk,
        "transaction": bought.entry,
        "statement": statement.pk,
        "proposal": ActionProposal.objects.get().pk,
    }


DAY = "2024-03-01"
CALLS: dict[str, tuple[str, str, str, dict[str, Any] | None]] = {  # whose number stands at @: kind of it, method, address, body
    "bought instrument": ("instrument", "post", "portfolios/%(p)s/transactions", {"type": "buy", "instrument": "@", "date": DAY, "quantity": "1", "price": "1"}),
    "leg": (
        "instrument", "post", "portfolios/%(p)s/transactions",
        {"type": "spin_off", "instrument": "%(i)s", "date": DAY, "legs": [{"instrument": "@", "cost_share": "0.1"}]},
    ),
    "changed leg": ("instrument", "patch", "transactions/%(t)s", {"type": "merger", "legs": [{"instrument": "@"}]}),
    "leg looked at": (
        "instrument", "post", "portfolios/%(p)s/actions/preview",
        {"type": "merger", "instrument": "%(i)s", "date": DAY, "legs": [{"instrument": "@"}]},
    ),
    "leg in a batch": (
        "instrument", "post", "portfolios/%(p)s/transactions/batch",
        {"transactions": [{"type": "symbol_change", "instrument": "%(i)s", "date": DAY, "legs": [{"instrument": "@"}]}]},
    ),
    "lot": (
        "transaction", "post", "portfolios/%(p)s/transactions",
        {"type": "sell", "instrument": "%(i)s", "date": DAY, "quantity": "1", "price": "1", "lots": [{"transaction": "@", "quantity": "1"}]},
    ),
    "changed instrument": ("instrument", "patch", "transactions/%(t)s", {"instrument": "@"}),
    "portfolio": ("portfolio", "post", "transactions", {"portfolio": "@", "type": "deposit", "date": DAY, "amount": "1"}),
    "target": ("portfolio", "post", "portfolios/%(p)s/transfers", {"target": "@", "instrument": "%(i)s", "date": DAY, "quantity": "1"}),
    "transferred instrument": ("instrument", "post", "portfolios/%(p)s/transfers", {"target": "%(o)s", "instrument": "@", "date": DAY, "quantity": "1"}),
    "transferred lot": (
        "transaction", "post", "portfolios/%(p)s/transfers",
        {"target": "%(o)s", "instrument": "%(i)s", "date": DAY, "quantity": "1", "lots": [{"transaction": "@", "quantity": "1"}]},
    ),
    "stated instrument": ("instrument", "post", "portfolios/%(p)s/reconcile", {"date": DAY, "positions": [{"instrument": "@", "quantity": "1"}]}),
    "statement": ("statement", "get", "portfolios/%(p)s/reconcile/@", None),
    "correction": ("statement", "post", "portfolios/%(p)s/reconcile/@/correct", {"key": "i1", "fix": "adjust"}),
    "proposal": ("proposal", "post", "portfolios/%(p)s/actions/@/accept", {}),
    "holding": ("instrument", "get", "portfolios/%(p)s/holdings/@", None),
    "added holding": ("instrument", "post", "portfolios/%(p)s/holdings", {"instrument": "@", "quantity": "1", "average_cost": "1"}),
    "lots": ("instrument", "get", "portfolios/%(p)s/lots?instrument=@", None),
    "methods": ("instrument", "get", "portfolios/%(p)s/lots/methods?instrument=@", None),
    "changes": ("instrument", "get", "portfolios/%(p)s/changes?from=2024-01-01&instrument=@", None),
    "explained instrument": ("instrument", "get", "portfolios/%(p)s/explain?figure=quantity&instrument=@", None),
    "explained lot": ("transaction", "get", "portfolios/%(p)s/explain?figure=cost&instrument=%(i)s&lot=@", None),
    "explained lot of all": ("transaction", "get", "portfolios/all/explain?figure=cost&instrument=%(i)s&lot=@", None),
    "explained portfolio": ("portfolio", "get", "portfolios/@/explain?figure=total_value", None),
    "benchmark": ("instrument", "patch", "portfolios/%(p)s", {"benchmark": "@"}),
    "transaction": ("transaction", "get", "transactions/@", None),
    "void": ("transaction", "delete", "transactions/@", None),
    "restore": ("transaction", "post", "transactions/@/restore", {}),
    "undo": ("statement", "post", "portfolios/%(p)s/reconcile/@/undo", {"fix": "adjust", "entries": [1]}),
    "undone entry": ("transaction", "post", "portfolios/%(p)s/reconcile/%(s)s/undo", {"fix": "adjust", "entries": ["@"]}),
    "listed portfolio": ("portfolio", "get", "transactions/portfolio/@", None),
    "export": ("portfolio", "get", "portfolios/@/export", None),
}  # fmt: skip


def _called(api: Any, mine: dict[str, Any], what: str, number: int) -> tuple[int, Any, str]:
    _, method, address, body = CALLS[what]
    url = "/api/v1/" + (address % mine).replace("@", str(number))
    sent = None if body is None else json.loads((json.dumps(body) % mine).replace('"@"', str(number)).replace("@", str(number)))
    answer = getattr(api, method)(url, sent, format="json") if method != "get" else api.get(url)
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    told = json.loads(text) if text else {}
    told.pop("request_id", None)
    told.pop("lot", None)  # as it was asked for
    return answer.status_code, json.loads(json.dumps(told, ensure_ascii=False).replace(f"“{number}”", "“@”")), text


@pytest.mark.parametrize("what", CALLS)
def test_what_is_anothers_answers_like_what_is_nothing(api: Any, mine: dict[str, Any], theirs: dict[str, int], what: str) -> None:
    before = Transaction.objects.count()
    foreign, nothing = (_called(api, mine, what, number) for number in (theirs[CALLS[what][0]], NOTHING))
    assert foreign[:2] == nothing[:2] and foreign[0] in (400, 404, 422), (foreign, nothing)
    assert SECRET not in foreign[2] and "HSE" not in foreign[2]
    if foreign[0] == 400:
        assert all(one["field"] for one in foreign[1]["errors"])
    assert Transaction.objects.count() == before


@pytest.mark.parametrize("query", ["instrument=%(instrument)s", "symbol=HSE", "search=ZEPHYRINE", "tag=ZEPHYRINE", "search=HSE&voided=true"])
def test_lists_find_nothing_of_others(api: Any, mine: dict[str, Any], theirs: dict[str, int], query: str) -> None:
    for address in ("transactions", f"portfolios/{mine['p']}/transactions"):
        assert api.get(f"/api/v1/{address}?{query % theirs}").json()["results"] == []


PAGES = {
    "clone": ("transaction", "/transactions/new/?clone=@"),
    "clone of an action": ("transaction", "/actions/new/?clone=@"),
    "form of an instrument": ("instrument", "/transactions/new/?kind=sell&instrument=@"),
    "transfer of an instrument": ("instrument", "/transfers/new/?instrument=@"),
    "action of an instrument": ("instrument", "/actions/new/?kind=split&instrument=@"),
    "action of a proposal": ("proposal", "/actions/new/?proposal=@"),
    "edit": ("transaction", "/transactions/@/edit/"),
    "void": ("transaction", "/transactions/@/void/"),
    "holding": ("instrument", "/holdings/@/"),
    "lot": ("transaction", "/holdings/%(i)s/?why=cost&lot=@"),
    "statement": ("statement", "/portfolios/%(p)s/reconcile/@/"),
    "preview of a correction": ("statement", "/portfolios/%(p)s/reconcile/@/correct/?key=i1&fix=adjust"),
    "lots of a portfolio": ("portfolio", "/portfolios/@/lots/"),
}


@pytest.mark.parametrize("what", PAGES)
def test_pages_find_nothing_of_others(signed_in: Any, mine: dict[str, Any], theirs: dict[str, int], what: str) -> None:
    kind, address = PAGES[what]
    foreign, nothing = (signed_in.get((address % mine).replace("@", str(number)), follow=True) for number in (theirs[kind], NOTHING))
    assert foreign.status_code == nothing.status_code == 404
    assert SECRET not in foreign.content.decode()


def test_forms_take_nothing_of_others(signed_in: Any, mine: dict[str, Any], theirs: dict[str, int]) -> None:
    """A portfolio that is not offered, an instrument by name and symbol, a lot and a target: each refused at the form, or left out."""
    before = Transaction.objects.count()
    for named in ("HSE", SECRET, f"HSE · {SECRET}"):
        entry = {"kind": "buy", "portfolio": mine["p"], "instrument": named, "traded_on": DAY, "quantity": "1", "price": "1"}
        leg = {
            "kind": "symbol_change",
            "portfolio": mine["p"],
            "instrument": "SHARE",
            "traded_on": DAY,
            "leg0_instrument": named,
            "leg0_new": "1",
            "leg0_old": "1",
        }
        moved = {"source": mine["p"], "target": mine["o"], "instrument": named, "quantity": "1", "day": DAY}
        for address, data in (("/transactions/new/", entry), ("/actions/new/", leg), ("/transfers/new/", moved)):
            answer = signed_in.post(address, data)
            assert answer.status_code == 422 and "No single instrument is meant" in answer.content.decode(), (address, named)
    for data in ({"source": mine["p"], "target": theirs["portfolio"]}, {"source": theirs["portfolio"], "target": mine["p"]}):
        assert signed_in.post("/transfers/new/", {**data, "instrument": "SHARE", "quantity": "1", "day": DAY}).status_code == 422
    entry = {"kind": "deposit", "portfolio": theirs["portfolio"], "traded_on": DAY, "amount": "1"}
    assert signed_in.post("/transactions/new/", entry).status_code == 422
    assert Transaction.objects.count() == before

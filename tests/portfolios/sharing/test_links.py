"""Public links: what strangers see by them, what they never see, and how a link ends."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolios.errors import NotAllowedForRole
from portfolios.models import Portfolio, PublicLink, PublicVisit
from portfolios.roles import Role
from portfolios.sharing import links
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories

# Numbers that stand in the ledger, and nowhere else in the world.
AMOUNTS = ("7319", "48271", "613.37", "83.21", "51069", "609031", "9061", "88140")


@pytest.fixture
def world(person: Any, today: date) -> Portfolio:
    """A ledger of odd amounts: cash, a stock and a private house, with a name and notes of the owner's."""
    portfolio = factories.make_portfolio(person, name="Nest egg of Mia Lindqvist")
    began = today - timedelta(days=400)
    stock = factories.make_instrument("ODD", price="83.21")
    house = factories.make_instrument("VILLA", owner=person, exchange="", price="9061", name="House in Almagro 7")
    factories.set_closes(stock, [(began + timedelta(days=n), "75.5") for n in range(0, 400, 5)])
    factories.record(portfolio, "deposit", began, amount="88140")
    factories.record(portfolio, "buy", began, stock, quantity="613.37", price="75.5", notes="for the boat")
    factories.record(portfolio, "buy", began + timedelta(days=1), house, quantity="2", price="8888")
    return portfolio


def text_of(token: str) -> tuple[str, str]:
    page, call = Client().get(f"/p/{token}/"), Client().get(f"/api/v1/public/{token}")
    assert page.status_code == call.status_code == 200, (page.status_code, call.content)
    return page.content.decode(), call.content.decode()


def test_a_link_shows_shares_returns_and_an_index_and_no_amount_unit_or_name(world: Portfolio, person: Any) -> None:
    made, token = links.make_link(person, world, days=7)
    page, call = text_of(token)
    body = json.loads(call)
    parts = {one["name"]: one["weight"]["value"] for one in body["parts"]}
    assert set(parts) == {"ODD Corporation", "Private holdings", "Cash"}
    assert abs(sum(map(float, parts.values())) - 1) < 0.002
    assert body["index"][0] == 100 and len(body["index"]) == len(body["days"]) > 300 and body["amounts"] is None
    assert {one["period"] for one in body["returns"]} == {"30 days", "This year", "12 months", "Since the beginning"}
    worth = {str(row.value.value).split(".")[0] for row in _table(world).rows} | {str(_table(world).value.value).split(".")[0]}
    for shown in (page, call):
        plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", shown)
        for never in (*AMOUNTS, *worth, "Nest egg", "Lindqvist", person.username, person.email, "Almagro", "VILLA", "boat", "EUR", "€"):
            assert never not in plain, never
    assert made.digest not in page + call and token not in str(PublicLink.objects.values_list("digest", flat=True).get())


def _table(portfolio: Portfolio) -> Any:
    from portfolios.selectors import holdings_of

    return holdings_of([portfolio])


def test_the_owner_may_add_amounts_and_nobody_else(world: Portfolio, person: Any, stranger: Any) -> None:
    set_membership(world, stranger, Role.MANAGER)
    with pytest.raises(NotAllowedForRole):
        links.make_link(stranger, world, days=7, with_amounts=True)
    _, token = links.make_link(person, world, days=7, with_amounts=True)
    page, call = text_of(token)
    amounts = json.loads(call)["amounts"]
    assert float(amounts["worth"]["value"]) == pytest.approx(float(_table(world).value.value))
    assert "€" in page and len(amounts["values"]) == 3
    assert "613.37" not in page + call  # units are never told


def _gone(token: str) -> tuple[str, str]:
    page, call = Client().get(f"/p/{token}/"), Client().get(f"/api/v1/public/{token}")
    assert page.status_code == call.status_code == 404
    for answer in (page, call):
        assert answer["X-Robots-Tag"].startswith("noindex") and answer["Cache-Control"] == "no-store"
    body = call.json() | {"request_id": ""}
    return re.sub(r"[0-9a-f]{32}", "", page.content.decode()), json.dumps(body)


def test_what_is_over_revoked_or_never_was_is_the_same_nothing(world: Portfolio, person: Any, stranger: Any) -> None:
    never = _gone("x" * 43)
    over, token = links.make_link(person, world, days=1)
    PublicLink.objects.filter(pk=over.pk).update(expires_at=timezone.now())
    assert _gone(token) == never
    revoked, token = links.make_link(person, world, days=1)
    text_of(token)
    links.revoke_link(person, world, revoked.pk)
    assert _gone(token) == never and not PublicVisit.objects.filter(link=revoked.pk).exists()
    set_membership(world, stranger, Role.MANAGER)
    _, token = links.make_link(stranger, world, days=1)
    text_of(token)
    end_membership(world, stranger)  # whoever made it may not share any more
    assert _gone(token) == never
    assert set(AuditEntry.objects.filter(subject=person.pk, action__startswith="link.").values_list("action", flat=True)) == {
        "link.made",
        "link.revoked",
    }


def test_answers_are_neither_kept_nor_indexed_nor_told_on(world: Portfolio, person: Any) -> None:
    _, token = links.make_link(person, world, days=1)
    for path in (f"/p/{token}/", f"/api/v1/public/{token}"):
        answer = Client().get(path)
        told = answer["X-Robots-Tag"], answer["Cache-Control"], answer["Referrer-Policy"]
        assert told == ("noindex, nofollow", "no-store", "no-referrer"), path


def test_visits_are_remembered_coarsely_and_only_the_newest(world: Portfolio, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_VISITS", 2)
    _, token = links.make_link(person, world, days=1)
    for address in ("192.0.2.77", "2001:db8:1:2::3", "198.51.100.9"):
        assert Client(REMOTE_ADDR=address).get(f"/p/{token}/").status_code == 200
    (one,) = links.links_of(world)
    assert one.opened == 3 and [visit.network for visit in one.visits] == ["198.51.100.0/24", "2001:db8:1::/48"]


def test_guessing_is_slowed_down_by_address(world: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    from portfolio_site.web.throttling import PublicThrottle

    monkeypatch.setattr(PublicThrottle, "THROTTLE_RATES", {"public": "3/min"})
    cache.clear()
    seen = [Client(REMOTE_ADDR="192.0.2.9").get(path).status_code for path in ("/p/a/", "/api/v1/public/b", "/p/c/", "/p/d/", "/api/v1/public/e")]
    assert seen == [404, 404, 404, 429, 429]
    assert Client(REMOTE_ADDR="192.0.2.10").get("/p/a/").status_code == 404


@pytest.mark.parametrize("many", [0, 6])
def test_the_page_costs_as_many_queries_however_much_is_held(world: Portfolio, person: Any, today: date, many: int) -> None:
    for number in range(many):
        one = factories.make_instrument(f"MORE{number}", price="5")
        factories.record(world, "buy", today - timedelta(days=9), one, quantity="3", price="5")
    _, token = links.make_link(person, world, days=1)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        text = Client().get(f"/p/{token}/")
    assert text.status_code == 200
    assert len(asked) == 14, "\n".join(one["sql"][:150] for one in asked)


def test_links_are_made_listed_and_revoked_on_the_page_and_over_the_api(world: Portfolio, person: Any, stranger: Any) -> None:
    browser, client = Client(), APIClient()
    browser.force_login(person)
    client.force_authenticate(person)
    page = browser.post(f"/portfolios/{world.pk}/share/", {"do": "link", "title": "Growth", "days": "7"}).content.decode()
    found = re.search(r"/p/([\w-]{43})/", page)
    assert found and "Growth" in text_of(found[1])[0]
    assert found[1] not in browser.get(f"/portfolios/{world.pk}/share/").content.decode()  # told once
    made = client.post(f"/api/v1/portfolios/{world.pk}/links", {"days": 1})
    assert made.status_code == 201 and "/p/" in made.json()["address"]
    listed = client.get(f"/api/v1/portfolios/{world.pk}/links").json()
    assert [one["title"] for one in listed] == ["A portfolio", "Growth"] and listed[1]["opened"] == 2
    assert client.delete(f"/api/v1/portfolios/{world.pk}/links?link={listed[0]['id']}").status_code == 204
    assert browser.post(f"/portfolios/{world.pk}/share/", {"do": "revoke", "number": listed[1]["id"]}).status_code == 302
    assert not links.links_of(world)
    assert client.post(f"/api/v1/portfolios/{world.pk}/links", {"days": 0}).status_code == 400
    with pytest.raises(Invalid):
        links.make_link(person, world, days=links.LONGEST + 1)


def test_a_portfolio_has_only_so_many_links(world: Portfolio, person: Any) -> None:
    for _ in range(links.MOST_LINKS):
        links.make_link(person, world, days=1)
    with pytest.raises(Conflict):
        links.make_link(person, world, days=1)

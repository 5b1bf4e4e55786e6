"""Opening sockets by ticket, key or connected app: each attack that a ticket could be open to, and what a key or an app may listen to."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.keys import calls
from accounts.keys.services import make_key, revoke_key
from accounts.models import ApiKey, ApiKeyCall, SocketTicket
from accounts.oauth.services import disconnect_app
from accounts.tasks import sweep
from accounts.tickets import services
from accounts.tickets.errors import BadOpening
from analytics.live import hub as hub_module
from portfolios.services import delete_portfolio
from tests.accounts.apps_flow import an_app, connected
from tests.live.peers import Peer, in_thread
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick")]
WAYS = ("session", "sign-in", "key", "app")


@pytest.fixture(autouse=True)
def nothing_waits():
    yield
    calls.forget_waiting()


class Way:
    """One way to ask for tickets, and how it ends."""

    def __init__(self, way, user):
        self.user, self.client = user, APIClient()
        self.secret = ""
        if way == "session":
            self.client = Client()
            self.client.force_login(user)
            self.end = self.client.logout
        elif way == "sign-in":
            pair = tokens.issue(user)
            self.secret = pair.access
            self.end = lambda: tokens.revoke(pair.refresh)
        elif way == "key":
            key, self.secret = make_key(user, name="x", scopes=["market:read", "portfolios:read"], days=None)
            self.end = lambda: revoke_key(user, key.pk)
        else:
            app, app_secret = an_app(user, scopes=("market:read", "portfolios:read"))
            self.secret = connected(user, app, app_secret, scope="market:read portfolios:read")["access_token"]
            self.end = lambda: disconnect_app(user, app.pk)
        if self.secret:
            self.client.credentials(HTTP_AUTHORIZATION=f"{'Api-Key' if way == 'key' else 'Bearer'} {self.secret}")

    def ticket(self):
        answer = self.client.post("/api/v1/auth/tickets")
        assert answer.status_code == 201 and answer["Cache-Control"] == "no-store" and answer.json()["expires_in"] == 30, answer.content
        return answer.json()["ticket"]


async def _opened(**shown):
    peer = await Peer("/api/v1/ws/live", origin=b"").open()
    await peer.says(type="auth", **shown)
    return peer


async def _is_in(peer) -> bool:
    await peer.says(type="ping")
    return (await peer.next())["type"] == "pong"


@pytest.mark.asyncio
@pytest.mark.parametrize("way", WAYS)
async def test_a_ticket_opens_one_socket_and_the_socket_ends_with_what_it_was_asked_for_with(way, person, held, monkeypatch):
    monkeypatch.setattr(hub_module, "SWEEP", 3600)  # it is told at once, and not found at the next look
    asked = await in_thread(Way)(way, person)
    ticket = await in_thread(asked.ticket)()
    peer = await _opened(ticket=ticket)
    await peer.says(type="subscribe", channels=[f"portfolio:{held[0].pk}"])
    assert (await peer.next("snapshot"))["channel"] == f"portfolio:{held[0].pk}"
    again = await _opened(ticket=ticket)
    assert await again.closed() == 4401
    await in_thread(asked.end)()
    if way == "session":  # signing out is found by the sweep
        monkeypatch.setattr(hub_module, "SWEEP", 0.1)
        await peer.leave()
    else:
        assert await peer.closed() == 4401


@pytest.mark.parametrize("way", WAYS)
def test_a_ticket_ends_with_what_it_was_asked_for_with_also_before_it_is_used(way, person):
    asked = Way(way, person)
    ticket = asked.ticket()
    asked.end()
    with pytest.raises(BadOpening):
        services.take_ticket(ticket)


@pytest.mark.parametrize("way", WAYS)
def test_of_many_who_show_one_ticket_at_once_one_gets_in(way, person):
    asked = Way(way, person)
    for _ in range(3):
        ticket = asked.ticket()
        outcomes = at_once(*[lambda ticket=ticket: services.take_ticket(ticket)] * 6)
        assert sorted(type(one).__name__ for one in outcomes) == ["BadOpening"] * 5 + ["Opened"]


def test_a_ticket_is_good_for_half_a_minute_and_then_swept(person):
    asked = Way("key", person)
    late, swept = asked.ticket(), asked.ticket()
    SocketTicket.objects.update(expires_at=timezone.now())
    with pytest.raises(BadOpening):
        services.take_ticket(late)
    sweep()
    assert not SocketTicket.objects.exists() and swept


def test_a_new_password_or_a_closed_account_ends_tickets(person):
    asked = Way("session", person)
    first, second = asked.ticket(), asked.ticket()
    person.set_password("another long sentence")
    person.save()
    with pytest.raises(BadOpening):
        services.take_ticket(first)
    type(person).objects.filter(pk=person.pk).update(is_active=False, password=person.password)
    with pytest.raises(BadOpening):
        services.take_ticket(second)


def test_only_the_hash_is_kept_and_until_it_is_used(person):
    ticket = Way("key", person).ticket()
    (row,) = SocketTicket.objects.values()
    assert ticket not in str(row) and ticket.removeprefix("wst_") not in str(row)
    services.take_ticket(ticket)
    assert not SocketTicket.objects.exists()


def test_tickets_that_wait_are_limited_to_as_many_as_one_may_open(person, monkeypatch):
    asked = Way("key", person)
    monkeypatch.setattr(services, "MOST", 2)
    for _ in range(2):
        asked.ticket()
    refused = asked.client.post("/api/v1/auth/tickets")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_tickets")
    SocketTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    asked.ticket()


def test_nobody_gets_a_ticket_without_a_credential_or_with_one_that_lacks_the_scope(person):
    assert APIClient().post("/api/v1/auth/tickets").status_code == 401
    _, secret = make_key(person, name="x", scopes=["alerts:read"], days=None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    assert client.post("/api/v1/auth/tickets").json()["code"] == "insufficient_scope"
    crossing = Client(enforce_csrf_checks=True)  # another site's form in the person's browser
    crossing.force_login(person)
    assert crossing.post("/api/v1/auth/tickets").status_code == 403 and not SocketTicket.objects.exists()


@pytest.mark.asyncio
async def test_somebody_elses_ticket_shows_what_is_theirs_and_nothing_of_mine(person, stranger, held):
    ticket = await in_thread(lambda: Way("session", stranger).ticket())()
    peer = await _opened(ticket=ticket)
    await peer.says(type="subscribe", channels=[f"portfolio:{held[0].pk}"])
    assert (await peer.next("error"))["code"] == "not_found"
    await peer.leave()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "shown",
    [{}, {"ticket": "wst_x"}, {"ticket": 7}, {"ticket": "both", "token": "both"}, {"token": "pk_x"}, {"token": "x" * 5000}, {"token": "\ud800"}],
)
async def test_anything_else_opens_nothing(shown, person):
    peer = await Peer("/api/v1/ws/live", origin=b"").open()
    await peer.wire.send_to(text_data=json.dumps({"type": "auth"} | shown))
    assert await peer.closed() in (4401, 1003)


@pytest.mark.asyncio
@pytest.mark.parametrize("way", WAYS)
async def test_nothing_in_the_address_opens_a_socket(way, person, monkeypatch):
    monkeypatch.setattr("analytics.consumers.base.AUTH_TIMEOUT", 0.1)
    asked = await in_thread(Way)(way, person)
    ticket = await in_thread(asked.ticket)()
    peer = await Peer(f"/api/v1/ws/live?ticket={ticket}&token={asked.secret}", origin=b"").open()
    assert await peer.closed() == 4401
    assert await SocketTicket.objects.acount() == 1


@pytest.mark.asyncio
async def test_the_pages_socket_takes_sessions_alone(person):
    ticket = await in_thread(lambda: Way("session", person).ticket())()
    peer = await Peer("/ws/prices/", origin=b"").open()
    await peer.says(type="auth", ticket=ticket)
    assert await peer.closed() == 4401


@pytest.mark.asyncio
@pytest.mark.parametrize("way", ["key", "app"])
async def test_a_key_or_an_app_opens_a_socket_for_its_scopes_and_until_it_ends(way, person, held, monkeypatch):
    monkeypatch.setattr(hub_module, "SWEEP", 3600)
    asked = await in_thread(Way)(way, person)
    peer = await _opened(token=asked.secret)
    await peer.says(type="subscribe", channels=["alerts", "imports"])
    refused, joined = await peer.next("error"), await peer.next("snapshot")
    assert (refused["code"], refused["channel"], joined["channel"]) == ("insufficient_scope", "alerts", "imports")
    await in_thread(asked.end)()
    assert await peer.closed() == 4401


@pytest.mark.asyncio
async def test_a_key_that_is_over_opens_nothing_and_its_person_reads_of_both_tries(person):
    key, secret = await in_thread(make_key)(person, name="x", scopes=["market:read"], days=1)
    peer = await _opened(token=secret)
    assert await _is_in(peer)
    await ApiKey.objects.aupdate(expires_at=timezone.now())
    assert await peer.closed() == 4401  # at the next look
    late = await _opened(token=secret)
    assert await late.closed() == 4401
    await in_thread(calls.write_calls)()
    assert [one async for one in ApiKeyCall.objects.filter(key=key).order_by("pk").values_list("path", "status")] == [
        ("/api/v1/ws/live", 101),
        ("/api/v1/ws/live", 401),
    ]


@pytest.mark.asyncio
async def test_a_key_without_portfolios_is_closed_at_the_portfolio(person, held):
    _, secret = await in_thread(make_key)(person, name="x", scopes=["market:read"], days=None)
    peer = await Peer(f"/api/v1/ws/portfolio/{held[0].pk}", origin=b"").open()
    await peer.says(type="auth", token=secret)
    assert await peer.closed() == 4403


@pytest.mark.asyncio
async def test_a_socket_by_ticket_closes_when_what_it_shows_is_gone(person, held):
    ticket = await in_thread(lambda: Way("key", person).ticket())()
    peer = await Peer(f"/api/v1/ws/portfolio/{held[0].pk}", origin=b"").open()
    await peer.says(type="auth", ticket=ticket)
    await peer.next("snapshot")
    await in_thread(delete_portfolio)(person, held[0])
    assert await peer.closed() == 4403


def test_signing_out_ends_a_session_that_a_ticket_was_asked_for_with(person):
    asked = Way("session", person)
    ticket = asked.ticket()
    Session.objects.all().delete()
    with pytest.raises(BadOpening):
        services.take_ticket(ticket)

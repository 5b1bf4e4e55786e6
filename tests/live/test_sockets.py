"""What sockets show, to whom, and how they end."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from accounts.sessions import end_other_sessions, end_session
from accounts.tokens import issue
from accounts.viewing.middleware import VIEW_KEY
from analytics.consumers import base
from analytics.live import hub as hub_module
from market.signals import news_stored
from portfolio_site.web import push
from portfolios.imports.reading import touch
from portfolios.models import ImportBatch
from portfolios.selectors import holdings_of
from portfolios.services import delete_portfolio, void_transaction
from tests import factories
from tests.live.peers import Peer, application, in_thread, new_price, session_cookie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("quick")]


# ── who may listen ──────────────────────────────────────────────────────────


async def test_a_page_of_another_origin_is_turned_away(person, held):
    peer = Peer("/ws/prices/", await in_thread(session_cookie)(person), origin=b"https://evil.example")
    accepted, _ = await peer.wire.connect()
    assert not accepted


async def test_a_host_that_is_not_ours_is_turned_away_even_where_the_origin_agrees(person):
    wire = WebsocketCommunicator(application, "/ws/prices/", headers=[(b"host", b"evil.example"), (b"origin", b"http://evil.example")])
    accepted, _ = await wire.connect()
    assert not accepted


async def test_an_unknown_address_is_turned_away():
    accepted, _ = await Peer("/ws/nothing").wire.connect()
    assert not accepted


async def test_a_page_without_a_session_is_closed_with_4401():
    peer = await Peer("/ws/prices/").open()
    assert await peer.closed() == 4401


async def test_a_session_that_looks_at_somebodys_account_opens_no_socket(person, held):
    cookie = await in_thread(session_cookie)(person)
    await in_thread(_look)(cookie)
    assert await (await Peer("/ws/prices/", cookie).open()).closed() == 4403


def _look(cookie):
    session = SessionStore(cookie.split("=", 1)[1] if "=" in cookie else cookie)
    session[VIEW_KEY] = 1
    session.save()


async def test_a_session_without_an_origin_does_not_count(person, monkeypatch):
    monkeypatch.setattr(base, "AUTH_TIMEOUT", 0.1)
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person), origin=b"").open()
    assert await peer.closed() == 4401


async def test_who_does_not_say_who_they_are_in_time_is_closed_with_4401(monkeypatch):
    monkeypatch.setattr(base, "AUTH_TIMEOUT", 0.1)
    peer = await Peer("/api/v1/ws/live", origin=b"").open()
    assert await peer.closed() == 4401


async def test_a_wrong_token_is_closed_with_4401():
    peer = await Peer("/api/v1/ws/live", origin=b"").open()
    await peer.says(type="auth", token="not.a.token")
    assert await peer.closed() == 4401


async def test_a_token_in_the_first_message_opens_the_socket(person, held):
    pair = await in_thread(issue)(person)
    peer = await Peer(f"/api/v1/ws/portfolio/{held[0].pk}", origin=b"").open()
    await peer.says(type="auth", token=pair.access)
    assert (await peer.next("snapshot"))["channel"] == f"portfolio:{held[0].pk}"
    await peer.leave()


async def test_a_stranger_is_closed_with_4403(stranger, held):
    peer = await Peer(f"/api/v1/ws/portfolio/{held[0].pk}", await in_thread(session_cookie)(stranger)).open()
    assert await peer.closed() == 4403


async def test_a_strangers_subscription_gets_an_error_and_no_figures(stranger, held):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(stranger)).open()
    await peer.says(type="subscribe", channels=[f"portfolio:{held[0].pk}"])
    message = await peer.next()
    assert (message["type"], message["code"]) == ("error", "not_found")
    await in_thread(new_price)(held[1][0], "13")
    assert await peer.wire.receive_nothing(0.6)
    await peer.leave()


async def test_somebody_elses_own_instrument_is_not_quoted(person, stranger):
    house = await in_thread(factories.make_instrument)("HOUSE", price="250000", owner=stranger)
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=["quotes:HOUSE"])
    assert (await peer.next())["code"] == "unknown_instrument"
    await peer.leave()
    page = await Peer("/ws/prices/", await in_thread(session_cookie)(person)).open()
    await page.says(type="watch", ids=[str(house.pk)])
    assert (await page.next("tick"))["rows"] == []
    await page.leave()


async def test_signing_out_closes_the_socket_within_a_sweep(person, held):
    client = Client()
    await in_thread(client.force_login)(person)
    peer = await Peer("/ws/prices/", f"sessionid={client.cookies['sessionid'].value}").open()
    await peer.says(type="watch", ids=[], p="")
    await peer.next("hello")
    await in_thread(client.logout)()
    assert await peer.closed() == 4401


@pytest.mark.parametrize("way", ["this session", "all others", "a factor"])
async def test_an_ended_sign_in_closes_its_sockets_before_the_next_sweep(person, held, monkeypatch, way):
    monkeypatch.setattr(hub_module, "SWEEP", 3600)
    client = Client()
    await in_thread(client.force_login)(person)
    key = client.session.session_key
    row = await UserSession.objects.acreate(user=person, ip="192.0.2.1", session_key=key, user_agent="x")
    page = await Peer("/ws/prices/", f"sessionid={key}").open()
    await page.says(type="watch", ids=[], p="")
    await page.next("hello")
    pair = await in_thread(issue)(person)
    program = await Peer("/api/v1/ws/live", origin=b"").open()
    await program.says(type="auth", token=pair.access)
    await program.says(type="ping")
    await program.next("pong")
    if way == "this session":
        await in_thread(end_session)(person, row.pk, keep="")
        assert await page.closed() == 4401
        await program.leave()
    elif way == "all others":
        await in_thread(end_other_sessions)(person, keep="")
        assert await page.closed() == await program.closed() == 4401
    else:
        authenticator = await Authenticator.objects.acreate(user=person, type="totp", data={"secret": "x"})
        await in_thread(authenticator_added.send)(Authenticator, request=None, user=person, authenticator=authenticator)
        assert await program.closed() == 4401
        await page.leave()


async def test_a_new_password_closes_the_sockets_of_the_old_one(person, held):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="ping")
    await peer.next("pong")
    person.set_password("another long sentence")
    await in_thread(person.save)()
    assert await peer.closed() == 4401


async def test_a_portfolio_that_is_gone_closes_its_sockets_with_4403(person, held):
    portfolio, _ = held
    peer = await Peer(f"/api/v1/ws/portfolio/{portfolio.pk}", await in_thread(session_cookie)(person)).open()
    await peer.next("snapshot")
    await in_thread(delete_portfolio)(person, portfolio)
    assert await peer.closed() == 4403


# ── what is shown ───────────────────────────────────────────────────────────


async def test_the_snapshot_is_the_selectors_answer_to_the_last_digit(person, held):
    portfolio, _ = held
    peer = await Peer(f"/api/v1/ws/portfolio/{portfolio.pk}", await in_thread(session_cookie)(person)).open()
    shot = await peer.next("snapshot")
    table = await in_thread(holdings_of)(portfolio)
    assert Decimal(shot["total_value"]) == table.value.value
    assert Decimal(shot["total_gain"]) == table.total_gain.value
    assert Decimal(shot["day_change"]) == table.day_change.value
    assert {row["instrument"]: Decimal(row["market_value"]) for row in shot["holdings"]} == {r.instrument.id: r.value.value for r in table.rows}
    assert shot["seq"] == 1 and shot["time"]
    await peer.leave()


async def test_a_tick_revalues_the_portfolio_as_the_selectors_would(person, held):
    portfolio, instruments = held
    peer = await Peer(f"/api/v1/ws/portfolio/{portfolio.pk}", await in_thread(session_cookie)(person)).open()
    await peer.next("snapshot")
    for instrument, price in zip(instruments, ("13.123456789012345678", "14.01"), strict=True):
        await in_thread(new_price)(instrument, price)
    table = await in_thread(holdings_of)(portfolio)
    message = await peer.next("portfolio")
    while Decimal(message["total_value"]) != table.value.value:
        message = await peer.next("portfolio")
    assert Decimal(message["total_gain"]) == table.total_gain.value
    assert Decimal(message["day_change"]) == table.day_change.value
    assert Decimal(message["day_change_percent"]) == (table.day_change_fraction.value * 100)
    await peer.leave()


async def test_a_new_entry_in_the_ledger_sends_a_new_snapshot(person, held):
    portfolio, _ = held
    peer = await Peer(f"/api/v1/ws/portfolio/{portfolio.pk}", await in_thread(session_cookie)(person)).open()
    before = await peer.next("snapshot")
    entry = await in_thread(lambda: portfolio.transactions.filter(kind="buy").order_by("id").last())()
    await in_thread(void_transaction)(person, entry)
    after = await peer.next("snapshot")
    assert len(after["holdings"]) == len(before["holdings"]) - 1
    await peer.leave()


async def test_quotes_arrive_in_order_with_the_newest_price(person, held):
    _, (first, second) = held
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=[f"quotes:{first.symbol},{second.symbol}"])
    shot = await peer.next("snapshot")
    assert {quote["symbol"] for quote in shot["quotes"]} == {first.symbol, second.symbol}
    await in_thread(new_price)(first, "15")
    message = await peer.next("quotes")
    assert [(q["symbol"], q["price"], q["change"], q["change_percent"]) for q in message["quotes"]] == [(first.symbol, "15", "3", "25")]
    assert message["seq"] == shot["seq"] + 1
    await peer.leave()


async def test_many_ticks_are_sent_as_few_messages_the_last_of_them_newest(person, held):
    _, (first, _) = held
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=[f"quotes:{first.symbol}"])
    await peer.next("snapshot")
    began = asyncio.get_running_loop().time()
    for step in range(30):
        await in_thread(new_price)(first, f"13.{step:02}")
    spent = asyncio.get_running_loop().time() - began
    count, price = 0, ""
    while price != "13.29":
        message = await peer.next("quotes")
        count, price = count + 1, message["quotes"][0]["price"]
    assert count <= 4 * spent + 3
    await peer.leave()


async def test_what_is_no_longer_subscribed_to_is_no_longer_sent(person, held):
    _, (first, _) = held
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    channel = f"quotes:{first.symbol}"
    await peer.says(type="subscribe", channels=[channel])
    await peer.next("snapshot")
    await peer.says(type="unsubscribe", channels=[channel])
    await peer.says(type="ping")
    await peer.next("pong")
    await in_thread(new_price)(first, "15")
    assert await peer.wire.receive_nothing(0.6)
    await peer.leave()


async def test_resume_sends_fresh_snapshots_of_everything(person, held):
    portfolio, (first, _) = held
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=[f"portfolio:{portfolio.pk}", f"quotes:{first.symbol}"])
    await peer.next("snapshot")
    await peer.next("snapshot")
    await peer.says(type="resume", seq=1)
    channels = {(await peer.next("snapshot"))["channel"] for _ in range(2)}
    assert channels == {f"portfolio:{portfolio.pk}", f"quotes:{first.symbol}"}
    await peer.leave()


async def test_news_for_a_person_reaches_their_sockets_and_nobody_elses(person, stranger):
    mine = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    theirs = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(stranger)).open()
    for peer in (mine, theirs):
        await peer.says(type="subscribe", channels=["alerts"])
        await peer.next("snapshot")
    await in_thread(push.send)(f"user.{person.pk}", {"type": "alert.fired", "user": person.pk, "alert": {"id": 3, "text": "AAPL rose"}})
    assert (await mine.next("alert"))["text"] == "AAPL rose"
    assert await theirs.wire.receive_nothing(0.5)
    await mine.leave()
    await theirs.leave()


async def test_an_import_says_how_far_it_is_to_whoever_began_it(person, stranger, held):
    batch = await in_thread(_begun_import)(held[0], person)
    mine = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    page = await Peer("/ws/prices/", await in_thread(session_cookie)(person)).open()
    theirs = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(stranger)).open()
    for peer in (mine, theirs):
        await peer.says(type="subscribe", channels=["imports"])
        await peer.next("snapshot")
    await page.says(type="watch", ids=[], p="")
    await page.next("hello")
    await in_thread(touch)(batch, 40)
    for peer in (mine, page):
        message = await peer.next("import")
        assert (message["id"], message["rows_done"], message["rows_total"]) == (batch.pk, 40, 100)
    assert await theirs.wire.receive_nothing(0.4)
    for peer in (mine, page, theirs):
        await peer.leave()


def _begun_import(portfolio, person):
    return ImportBatch.objects.create(portfolio=portfolio, uploaded_by=person, status="reading", rows_total=100, file_name="a.csv")


async def test_news_reaches_those_who_look_at_what_it_is_about(person, held):
    portfolio, (first, second) = held
    other = await in_thread(factories.make_instrument)("OTHER", price="1")
    reader = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    holder = await Peer(f"/api/v1/ws/portfolio/{portfolio.pk}", await in_thread(session_cookie)(person)).open()
    await reader.says(type="subscribe", channels=["news", f"quotes:{first.symbol}"])
    await holder.says(type="subscribe", channels=["news"])
    for peer in (reader, holder):
        await peer.next("snapshot")
        await peer.next("snapshot")
    await in_thread(news_stored.send)(None, instrument_ids=(first.pk, second.pk, other.pk))
    assert (await reader.next("news"))["instruments"] == [first.pk]
    assert (await holder.next("news"))["instruments"] == sorted([first.pk, second.pk])
    for peer in (reader, holder):
        await peer.leave()


# ── the pages' socket ───────────────────────────────────────────────────────


async def test_the_page_gets_finished_text_in_the_persons_locale(person, held):
    portfolio, instruments = held
    await in_thread(lambda: type(person.preferences).objects.filter(user=person).update(locale="de-DE", base_currency="EUR"))()
    euro = next(one for one in instruments if one.currency == "EUR")
    page = await Peer("/ws/prices/", await in_thread(session_cookie)(person)).open()
    await page.says(type="watch", ids=[str(one.pk) for one in instruments] + ["nonsense", "99999999999999999999"], p=str(portfolio.pk))
    hello = await page.next()
    assert (hello["type"], hello["state"]) == ("hello", "live")
    first = await page.next("tick")
    assert {row["id"] for row in first["rows"]} == {str(one.pk) for one in instruments}
    await in_thread(new_price)(euro, "1234.5")
    tick = await page.next("tick")
    while not tick["rows"] or not tick["rows"][0]["price"].startswith("1"):
        tick = await page.next("tick")
    row = tick["rows"][0]
    assert row["price"] == "1.234,50\u00a0€" and (row["dir"], row["sign"]) == (1, 1)
    table = await in_thread(holdings_of)(portfolio)
    assert tick["totals"]["nav"].replace(".", "").replace(",", ".").removesuffix("\u00a0€") == f"{table.value.value:.2f}"
    await page.leave()


async def test_hidden_amounts_are_not_sent(person, held):
    _, instruments = held
    await in_thread(lambda: type(person.preferences).objects.filter(user=person).update(hide_amounts=True))()
    page = await Peer("/ws/prices/", await in_thread(session_cookie)(person)).open()
    await page.says(type="watch", ids=[str(instruments[0].pk)], p="")
    tick = await page.next("tick")
    assert set(tick["totals"]["nav"]) == {"\u2022"} and set(tick["rows"][0]["value"]) == {"\u2022"}
    assert "%" in tick["rows"][0]["pct"] and "\u2022" not in tick["rows"][0]["price"]
    await page.leave()


async def test_a_strangers_portfolio_in_the_address_gives_no_totals(stranger, held):
    page = await Peer("/ws/prices/", await in_thread(session_cookie)(stranger)).open()
    await page.says(type="watch", ids=[str(held[1][0].pk)], p=str(held[0].pk))
    tick = await page.next("tick")
    assert "totals" not in tick and "value" not in tick["rows"][0]
    await page.leave()

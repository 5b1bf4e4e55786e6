"""Who may listen to what: every socket × every message that it takes × every role × whose portfolio it is; and for whom each task acts.

Addresses come from the router, messages from the code of the consumers, tasks from the worker.  One that stands in no table here fails.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache

from accounts.models import AuditEntry
from analytics.consumers import LiveSocket, PortfolioSocket, PricesSocket
from analytics.consumers.api import LETTERS
from analytics.consumers.base import Socket
from portfolio_site.celery import app
from portfolio_site.sockets import ROUTES
from tests.access.test_matrix import MEMBERS, ROLES, World
from tests.live.peers import Peer, in_thread, session_cookie

# Of each address, how a portfolio is asked for there; both ways of writing an address are one.
ADDRESSES = {"ws/prices/": "watch", "api/v1/ws/live": "subscribe", "api/v1/ws/portfolio/<id:pk>": "open"}
# Of each kind of message whether it names something that could be somebody else's.
MESSAGES: dict[type[Socket], dict[str, bool]] = {
    PricesSocket: {"watch": True},
    LiveSocket: {"subscribe": True, "unsubscribe": False, "ping": False, "resume": False, "auth": False},
}
MESSAGES[PortfolioSocket] = MESSAGES[LiveSocket]
PERSONAL_CHANNELS = {"alerts", "imports", "news"}  # of whoever listens, by the number of the person alone: nothing is named

# Tasks take numbers of rows that a service wrote after it had asked; these ask again when they run, since a right may have ended.
ASK_AGAIN = {"portfolios.imports.tasks.commit_batch"}
# Rows of one person, named by a number from that person's own deed: what they read and write is that row's alone.
OF_ONE_PERSON = {
    "accounts.tasks.erase_person", "accounts.tasks.make_export", "accounts.tasks.read_arrival", "accounts.tasks.send_confirmation",
    "accounts.tasks.send_last_mail", "accounts.tasks.send_mail", "alerts.tasks.mark_portfolio", "market.tasks.list_found", "market.tasks.merge_two", "market.tasks.try_feed",
    "portfolios.imports.tasks.read_batch",
}  # fmt: skip
# What is everybody's, or each row for whose it is.
FOR_NOBODY = {
    "accounts.tasks.apply_retention", "accounts.tasks.sweep", "accounts.tasks.sweep_data_rights", "alerts.tasks.begin_day", "alerts.tasks.check",
    "alerts.tasks.deliver", "alerts.tasks.forget_deliveries", "alerts.tasks.look", "alerts.tasks.mark_instruments", "alerts.tasks.sweep_outbox",
    "alerts.tasks.sweep_quotes", "alerts.tasks.tell_held", "analytics.tasks.plan_snapshots", "analytics.tasks.sweep_snapshots",
    "analytics.tasks.take_snapshots", "market.tasks.close_days", "market.tasks.fetch_intraday_of", "market.tasks.fetch_news_of",
    "market.tasks.fetch_rates", "market.tasks.fetch_riskless", "market.tasks.forget_intraday", "market.tasks.forget_merges",
    "market.tasks.link_symbols", "market.tasks.list_indices", "market.tasks.plan_histories", "market.tasks.plan_news",
    "market.tasks.plan_profiles", "market.tasks.plan_quotes", "market.tasks.refresh_histories_of", "market.tasks.refresh_profiles_of",
    "market.tasks.refresh_quotes_of", "market.tasks.search_sources", "market.tasks.sweep_blends", "market.tasks.sweep_merges",
    "market.tasks.sweep_news", "market.tasks.tick_demo", "market.tasks.top_up", "portfolio_site.tasks.canary",
    "portfolio_site.tasks.nightly_check", "portfolio_site.tasks.ring_missed", "portfolios.actions.tasks.propose",
    "portfolios.imports.tasks.sweep_imports", "portfolios.tasks.check_ledgers",
}  # fmt: skip


def test_every_address_of_a_socket_stands_in_the_table() -> None:
    assert {str(one.pattern).rstrip("/") for one in ROUTES} == {one.rstrip("/") for one in ADDRESSES}


@pytest.mark.parametrize("consumer", list(MESSAGES), ids=lambda one: one.__name__)
def test_every_message_that_a_socket_takes_stands_in_the_table(consumer: type[Socket]) -> None:
    assert _heard(consumer) == set(MESSAGES[consumer]), "say above whether the message names something that could be somebody else's"
    assert set(LETTERS) == PERSONAL_CHANNELS


def _heard(consumer: type[Socket]) -> set[str]:
    """The kinds of messages that `heard` tells apart."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(consumer.heard)))
    cases = {node.value.value for node in ast.walk(tree) if isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant)}
    compared = {one.value for node in ast.walk(tree) if isinstance(node, ast.Compare) for one in node.comparators if isinstance(one, ast.Constant)}
    return {str(one) for one in cases | compared}


def test_every_task_stands_in_one_table() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith(("celery.", "tests."))}
    tables = (ASK_AGAIN, OF_ONE_PERSON, FOR_NOBODY)
    assert ours == set().union(*tables), "say above for whom the task acts, and ask that person's role where it acts for one"
    assert sum(map(len, tables)) == len(ours)


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.usefixtures("quick")
async def test_every_socket_tells_exactly_the_roles_that_may_see(today: Any) -> None:
    world = await in_thread(World)(today)
    wrong, tried = [], 0
    for role in ROLES:
        cookie = "" if role == "anonymous" else await in_thread(session_cookie)(world.people[role])
        for whose in ("shared", "foreign", "deleted", "random"):
            for address, how in ADDRESSES.items():
                told = await _asks(address, how, world.of(role, whose)["portfolio"], cookie)
                tried += 1
                if told != _expected(role, whose):
                    wrong.append((role, whose, address, told))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried == len(ROLES) * 4 * len(ADDRESSES)


def _expected(role: str, whose: str) -> str:
    if role == "anonymous":
        return "unknown"
    return "figures" if whose == "shared" and role in {"owner", *MEMBERS} else "nothing"


async def _asks(address: str, how: str, number: int, cookie: str) -> str:
    """What a socket answers who asks for a portfolio: its figures, nothing, or who is there."""
    peer = await Peer("/" + address.replace("<id:pk>", str(number)), cookie).open()
    if not cookie:
        if address.startswith("api/"):
            await peer.says(type="auth", token="none")
        return "unknown" if await peer.closed() == 4401 else "known"
    if how == "open":
        event = await peer.wire.receive_output(timeout=10)
        said = "nothing" if event == {"type": "websocket.close", "code": 4403} else _said(event["text"])
    elif how == "subscribe":
        await peer.says(type="subscribe", channels=[f"portfolio:{number}"])
        said = _said(await peer.wire.receive_from(timeout=10))
    else:
        await peer.says(type="watch", ids=[], p=str(number))
        await peer.next("hello", timeout=10)
        said = "figures" if "totals" in await peer.next("tick", timeout=10) else "nothing"
    await peer.leave()
    return said


def _said(text: str) -> str:
    if '"total_value"' in text:
        return "figures"
    return "nothing" if '"code":"not_found"' in text else text


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("address", list(ADDRESSES))
async def test_what_a_stranger_asks_a_socket_for_stands_in_the_owners_log_when_it_has_ended(
    address: str, person: Any, stranger: Any, portfolio: Any
) -> None:
    cache.clear()
    cookie = await in_thread(session_cookie)(stranger)
    for number in (portfolio.pk, 10**15):
        assert await _asks(address, ADDRESSES[address], number, cookie) == "nothing"
    entries = await sync_to_async(list)(
        AuditEntry.objects.filter(action="access.not_theirs").values_list("subject", "actor", "object_type", "object_id")
    )
    assert entries == [(person.pk, stranger.pk, "portfolio", str(portfolio.pk))]

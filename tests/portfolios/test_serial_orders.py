"""Several commands of every kind at the same moment, over real HTTP: what comes out is what some order of them gives.

Each trial sends four commands at once: one of the kind under test, and three others by chance.  The answers and the ledger must
be those of one of the 24 orders in which they can happen, by the independent reference.  With the lock taken out they are not.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import permutations
from random import Random
from typing import Any

import pytest

from portfolio_site.web.json import dumps
from portfolios.models import Transaction
from portfolios.services import recording
from portfolios.services.projections import check_portfolio
from tests.factories import make_portfolio, record
from tests.portfolios.test_races import _nobody_waits, seller, slow
from tests.threads import at_once
from tests.truth.world import LONG
from tests.truth.world import day as nth

__all__ = ["seller", "slow"]  # fixtures of the other races

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.slow]

KINDS = ["sell", "transfer", "split", "edit", "delete"]
TRIALS = 200 if LONG else 4
CONTROLS = 40 if LONG else 6
CONFLICT = 409


def _send(method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> int:
    request = urllib.request.Request(url, data=dumps(body) if body else None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@dataclass
class Shelf:
    """The units of both portfolios, by hand: what each entry does on its day; an entry that does not fit is not taken."""

    here: dict[str, tuple[int, str, Decimal]]  # name → day, what, number

    def fits(self, entries: dict[str, tuple[int, str, Decimal]]) -> bool:
        held = Decimal(0)
        for _, what, number in sorted(entries.values()):
            if what == "split" and not held:
                return False
            held = held * number if what == "split" else held + number if what == "buy" else held - number
            if held < 0:
                return False
        return True

    def put(self, name: str, entry: tuple[int, str, Decimal] | None, well: int) -> int:
        """Put an entry in, or another in its place, or take it out.  The answer."""
        if (entry is None or name in ("first", "second")) and name not in self.here:
            return 404
        after = {key: value for key, value in self.here.items() if key != name} | ({name: entry} if entry else {})
        if not self.fits(after):
            return 422
        self.here = after
        return well


@dataclass(frozen=True)
class Command:
    """What is sent, and what it does to a shelf."""

    send: Callable[[], int]
    name: str
    entry: tuple[int, str, Decimal] | None
    well: int


class Trial:
    """10 units bought, then 5; and a second portfolio for transfers."""

    def __init__(self, server: Any, seller: dict[str, Any]) -> None:
        self.portfolio, self.other = (make_portfolio(seller["person"], name=name) for name in ("Here", "There"))
        self.share, self.headers, self.api = seller["instrument"], seller["headers"], f"{server.url}/api/v1"
        self.first = record(self.portfolio, "buy", nth(1), self.share, quantity="10", price="1")
        self.second = record(self.portfolio, "buy", nth(2), self.share, quantity="5", price="2")
        self.begin = {"first": (1, "buy", Decimal(10)), "second": (2, "buy", Decimal(5))}

    def command(self, kind: str, place: int, dice: Random) -> Command:
        post = partial(_send, "POST", f"{self.api}/portfolios/{self.portfolio.pk}/transactions", self.headers)
        units = Decimal(dice.randint(5, 12))
        if kind == "sell":
            day = 5 + place
            body = {"type": "sell", "instrument": self.share.pk, "date": nth(day).isoformat(), "quantity": str(units), "price": "1"}
            return Command(partial(post, body), f"sell{place}", (day, "sell", units), 201)
        if kind == "split":
            day = 3 + place % 2
            body = {"type": "split", "instrument": self.share.pk, "date": nth(day).isoformat(), "ratio_new": "1", "ratio_old": "2"}
            return Command(partial(post, body), f"split{place}", (day, "split", Decimal("0.5")), 201)
        if kind == "transfer":
            day = 10 + place
            body = {"target": self.other.pk, "instrument": self.share.pk, "date": nth(day).isoformat(), "quantity": str(units)}
            url = f"{self.api}/portfolios/{self.portfolio.pk}/transfers"
            return Command(partial(_send, "POST", url, self.headers, body), f"transfer{place}", (day, "transfer", units), 201)
        name = dice.choice(["first", "second"])
        url = f"{self.api}/transactions/{getattr(self, name).entry}"
        if kind == "edit":
            body = {"quantity": str(units)}
            return Command(partial(_send, "PATCH", url, self.headers, body), name, (1 if name == "first" else 2, "buy", units), 200)
        return Command(partial(_send, "DELETE", url, self.headers), name, None, 204)

    def run(self, kind: str, seed: int) -> bool:
        """Whether it came out as some order of the commands says."""
        dice = Random(seed)
        commands = [self.command(one, place, dice) for place, one in enumerate([kind, *(dice.choice(KINDS) for _ in range(3))])]
        answers = at_once(*[command.send for command in commands])
        done = [(command, answer) for command, answer in zip(commands, answers, strict=True) if answer != CONFLICT]
        for command, answer in zip(commands, answers, strict=True):
            # whoever finds the entry changed between reading and writing it is told so, and nothing happens
            if answer == CONFLICT and not any(other.name == command.name and status in (200, 204) for other, status in done):
                return False
        live = Transaction.objects.live().filter(portfolio=self.portfolio)
        found = sorted((row.traded_on, row.kind.removesuffix("_out"), row.quantity) for row in live)
        there = sum((row.quantity for row in Transaction.objects.live().filter(portfolio=self.other)), Decimal(0))
        return any(self._is(order, found, there) for order in permutations(done))

    def _is(self, order: tuple[tuple[Command, int], ...], found: list[Any], there: Decimal) -> bool:
        shelf = Shelf(dict(self.begin))
        if any(shelf.put(command.name, command.entry, command.well) != answer for command, answer in order):
            return False
        wanted = sorted((nth(day), what, None if what == "split" else number) for day, what, number in shelf.here.values())
        moved = sum((number for _, what, number in shelf.here.values() if what == "transfer"), Decimal(0))
        return wanted == found and moved == there


@pytest.mark.parametrize("kind", KINDS)
def test_commands_at_once_come_out_as_one_after_another(live_server: Any, seller: dict[str, Any], kind: str) -> None:
    """L11."""
    for seed in range(TRIALS):
        trial = Trial(live_server, seller)
        assert trial.run(kind, seed), f"{kind}, trial {seed}: no order of the commands gives this"
        assert check_portfolio(trial.portfolio) == check_portfolio(trial.other) == []


@pytest.mark.unbalanced
def test_without_the_lock_no_order_explains_what_comes_out(
    live_server: Any, seller: dict[str, Any], slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same trials, with nobody waiting for anybody, must go wrong in half of the cases at least."""
    monkeypatch.setattr(recording, "only_writer", _nobody_waits)
    for name in ("write_holdings", "move_cash", "follow_transfers"):
        monkeypatch.setattr(recording, name, lambda *args, **kwargs: None)
    wrong = sum(not Trial(live_server, seller).run("sell", seed) for seed in CROWDED[:CONTROLS])
    assert wrong >= CONTROLS // 2, f"only {wrong} of {CONTROLS} unguarded trials went wrong: the test would not notice a missing lock"


def _crowded(seed: int) -> bool:
    """Whether the trial has two sales or more of which not all can be had."""
    dice = Random(seed)
    kinds = [dice.choice(KINDS) for _ in range(3)]
    return kinds.count("sell") >= 1 and "transfer" not in kinds


CROWDED = [seed for seed in range(2000) if _crowded(seed)]

"""The invariants that are no property of a single step: each test names the one it proves."""

from __future__ import annotations

import ast
import json
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone as clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.models import FxRate, Price, Quote
from portfolios.ledger.book import Book
from portfolios.ledger.events import in_ledger_order
from portfolios.ledger.replay import replay
from portfolios.models import CashBalance, Holding, Portfolio, Transaction
from portfolios.selectors import book_of, holdings_of
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.services import edit_transaction, rebuild_projection, record_many, restore_transaction, void_transaction
from portfolios.services.drafts import TransactionDraft
from tests.factories import D, make_instrument, make_portfolio, record, set_closes, set_quote
from tests.ledger.strategies import ledgers
from tests.truth.checks import snapshot
from tests.truth.drivers import Services
from tests.truth.world import FIRST, LONG, PHASES, make_world, rolled_back
from tests.truth.world import day as nth

pytestmark = pytest.mark.django_db


def few(examples: int, long: int) -> Any:
    return settings(max_examples=long if LONG else examples, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


def standing(portfolio: Portfolio) -> tuple[Any, ...]:
    """Holdings, cash and gains of a ledger, without the numbers of its entries."""
    book = book_of(Portfolio.objects.get(pk=portfolio.pk))
    lots = {i: [(lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in p.lots] for i, p in book.positions.items()}
    cash = {str(code): (pool.amount, pool.cost) for code, pool in book.cash.items()}
    stored = list(Holding.objects.filter(portfolio=portfolio).order_by("instrument").values_list("instrument", "quantity", "cost", "realised"))
    kept = list(CashBalance.objects.filter(portfolio=portfolio).order_by("currency").values_list("currency", "amount", "cost"))
    return lots, cash, (book.realised, book.income, book.expenses, book.net_flows), stored, kept


ROOT = Path(__file__).resolve().parents[1]


def test_each_of_the_sixteen_invariants_is_named_by_a_test_that_checks_it() -> None:
    """L1 to L16 of the head of this package stand in the docstring of a test, and the files that it names are there."""
    named: dict[str, list[str]] = {f"L{number}": [] for number in range(1, 17)}
    for file in ROOT.rglob("test_*.py"):
        for one in ast.walk(ast.parse(file.read_text())):
            if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"):
                for name in re.findall(r"\bL\d+\b", ast.get_docstring(one) or ""):
                    named.setdefault(name, []).append(one.name)
    assert [name for name, tests in named.items() if not tests] == []
    assert set(named) == {f"L{number}" for number in range(1, 17)}
    told = ast.get_docstring(ast.parse((ROOT / "truth" / "__init__.py").read_text())) or ""
    files = [
        name
        for name in re.findall(r"`([\w/]+\.py)`", told)
        if not any((ROOT / folder / name).exists() for folder in ("truth", "ledger", "portfolios", ".."))
    ]
    assert files == []


# ── L2 ──────────────────────────────────────────────────────────────────────


@few(40, 400)
@given(events=ledgers(most=4), number=st.integers(0, 10**6))
def test_every_order_of_entry_gives_the_same_ledger(events: list[Any], number: int) -> None:
    """L2, in the core: all permutations of up to four events."""
    from tests.truth.model import rules_for

    rules = rules_for("EUR", ["average", "fifo"][number % 2], ["income", "reduce_cost"][number // 2 % 2], tracks_cash=bool(number % 3))
    wanted = replay(events, rules)
    for order in permutations(events):
        assert in_ledger_order(order) == in_ledger_order(events)
        assert replay(order, rules) == wanted


def _drafts(asml: Any, apple: Any) -> list[TransactionDraft]:
    def draft(kind: str, number: int, instrument: Any = None, **fields: Any) -> TransactionDraft:
        return TransactionDraft(kind=kind, traded_on=nth(number), instrument=instrument, **fields)

    return [
        draft("deposit", 0, amount=D("5000.01")),
        draft("buy", 1, asml, quantity=D("3.333333333333333333"), price=D("99.99"), fees=D("1.11")),
        draft("buy", 2, apple, quantity=D("7"), price=D("12.5"), taxes=D("0.07")),
        draft("split", 3, asml, ratio_new=D(7), ratio_old=D(3)),
        draft("dividend", 4, apple, amount=D("4.25"), taxes=D("0.75")),
        draft("sell", 5, asml, quantity=D("1.5"), price=D("77.7"), fees=D("0.5")),
        draft("sell", 6, apple, quantity=D("7"), price=D("13.1")),
        draft("withdrawal", 7, amount=D("12.34"), fees=D("0.01")),
    ]


@pytest.mark.parametrize("method", ["average", "fifo"])
def test_one_by_one_at_once_by_file_and_in_any_order_are_the_same(method: str) -> None:
    """L2, through the services: row by row, in one batch, shuffled, and as a file."""
    world = make_world()
    drafts = _drafts(world.instruments["AAA"], world.instruments["BBB"])
    product, person = Services(world), world.person

    def empty() -> Portfolio:
        return make_portfolio(person, cost_method=method)

    one_by_one, at_once, by_file = empty(), empty(), empty()
    for draft in drafts:
        record_many(person, one_by_one, [draft])
    record_many(person, at_once, drafts)
    wanted = standing(one_by_one)
    assert standing(at_once) == wanted
    product.read_file(by_file.pk, product.export(one_by_one.pk))
    product.record_file()
    assert standing(Portfolio.objects.get(pk=by_file.pk)) == wanted
    for seed in range(6 if LONG else 2):
        shuffled, order = empty(), list(drafts)
        Random(seed).shuffle(order)
        record_many(person, shuffled, order)
        assert standing(shuffled) == wanted


# ── L6 ──────────────────────────────────────────────────────────────────────

RATIOS = st.lists(st.sampled_from([(2, 1), (4, 1), (5, 2), (8, 5)]), min_size=1, max_size=4)


@few(8, 100)
@given(ratios=RATIOS, quantity=st.integers(1, 10**6), method=st.sampled_from(["average", "fifo"]))
@rolled_back
def test_a_chain_of_splits_around_purchases_counts_each_split_once(ratios: list[tuple[int, int]], quantity: int, method: str) -> None:
    """L6: units follow the product of the ratios, cost stays; the inverse chain gives back what was; rebuilding changes nothing."""
    share = make_instrument()
    portfolio = make_portfolio(cost_method=method)
    record(portfolio, "buy", FIRST, share, quantity=str(quantity), price="3.7")
    factor, cost = Decimal(1), D(quantity) * D("3.7")
    for new, old in ratios:  # all on one day, on which as many units more are bought: after the splits
        record(portfolio, "split", nth(1), share, ratio_new=str(new), ratio_old=str(old))
        factor = factor * new / old
    record(portfolio, "buy", nth(1), share, quantity=str(16 * factor), price="2")
    held = Holding.objects.get(portfolio=portfolio, instrument=share)
    assert (held.quantity, held.cost) == ((D(quantity) + 16) * factor, cost + 32 * factor)
    for _ in range(5):
        rebuild_projection(portfolio)
        again = Holding.objects.get(portfolio=portfolio, instrument=share)
        assert (again.quantity, again.cost) == (held.quantity, held.cost)
    for number, (new, old) in enumerate(reversed(ratios)):
        record(portfolio, "split", nth(2 + number), share, ratio_new=str(old), ratio_old=str(new))
    back = Holding.objects.get(portfolio=portfolio, instrument=share)
    assert (back.quantity, back.cost) == (D(quantity) + 16, cost + 32 * factor)


# ── L9 ──────────────────────────────────────────────────────────────────────


@few(4, 40)
@given(cut=st.integers(0, 9), seed=st.integers(0, 9))
@rolled_back
def test_a_file_that_was_cut_off_and_imported_again_adds_only_what_is_new(cut: int, seed: int) -> None:
    """L9: import(prefix), import(all) is import(all); two equal rows of one file both stay; the file again adds nothing."""
    world = make_world()
    product, share = Services(world), world.instruments["AAA"]
    source = make_portfolio(world.person)
    for number in range(5):
        record(source, "buy", nth(number), share, quantity="2", price=str(10 + Random(seed + number).randint(1, 9)))
        record(source, "deposit", nth(number), amount="7")
    record(source, "deposit", nth(0), amount="7")
    whole = product.export(source.pk)
    lines = whole.splitlines(keepends=True)
    target, other = make_portfolio(world.person), make_portfolio(world.person)
    if cut:
        product.read_file(target.pk, b"".join(lines[: 1 + cut]))
        assert len(product.record_file()) == cut
    counts = product.read_file(target.pk, whole)
    assert counts == {"new": 11 - cut} | ({"duplicate": cut} if cut else {})
    product.record_file()
    assert product.read_file(target.pk, whole) == {"duplicate": 11}
    assert standing(Portfolio.objects.get(pk=target.pk)) == standing(Portfolio.objects.get(pk=source.pk))
    # the same rows in another portfolio are new there: the key of a row knows its portfolio
    assert product.read_file(other.pk, whole) == {"new": 11}


# ── L10 ─────────────────────────────────────────────────────────────────────


def _book(portfolio: Portfolio, known_at: datetime | None = None) -> Book:
    return replay(events_of(portfolio, known_at=known_at), rules_of(portfolio))


def test_an_edit_is_a_delete_and_an_insert_and_a_void_of_the_newest_undoes_it() -> None:
    """L10: by figures; and what is recorded replays to the state of each moment."""
    share = make_instrument()
    portfolio, twin = make_portfolio(), make_portfolio()
    moments: list[tuple[datetime, Book]] = []

    def remember() -> None:
        moments.append((clock.now(), _book(portfolio)))

    for ledger in (portfolio, twin):
        record(ledger, "buy", nth(1), share, quantity="10", price="7")
    remember()
    before = standing(portfolio)
    newest = record(portfolio, "buy", nth(2), share, quantity="5", price="9")
    remember()
    void_transaction(portfolio.owner, newest)
    remember()
    assert standing(portfolio) == before
    back = restore_transaction(portfolio.owner, Transaction.objects.get(pk=newest.pk))
    remember()
    edited = edit_transaction(portfolio.owner, back, quantity=D(6), price=D(8), fees=D(1))
    remember()
    record(twin, "buy", nth(2), share, quantity="6", price="8", fees="1")
    assert standing(portfolio) == standing(twin)
    edit_transaction(portfolio.owner, edited, quantity=D(5), price=D(9), fees=None)
    remember()
    for moment, book in moments:
        assert _book(portfolio, moment) == book
    assert snapshot(portfolio.pk)[1] and Transaction.objects.filter(portfolio=portfolio).count() == 5


@pytest.mark.parametrize("kind", ["void and restore", "edit"])
def test_another_version_stands_where_the_entry_stood(kind: str) -> None:
    """L10: a sale of the same day takes the lot that was recorded first, whichever of its versions counts."""
    share = make_instrument()
    portfolio = make_portfolio(cost_method="fifo")
    first = record(portfolio, "buy", nth(1), share, quantity="5", price="7")
    record(portfolio, "buy", nth(1), share, quantity="5", price="9")
    if kind == "edit":
        edit_transaction(portfolio.owner, first, notes="corrected")
    else:
        void_transaction(portfolio.owner, first)
        restore_transaction(portfolio.owner, Transaction.objects.get(pk=first.pk))
    record(portfolio, "sell", nth(1), share, quantity="5", price="10")
    assert Holding.objects.get(portfolio=portfolio, instrument=share).realised == D(15)


# ── L14 ─────────────────────────────────────────────────────────────────────


@few(6, 60)
@given(prices=st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
@rolled_back
def test_weights_come_from_unrounded_totals_and_add_up(prices: list[int]) -> None:
    """L14: the weights are the parts over the whole, rounded once at 18 places, so they add up to 1 within a half unit each."""
    portfolio = make_portfolio()
    for price in prices:
        share = make_instrument(price=str(Decimal(price) / 7 // Decimal("0.0001") * Decimal("0.0001") + 1))
        record(portfolio, "buy", FIRST, share, quantity="3", price="1")
    table = holdings_of(portfolio)
    values = [row.value.value for row in table.rows]
    whole = sum(values, Decimal(0)) + sum((row.value.value for row in table.cash), Decimal(0))
    assert table.value.value == whole
    for row, value in zip(table.rows, values, strict=True):
        assert abs(row.weight.value - value / whole) <= Decimal("5e-19")
    shares = [row.weight.value for row in (*table.rows, *table.cash)]
    assert abs(sum(shares, Decimal(0)) - 1) <= Decimal("5e-19") * len(shares)


# ── L15 ─────────────────────────────────────────────────────────────────────

ZONES = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]
HOURS = [
    "2024-02-29T00:00:01", "2024-02-28T23:59:59", "2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-03-10T02:30:00",
    "2024-03-31T02:30:00", "2024-11-03T01:30:00", "2024-10-27T02:30:00",
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_of_a_trade_stays_whatever_the_zone(zone: str, client: Any) -> None:
    """L15: midnight, leap days, years' ends, and hours that the clock skips or repeats; in, out by API and file, and in again."""
    world = make_world()
    world.person.preferences.time_zone = "Pacific/Kiritimati"
    world.person.preferences.save()
    client.force_login(world.person)
    source, target, product = make_portfolio(world.person), make_portfolio(world.person), Services(world)
    wanted = []
    for text in HOURS:
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        body = {"type": "deposit", "time": moment.isoformat(), "amount": "1"}
        answer = client.post(f"/api/v1/portfolios/{source.pk}/transactions", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
        told = json.loads(answer.content)
        assert told["date"] == text[:10]
        assert datetime.fromisoformat(told["time"]) == moment.astimezone(timezone.utc)
        wanted.append((date.fromisoformat(text[:10]), moment.astimezone(timezone.utc)))
    product.read_file(target.pk, product.export(source.pk))
    product.record_file()
    for portfolio in (source, target):
        rows = Transaction.objects.filter(portfolio=portfolio)
        assert sorted((row.traded_on, row.traded_at) for row in rows) == sorted(wanted)


# ── L16 ─────────────────────────────────────────────────────────────────────


@few(8, 80)
@given(faults=st.lists(st.sampled_from(["no quote", "old quote", "no closes", "no rates", "wild quote"]), max_size=4))
@rolled_back
def test_what_happens_to_prices_never_touches_holdings_cost_or_gains(faults: list[str]) -> None:
    """L16: only what the units are worth changes, or says that it is not known."""
    world = make_world()
    portfolio = make_portfolio(world.person)
    for share in world.shares:
        set_quote(share, "20", "19")
        set_closes(share, {nth(n): "18" for n in range(9)})
        record(portfolio, "buy", nth(1), share, quantity="10", price="10", fees="1")
        record(portfolio, "sell", nth(2), share, quantity="4", price="12")
    before, wanted = standing(portfolio), _said(portfolio)
    for fault in faults:
        if fault == "no quote":
            Quote.objects.all().delete()
        elif fault == "old quote":
            Quote.objects.update(as_of=clock.now() - timedelta(days=300))
        elif fault == "no closes":
            Price.objects.all().delete()
        elif fault == "no rates":
            FxRate.objects.all().delete()
        else:
            Quote.objects.update(price=D("99999999.99"))
    assert standing(portfolio) == before
    assert _said(portfolio) == wanted
    for row in holdings_of(portfolio).rows:
        assert row.value.value is not None or row.value.why_not


def _said(portfolio: Portfolio) -> list[tuple[Any, ...]]:
    return sorted((row.instrument.id, row.quantity, row.cost, row.realised, row.income, row.expenses) for row in holdings_of(portfolio).rows)

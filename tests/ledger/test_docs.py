"""The worked numbers of docs/ledger.md and docs/ledger-examples.md, run.  Each block is a ledger; lines that begin with "=" say what must come out."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.money import Currency
from portfolios import errors
from portfolios.ledger.events import EVENT_TYPES
from portfolios.ledger.gains import worth
from portfolios.ledger.matching import METHODS
from portfolios.ledger.replay import Book
from tests.ledger.build import D, Ledger, balance, leg, lot_choices

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT, EXAMPLES = ((DOCS / name).read_text(encoding="utf-8") for name in ("ledger.md", "ledger-examples.md"))
BLOCKS = re.findall(r"```ledger\n(.*?)```", TEXT + EXAMPLES, re.DOTALL)
INSTRUMENTS = {"A": 1, "B": 2, "C": 3}
TRADES = {"buy", "sell", "short_sell", "buy_to_cover", "rights", "redemption", "transfer_in"}
UNITS_OF_INCOME = {"staking_reward", "airdrop", "stock_dividend"}
# words of a line, and the field of the event that they say
FIELDS = {
    "fees": "fees", "taxes": "taxes", "accrued": "accrued", "rate": "fx", "method": "method", "costs-rate": "costs_rate", "given-rate": "given_rate",
    "fraction": "fraction", "cash": "cash", "quoted-at": "local_price",
}  # fmt: skip


def ledger_of(lines: list[str]) -> Ledger:
    words = lines[0].replace(",", "").split()
    ledger = Ledger(
        base=Currency(words[1]),
        method=next(word for word in words if word in METHODS),
        tracks_cash="cash not tracked" not in lines[0],
        dividend_treatment="reduce_cost" if "reduce cost" in lines[0] else "income",
        allows_short="short positions" in lines[0],
    )
    for line in lines[1:]:
        if not line.startswith("="):
            _record(ledger, *line.split())
    return ledger


def _more(words: tuple[str, ...]) -> dict[str, Any]:
    named = dict(pairwise(words))
    more: dict[str, Any] = {field: named[word] for word, field in FIELDS.items() if word in named}
    for word, field in (("costs-in", "costs_currency"), ("quoted-in", "local_currency")):
        if word in named:
            more[field] = Currency(named[word])
    if "lots" in named:
        more["lots"] = lot_choices(named["lots"].replace(",", " "))
    if "acquired" in named:
        more["acquired_on"] = named["acquired"]
    return more


def _record(ledger: Ledger, day: str, kind: str, *words: str) -> None:
    more, named = _more(words), dict(pairwise(words))
    if kind in TRADES:
        price, currency, instrument = words[3], Currency(words[4]), INSTRUMENTS[words[1]]
        if kind == "transfer_in":
            ledger.transfer_in(day, words[0], price, instrument=instrument, currency=currency, **more)
        else:
            ledger.trade(kind, day, words[0], price, instrument, currency, **more)
    elif kind in {"transfer_out", "adjustment_out"}:
        ledger.event(kind, day, instrument=INSTRUMENTS[words[1]], quantity=words[0], **more)
    elif kind == "adjustment_in":
        price, currency = words[3], Currency(words[4])
        gross = str(D(words[0]) * D(price))
        ledger.event(
            kind, day, currency, instrument=INSTRUMENTS[words[1]], quantity=words[0], gross=gross, local_price=price, local_currency=currency
        )
    elif kind in UNITS_OF_INCOME:
        worth = words[words.index("worth") + 1] if "worth" in words else "0"
        currency = Currency(words[words.index("worth") + 2]) if "worth" in words else None
        ledger.event(kind, day, currency, instrument=INSTRUMENTS[words[1]], quantity=words[0], gross=worth, **more)
    elif kind == "split":
        ledger.split(day, *words[1].split(":"), instrument=INSTRUMENTS[words[0]], **more)
    elif kind in {"dividend", "coupon", "reinvestment", "return_of_capital"}:
        amount = {"amount" if kind == "return_of_capital" else "gross": words[1]}
        bought = {"quantity": named["buys"]} if "buys" in named else {}
        ledger.event(kind, day, Currency(words[2]), instrument=INSTRUMENTS[words[0]], **amount, **bought, **more)
    elif kind in {"spin_off", "merger", "symbol_change"}:
        _reorganise(ledger, day, kind, " ".join(words))
    elif kind == "fx_exchange":
        fields = {"amount": words[0], "given": words[3], "given_currency": Currency(words[4])}
        ledger.event(kind, day, Currency(words[1]), **fields, **more)
    else:
        ledger.event(kind, day, Currency(words[1]), amount=words[0], **more)


def _reorganise(ledger: Ledger, day: str, kind: str, text: str) -> None:
    """ "A to B 1:2 share 0.75 fraction 0.5 cash 10, C 1:1 share 0.1 with 300 EUR share 0.15": legs, and what is paid for all units."""
    source, _, rest = text.partition(" ")
    legs_text, _, money = (rest + " ").partition("with ")
    legs = []
    for one in filter(None, legs_text.removeprefix("to ").strip().split(", ")):
        name, *words = one.split()
        said = dict(pairwise(words))
        ratio = words[0] if words and ":" in words[0] else "1:1"
        legs.append(leg(INSTRUMENTS[name], ratio, said.get("share", "1"), fraction=said.get("fraction", 0), cash=said.get("cash", 0)))
    words = money.split()
    said = dict(pairwise(words))
    ledger.event(
        kind, day, Currency(words[1]) if words else None, instrument=INSTRUMENTS[source], legs=tuple(legs),
        cash=words[0] if words else 0, cash_share=said.get("share", 0), fees=said.get("fees", 0),
    )  # fmt: skip


def says(book: Book, expected: list[str]) -> list[str]:
    """What the book says, in the words of the expectations."""
    sold, carried = iter(book.matches), iter(book.transfers)
    return [_said(book, line, sold, carried) for line in expected]


def _said(book: Book, line: str, sold: Any, carried: Any) -> str:
    first = line.split()[1]
    if first == "sold":
        match = next(sold)
        parts = f", price part {plain(match.price_part)}, currency part {plain(match.currency_part)}" if "part" in line else ""
        return f"= sold {plain(match.quantity)} for {plain(match.proceeds)}, cost {plain(match.cost)}, gain {plain(match.gain)}{parts}"
    if first == "carried":
        lot = next(carried)
        return f"= carried {plain(lot.quantity)} since {lot.opened_on}, cost {plain(lot.cost)}"
    if first == "at":
        return _valued(book, line)
    if first == "lots":
        name = line.split()[2].strip(":")
        shown = [f"{plain(lot.quantity)} since {lot.opened_on}, cost {plain(lot.cost)}" for lot in book.positions[INSTRUMENTS[name]].lots]
        return f"= lots {name}: " + "; ".join(shown)
    if first in INSTRUMENTS:
        position = book.positions[INSTRUMENTS[first]]
        return f"= {first} {plain(position.quantity)} units, cost {plain(position.cost)}"
    if re.fullmatch("[A-Z]{3}", first):
        pool = book.cash[Currency(first)]
        return f"= {first} {plain(pool.amount)}, cost {plain(pool.cost)}"
    totals = {"flows": book.net_flows, "realised": book.realised, "income": book.income, "expenses": book.expenses}
    return "= " + ", ".join(f"{word} {plain(totals[word])}" for word in re.findall("[a-z]+", line))


def _valued(book: Book, line: str) -> str:
    given = dict(re.findall(r"([A-Z]+) ([\d.]+)", line.split(":")[0]))
    prices = {INSTRUMENTS[name]: D(number) for name, number in given.items() if name in INSTRUMENTS}
    rates = {Currency(name): D(number) for name, number in given.items() if name not in INSTRUMENTS}
    now = worth(book, prices, rates)
    assert balance(book, prices, rates) == 0
    parts = f", price part {plain(now.price_part)}, currency part {plain(now.currency_part)}" if "part" in line else ""
    return f"{line.split(':')[0]}: value {plain(now.value)}, unrealised {plain(now.gain)}{parts}"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[1].replace(" ", "_"))
def test_the_worked_numbers_come_out(block):
    lines = block.strip().splitlines()
    expected = [line for line in lines if line.startswith("=")]
    book = ledger_of(lines).book()
    assert says(book, expected) == expected
    assert len(book.matches) == sum(line.startswith("= sold") for line in expected) or not any(line.startswith("= sold") for line in expected)


def test_there_are_worked_numbers_for_every_kind_and_every_method():
    text = "\n".join(BLOCKS)
    kinds = {line.split()[1] for line in text.splitlines() if re.match(r"\d{4}-", line)}
    assert set(EVENT_TYPES) <= kinds
    assert set(METHODS) == {word for line in re.findall(r"^base .*", text, re.MULTILINE) for word in line.replace(",", "").split() if word in METHODS}


def test_every_kind_of_event_has_a_line_in_the_table():
    section = TEXT.split("## What each kind does")[1].split("\n- **")[0]
    named = {word for line in re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE) for word in line.split(", ")}
    assert {kind.replace("_", " ") for kind in EVENT_TYPES} <= named


def test_every_refusal_of_the_ledger_is_in_the_table():
    table = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", TEXT, re.MULTILINE))
    assert set(table) == {leaf.__name__ for leaf in errors.LedgerRefused.__subclasses__()}
    assert {name: getattr(errors, name).code for name in table} == table

"""The worked numbers of docs/ledger.md, run.  Each block is a ledger; lines that begin with "=" say what must come out."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.money import Currency
from portfolios import errors
from portfolios.ledger.gains import worth
from portfolios.ledger.replay import Book
from tests.ledger.build import D, Ledger, balance

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```ledger\n(.*?)```", TEXT, re.DOTALL)
INSTRUMENTS = {"A": 1, "B": 2}


def ledger_of(lines: list[str]) -> Ledger:
    words = lines[0].split()
    ledger = Ledger(
        base=Currency(words[1].strip(",")),
        method="fifo" if "fifo" in lines[0] else "average",
        tracks_cash="cash not tracked" not in lines[0],
        dividend_treatment="reduce_cost" if "reduce cost" in lines[0] else "income",
    )
    for line in lines[1:]:
        if not line.startswith("="):
            _record(ledger, *line.split())
    return ledger


def _record(ledger: Ledger, day: str, kind: str, *words: str) -> None:
    named = dict(pairwise(words))
    more: dict[str, Any] = {key: named[key] for key in ("fees", "taxes") if key in named}
    more |= {"fx": named["rate"]} if "rate" in named else {}
    more |= {"acquired_on": named["acquired"]} if "acquired" in named else {}
    if kind in {"buy", "sell", "transfer_in"}:
        price, currency = words[3], Currency(words[4])
        getattr(ledger, kind)(day, words[0], price, instrument=INSTRUMENTS[words[1]], currency=currency, **more)
    elif kind == "transfer_out":
        ledger.transfer_out(day, words[0], instrument=INSTRUMENTS[words[1]], **more)
    elif kind == "split":
        ledger.split(day, *words[1].split(":"), instrument=INSTRUMENTS[words[0]])
    elif kind == "dividend":
        ledger.dividend(day, words[1], instrument=INSTRUMENTS[words[0]], currency=Currency(words[2]), **more)
    else:
        getattr(ledger, {"withdrawal": "withdraw"}.get(kind, kind))(day, words[0], Currency(words[1]), **more)


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
    assert len(book.matches) == sum(line.startswith("= sold") for line in expected) or not any("sold" in line for line in expected)


def test_there_are_worked_numbers_for_every_part():
    assert len(BLOCKS) == 9


def test_every_refusal_of_the_ledger_is_in_the_table():
    table = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", TEXT, re.MULTILINE))
    assert set(table) == {leaf.__name__ for leaf in errors.LedgerRefused.__subclasses__()} - {"ShortNotAllowed"}  # no kind opens a short position yet
    assert {name: getattr(errors, name).code for name in table} == table

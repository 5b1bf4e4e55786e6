"""Every kind of entry by name, and how one is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from random import Random
from typing import Any

from tests.truth.entries import (
    Entry,
    Made,
    Writer,
    adjustment_in,
    adjustment_of_cash,
    adjustment_out,
    airdrop,
    buy,
    buy_to_cover,
    coupon,
    deposit,
    dividend,
    fee,
    fx_exchange,
    interest,
    redemption,
    reinvestment,
    return_of_capital,
    rights,
    sell,
    short_sell,
    split,
    staking_reward,
    stock_dividend,
    tax,
    transfer_in,
    transfer_out,
    withdrawal,
)
from tests.truth.reorganisations import merger, spin_off, symbol_change

Generator = Callable[[Writer], Made]

# name of a rule of the machine → (kind of entry, what makes it, of what: "share", "bond", "any" or "")
KINDS: dict[str, tuple[str, Generator, str]] = {
    "buy": ("buy", buy, "any"),
    "sell": ("sell", sell, "any"),
    "short_sell": ("short_sell", short_sell, "share"),
    "buy_to_cover": ("buy_to_cover", buy_to_cover, "share"),
    "dividend": ("dividend", dividend, "share"),
    "reinvestment": ("dividend", reinvestment, "share"),
    "interest": ("interest", interest, ""),
    "coupon": ("coupon", coupon, "bond"),
    "staking_reward": ("staking_reward", staking_reward, "share"),
    "airdrop": ("airdrop", airdrop, "share"),
    "fee": ("fee", fee, "any"),
    "tax": ("tax", tax, "any"),
    "deposit": ("deposit", deposit, ""),
    "withdrawal": ("withdrawal", withdrawal, ""),
    "transfer_in": ("transfer_in", transfer_in, "any"),
    "transfer_out": ("transfer_out", transfer_out, "any"),
    "split": ("split", split, "share"),
    "stock_dividend": ("stock_dividend", stock_dividend, "share"),
    "spin_off": ("spin_off", spin_off, "share"),
    "merger": ("merger", merger, "share"),
    "symbol_change": ("symbol_change", symbol_change, "share"),
    "return_of_capital": ("return_of_capital", return_of_capital, "share"),
    "rights": ("rights", rights, "share"),
    "redemption": ("redemption", redemption, "bond"),
    "fx_exchange": ("fx_exchange", fx_exchange, ""),
    "adjustment_in": ("adjustment", adjustment_in, "any"),
    "adjustment_out": ("adjustment", adjustment_out, "any"),
    "adjustment_of_cash": ("adjustment", adjustment_of_cash, ""),
}


def write(name: str, seed: int, **facts: Any) -> Entry:
    """facts: those of Writer."""
    kind, make, of_what = KINDS[name]
    writer = Writer(random=Random(seed), **facts)
    cls, truth, currency, rate = make(writer)
    time, day = None, writer.day
    if writer.random.random() < 0.15:
        time = datetime(day.year, day.month, day.day, 9 + writer.random.randint(0, 8), tzinfo=timezone.utc)
    return Entry(kind, day, cls, writer.fields, truth, currency, writer.instrument if of_what else None, time, rate)

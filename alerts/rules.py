"""Whether a rule comes true, and what to say.  Pure: a rule and two prices in, a sentence out.

A price rule fires when its price gets to the threshold or past it, once: it is then unarmed, and armed again when the price has
been back on the other side.  Prices and thresholds are exact and in the instrument's currency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from portfolio_site.kernel.decimals import plain

ABOVE, BELOW = "price_above", "price_below"


@dataclass(frozen=True, slots=True)
class RuleSnapshot:
    """A rule as it stood when it was looked at."""

    kind: str  # ABOVE or BELOW
    threshold: Decimal
    armed: bool
    symbol: str
    currency: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule came true; `sentence` says why."""

    sentence: str


def as_money(amount: Decimal, currency: str) -> str:
    """An amount where no locale is known: 1234.5 USD."""
    return f"{plain(amount)} {currency}"


def holds(rule: RuleSnapshot, price: Decimal) -> bool:
    """Whether the price is at the threshold or past it."""
    return price >= rule.threshold if rule.kind == ABOVE else price <= rule.threshold


def decide(rule: RuleSnapshot, old_price: Decimal | None, new_price: Decimal, *, money: Callable[[Decimal, str], str] = as_money) -> Fired | None:
    """The firing that the new price causes, if any.

    old_price  the price before, for the sentence; None where none is known
    money      how an amount reads for the person
    """
    if not rule.armed or not holds(rule, new_price):
        return None
    limit, now = money(rule.threshold, rule.currency), money(new_price, rule.currency)
    verb, side = ("rose", "or more") if rule.kind == ABOVE else ("fell", "or less")
    moved = old_price is not None and (new_price > old_price if rule.kind == ABOVE else new_price < old_price)
    what = f"{rule.symbol} {verb} to {now}" if moved else f"{rule.symbol} is at {now}"
    return Fired(f"{what}; your alert is for {limit} {side}.")


def armed_after(rule: RuleSnapshot, new_price: Decimal) -> bool:
    """Whether the rule is armed once this price has been looked at."""
    return not holds(rule, new_price)

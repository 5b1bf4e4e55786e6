"""Whether a rule comes true, and what to say.  Pure: a rule, prices and the time in, a sentence out.

A price rule fires when its price gets to the threshold or past it, once: it is then unarmed.  It is armed again when the price has
been back on the other side by a margin (hysteresis: a price that trembles at the threshold tells once) and a cool-down has passed
since it fired.  Prices and thresholds are exact and as the instrument is quoted: in its currency, or in percent of par.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from portfolio_site.kernel.decimals import plain, product

ABOVE, BELOW = "price_above", "price_below"
MARGIN = Decimal("0.005")  # of the threshold: how far back the price must have been
COOL_DOWN = timedelta(hours=1)  # from one firing to the next, at least


@dataclass(frozen=True, slots=True)
class RuleSnapshot:
    """A rule as it stood when it was looked at."""

    kind: str  # ABOVE or BELOW
    threshold: Decimal
    armed: bool
    symbol: str
    unit: str  # what its prices are in: a currency, or "%" of par
    came_back: bool = False  # whether the price has been back by the margin since the rule was unarmed
    fired_at: datetime | None = None  # the last time; None where it has not fired


@dataclass(frozen=True, slots=True)
class Arming:
    """Whether a rule is armed, and whether its price has been back on the way there."""

    armed: bool
    came_back: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule came true; `sentence` says why."""

    sentence: str


def as_money(amount: Decimal, unit: str) -> str:
    """A price where no locale is known: 1234.5 USD."""
    return f"{plain(amount)} {unit}"


def holds(rule: RuleSnapshot, price: Decimal) -> bool:
    """Whether the price is at the threshold or past it."""
    return price >= rule.threshold if rule.kind == ABOVE else price <= rule.threshold


def decide(rule: RuleSnapshot, old_price: Decimal | None, new_price: Decimal, *, money: Callable[[Decimal, str], str] = as_money) -> Fired | None:
    """The firing that the new price causes, if any.

    old_price  the price before, for the sentence; None where none is known
    money      how a price in its unit reads for the person
    """
    if not rule.armed or not holds(rule, new_price):
        return None
    limit, now = money(rule.threshold, rule.unit), money(new_price, rule.unit)
    verb, side = ("rose", "or more") if rule.kind == ABOVE else ("fell", "or less")
    moved = old_price is not None and (new_price > old_price if rule.kind == ABOVE else new_price < old_price)
    what = f"{rule.symbol} {verb} to {now}" if moved else f"{rule.symbol} is at {now}"
    return Fired(f"{what}; your alert is for {limit} {side}.")


def armed_at_first(rule: RuleSnapshot, price: Decimal) -> bool:
    """Whether a new or changed rule is armed at this price: where the price is past the threshold already, it first has to come back."""
    return not holds(rule, price)


def is_back(rule: RuleSnapshot, price: Decimal) -> bool:
    """Whether the price is on the other side by the margin or more."""
    margin = product(rule.threshold, MARGIN)
    return price <= rule.threshold - margin if rule.kind == ABOVE else price >= rule.threshold + margin


def arming(rule: RuleSnapshot, price: Decimal, now: datetime) -> Arming:
    """How the rule stands at this price and time, before it is decided.

    A price that was back during the cool-down counts after it, so that no way back is forgotten.
    """
    if rule.armed:
        return Arming(armed=True, came_back=rule.came_back)
    came_back = rule.came_back or is_back(rule, price)
    cooled = rule.fired_at is None or now - rule.fired_at >= COOL_DOWN
    return Arming(armed=came_back and cooled, came_back=came_back)

"""How figures read: the only place where a number turns into text.  Filters for templates, and the same functions for live messages.

A filter takes a number, a `Figure` or a `Money`.  A Figure brings its currency; a bare number needs one.  What has no value reads
*Undefined* with its reason.  While amounts are hidden, amounts and unit counts read as four dots; prices, percentages, rates and
dates stay.  How a locale writes, and who is looking: `writing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.safestring import SafeString

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.times import held
from portfolio_site.web.writing import (
    DOTS,
    NBSP,
    Number,
    Showable,
    amounts_hidden,
    decimals_of,
    digits,
    exactly,
    grouped,
    manner,
    money_text,
    opened,
    percent_text,
    quantum,
    with_sign,
    with_symbol,
)

register = template.Library()

PERCENT_OF_PAR = "%"  # in place of a currency: bonds are quoted in percent of par


# ── amounts: hidden when the person asks for it ─────────────────────────────


def _amount(value: Showable, currency: str, places: int | None, plus: bool) -> str:
    known = opened(value, currency)
    if isinstance(known, str):
        return known
    return DOTS if amounts_hidden() else money_text(known.value, known.currency, places, plus)


@register.filter
def money(value: Showable, currency: str = "") -> str:
    """1234.5 → €1,234.50.  The decimals are those of the currency."""
    return _amount(value, currency, None, False)


@register.filter
def money0(value: Showable, currency: str = "") -> str:
    """1234.5 → €1,235, for tiles and table columns where cents are noise."""
    return _amount(value, currency, 0, False)


@register.filter
def signed(value: Showable, currency: str = "") -> str:
    """A change in money: +€12.30, −€4.00, €0.00."""
    return _amount(value, currency, None, True)


@register.filter
def signed0(value: Showable, currency: str = "") -> str:
    """A change in money in whole units: +€12."""
    return _amount(value, currency, 0, True)


@register.filter
def qty(value: Showable) -> str:
    """Units: as many places as the number has, at most eight.  What is too small to show says so."""
    known = opened(value)
    if isinstance(known, str):
        return known
    return DOTS if amounts_hidden() else units_text(known.value)


def units_text(value: Number) -> str:
    """The text of `qty`, never hidden."""
    exact = exactly(value)
    rounded = exact.quantize(quantum(8), ROUND_HALF_UP, EXACT)
    if not rounded:
        return f"<{grouped('0.00000001')}" if exact else "0"
    plain = format(abs(rounded), "f").rstrip("0").rstrip(".")
    return with_sign(1 if rounded > 0 else -1, grouped(plain), False)


# ── prices, ratios, counts: always shown ────────────────────────────────────


def _price_places(value: Decimal, currency: str) -> int:
    size = abs(value)
    if size >= 10 or currency == PERCENT_OF_PAR:
        whole = decimals_of(currency) == 0 and value == value.to_integral_value(context=EXACT)
        return 0 if whole else 2
    # four places; below 0.1 as many as four digits need, so that no price of a small coin reads zero
    return 4 if size >= Decimal("0.1") or not size else min(3 - size.adjusted(), 12)


@register.filter
def price(value: Showable, currency: str = "") -> str:
    """A price per unit: four places below 10, else two.  "%" in place of a currency: percent of par."""
    known = opened(value, currency)
    if isinstance(known, str):
        return known
    exact = exactly(known.value)
    places = _price_places(exact, known.currency)
    if known.currency == PERCENT_OF_PAR:
        text, sign = digits(exact, places)
        before, after = manner().percent
        return with_sign(sign, before + text + after, False)
    return money_text(exact, known.currency, places, False)


@register.filter
def price_paid(value: Showable, currency: str = "") -> str:
    """What one unit cost a person: written as a price, hidden as an amount."""
    known = opened(value, currency)
    return DOTS if amounts_hidden() and not isinstance(known, str) else price(value, currency)


@register.filter
def price_change(value: Showable, currency: str = "") -> str:
    """A change of a price: +$4.32; of one in percent of par in points, +0.25."""
    known = opened(value, currency)
    if isinstance(known, str):
        return known
    places = 2 if abs(exactly(known.value)) >= Decimal("0.01") or not known.value else 4
    if known.currency == PERCENT_OF_PAR:
        text, sign = digits(exactly(known.value), places)
        return with_sign(sign, text, True)
    return money_text(known.value, known.currency, places, True)


@register.filter
def pct(value: Showable, places: int = 2) -> str:
    """A change as a ratio: 0.0295 → +2.95%."""
    known = opened(value)
    return known if isinstance(known, str) else percent_text(known.value, int(places), True)


@register.filter
def pct_bare(value: Showable) -> str:
    """A change as a ratio where the head says that it is percent: 0.0295 → +3.0."""
    known = opened(value)
    if isinstance(known, str):
        return known
    text, sign = digits(exactly(known.value).scaleb(2, EXACT), 1)
    return with_sign(sign, text, True)


@register.filter
def share(value: Showable, places: int = 1) -> str:
    """A part of a whole: 0.313 → 31.3%, never with a plus."""
    known = opened(value)
    return known if isinstance(known, str) else percent_text(known.value, int(places), False)


@register.filter
def points(value: Showable) -> str:
    """A difference of two ratios: 0.0315 → +3.15 pp."""
    known = opened(value)
    if isinstance(known, str):
        return known
    text, sign = digits(exactly(known.value).scaleb(2, EXACT), 2)
    return with_sign(sign, text + NBSP + "pp", True)


@register.filter
def rate(value: Showable) -> str:
    """An exchange rate: four decimals, more where it is small."""
    known = opened(value)
    if isinstance(known, str):
        return known
    exact = exactly(known.value)
    text, sign = digits(exact, 4 if abs(exact) >= Decimal("0.1") or not exact else min(3 - exact.adjusted(), 12))
    return with_sign(sign, text, False)


def rate_text(base: str, quote: str, value: Showable) -> str:
    """An exchange rate as a sentence: $1 = €0.8612."""
    text = rate(value)
    return text if isinstance(text, SafeString) else f"{with_symbol('1', base)} = {with_symbol(text, quote)}"


@register.filter
def count(value: Showable, places: int = 0) -> str:
    """A number of things, grouped: 12,034; with places for scores and ratios."""
    known = opened(value)
    if isinstance(known, str):
        return known
    text, sign = digits(known.value, int(places))
    return with_sign(sign, text, False)


@register.filter
def shown(value: Figure) -> str:
    """A figure in the form that its unit asks for; changes of money and ratios go through `signed` and `pct`."""
    forms: dict[Unit, Callable[[Showable], str]] = {
        Unit.MONEY: money,
        Unit.FRACTION: pct,
        Unit.POINTS: points,
        Unit.UNITS: qty,
        Unit.NUMBER: count,
        Unit.DAYS: held,
    }
    return forms[value.unit](value)


@register.filter
def trend(value: Showable) -> str:
    """The class that colours a change: up, down or flat.  What rounds to zero is flat."""
    known = opened(value)
    if isinstance(known, str):
        return "flat"
    limit = Decimal("1e-9")
    if isinstance(value, Figure):
        limit = {Unit.MONEY: Decimal("0.005"), Unit.FRACTION: Decimal("0.00005"), Unit.POINTS: Decimal("0.00005")}.get(value.unit, limit)
    exact = exactly(known.value)
    return "up" if exact >= limit else "down" if exact <= -limit else "flat"


# ── sorting ─────────────────────────────────────────────────────────────────


def ranks(values: Iterable[Showable]) -> list[str]:
    """The place of each value when sorted, as text, equal ones alike; "" for those without a value, which sort last.

    Tables sort by these in the browser, so that hidden amounts are not in the page.
    """
    numbers = [exactly(known.value) if not isinstance(known := opened(value), str) else None for value in values]
    order = {number: str(place) for place, number in enumerate(sorted({n for n in numbers if n is not None}))}
    return ["" if number is None else order[number] for number in numbers]

"""How figures read: the only place where a number turns into text.  Filters for templates, and the same functions for live messages.

Conventions.  Exact numbers stay exact: a Decimal is rounded once, half up, to the places that are shown, and never passes through
float.  The locale, and whether amounts are hidden, are those of the person looking; they stand in context variables that the
preferences middleware and the frame of each page set, and that `speaking` sets for text made elsewhere.

A filter takes a number, a `Figure` or a `Money`.  A Figure brings its currency; a bare number needs one.  What has no value reads
*Undefined* with its reason.  While amounts are hidden, amounts and unit counts read as four dots; prices, percentages, rates and
dates stay.  Minus is U+2212; spaces inside a figure do not break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.money import Currency, Money, UnknownCurrency

register = template.Library()

MINUS, NBSP, DOTS = "\u2212", "\u00a0", "\u2022" * 4
DEFAULT_LOCALE = "en-GB"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}  # narrow symbols; every other currency shows its ISO code
DOLLARS = frozenset(
    ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "BBD", "BMD", "BSD", "BZD", "FJD", "GYD", "JMD", "LRD", "NAD", "SBD", "TTD", "XCD")
)
PERCENT_OF_PAR = "%"  # in place of a currency: bonds are quoted in percent of par

Number = Decimal | int | float
Showable = Number | Figure | Money | None

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_hidden: ContextVar[bool] = ContextVar("hidden", default=False)
_codes: ContextVar[bool] = ContextVar("codes", default=False)


# ── who is looking ──────────────────────────────────────────────────────────


def use_locale(name: str) -> Token[str]:
    """Text made from here on is in this locale ("de-DE").  An unknown one falls back to its language, then to English."""
    return _locale.set(name or DEFAULT_LOCALE)


def locale() -> str:
    """The locale in force, as a language tag: "en-GB"."""
    return _locale.get()


def use_privacy(hidden: bool) -> Token[bool]:
    """Whether amounts and unit counts read as four dots from here on."""
    return _hidden.set(hidden)


def amounts_hidden() -> bool:
    return _hidden.get()


def use_currencies(codes: Iterable[str]) -> Token[bool]:
    """Which currencies meet on this page: where two of them are dollars, all read as codes."""
    return _codes.set(len(DOLLARS.intersection(codes)) > 1)


@contextmanager
def speaking(name: str, *, hidden: bool = False, currencies: Iterable[str] = ()) -> Iterator[None]:
    """Text made inside is for somebody with these preferences; for messages made outside a request."""
    tokens = use_locale(name), use_privacy(hidden), use_currencies(currencies)
    try:
        yield
    finally:
        _locale.reset(tokens[0])
        _hidden.reset(tokens[1])
        _codes.reset(tokens[2])


# ── how a locale writes ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Manner:
    """How one locale writes numbers."""

    babel: Locale
    decimal: str
    group: str
    lakhs: bool  # groups of two above the thousands, as in India
    symbol_first: bool
    symbol_gap: str  # between a symbol in front and the number
    percent: tuple[str, str]  # what stands before and after the number


@lru_cache(maxsize=64)
def _manner(name: str) -> Manner:
    try:
        known = Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        try:
            known = Locale.parse(name.split("-")[0])
        except (UnknownLocaleError, ValueError):
            known = Locale.parse("en_GB")
    symbols = known.number_symbols["latn"]
    pattern = known.currency_formats["standard"].pattern.split(";")[0]
    first = pattern.startswith("¤")
    before, _, after = known.percent_formats[None].pattern.partition("%")
    percent = ("%", "") if not before else ("", before[len(before.rstrip("\u00a0\u202f ")) :] + "%" + after)
    return Manner(
        babel=known,
        decimal=symbols["decimal"],
        group=symbols["group"],
        lakhs=known.decimal_formats[None].grouping == (3, 2),
        symbol_first=first,
        symbol_gap=pattern[1 : pattern.index("#")] if first else NBSP,
        percent=percent,
    )


def manner() -> Manner:
    """How the locale in force writes numbers."""
    return _manner(_locale.get())


class Digits(NamedTuple):
    """The digits of a rounded number without sign, and the sign that is left after rounding: -1, 0 or 1."""

    text: str
    sign: int


def _exact(value: Number) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number.")
    return Decimal(value) if isinstance(value, int) else Decimal(str(float(value)))


@lru_cache(maxsize=32)
def _quantum(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _grouped(plain: str) -> str:
    how = manner()
    whole, _, part = plain.partition(".")
    if len(whole) > 3:
        head, tail = whole[:-3], whole[-3:]
        step = 2 if how.lakhs else 3
        start = len(head) % step
        pieces = ([head[:start]] if start else []) + [head[i : i + step] for i in range(start, len(head), step)]
        whole = how.group.join([*pieces, tail])
    return whole + how.decimal + part if part else whole


def digits(value: Number, places: int) -> Digits:
    """The number rounded half up to `places`, grouped as the locale does."""
    rounded = _exact(value).quantize(_quantum(places), ROUND_HALF_UP, EXACT)
    return Digits(_grouped(format(abs(rounded), "f")), (rounded > 0) - (rounded < 0))


def _sign(sign: int, text: str, plus: bool) -> str:
    return (MINUS if sign < 0 else "+" if sign > 0 and plus else "") + text


def decimals_of(currency: str) -> int:
    """Places of the currency's minor unit; two where the code is not known."""
    try:
        return Currency(currency).decimals
    except UnknownCurrency:
        return 2


def _with_symbol(text: str, currency: str) -> str:
    how = manner()
    symbol = None if currency in DOLLARS and _codes.get() else SYMBOLS.get(currency)
    if not how.symbol_first:
        return text + NBSP + (symbol or currency)
    return symbol + how.symbol_gap + text if symbol else currency + NBSP + text


def _money(value: Number, currency: str, places: int | None, plus: bool) -> str:
    if not currency:
        raise TypeError("An amount of money needs its currency.")
    text, sign = digits(value, decimals_of(currency) if places is None else places)
    return _sign(sign, _with_symbol(text, currency), plus)


def _percent(value: Number, places: int, plus: bool) -> str:
    text, sign = digits(_exact(value).scaleb(2, EXACT), places)
    before, after = manner().percent
    return _sign(sign, before + text + after, plus)


def undefined_mark(reason: str) -> str:
    """What stands where a figure cannot be computed: the word, with the reason on focus and hover."""
    return format_html('<button class="undefined" type="button" title="{0}" data-reason="{0}">Undefined</button>', reason)


class _Known(NamedTuple):
    value: Number
    currency: str


def _open(value: Showable | str, currency: str = "") -> _Known | str:
    """The number and its currency, or the mark that says why there is none."""
    if isinstance(value, Figure):
        return undefined_mark(value.why_not) if value.value is None else _Known(value.value, currency or value.currency)
    if isinstance(value, Money):
        return _Known(value.amount, currency or value.currency)
    if value is None or isinstance(value, str):
        return undefined_mark("This figure is not known.")
    return _Known(value, currency)


def _amount(value: Showable, currency: str, places: int | None, plus: bool) -> str:
    known = _open(value, currency)
    if isinstance(known, str):
        return known
    return DOTS if _hidden.get() else _money(known.value, known.currency, places, plus)


# ── amounts: hidden when the person asks for it ─────────────────────────────


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
    known = _open(value)
    if isinstance(known, str):
        return known
    return DOTS if _hidden.get() else units_text(known.value)


def units_text(value: Number) -> str:
    """The text of `qty`, never hidden."""
    exact = _exact(value)
    rounded = exact.quantize(_quantum(8), ROUND_HALF_UP, EXACT)
    if not rounded:
        return f"<{_grouped('0.00000001')}" if exact else "0"
    plain = format(abs(rounded), "f").rstrip("0").rstrip(".")
    return _sign(1 if rounded > 0 else -1, _grouped(plain), False)


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
    known = _open(value, currency)
    if isinstance(known, str):
        return known
    exact = _exact(known.value)
    places = _price_places(exact, known.currency)
    if known.currency == PERCENT_OF_PAR:
        text, sign = digits(exact, places)
        before, after = manner().percent
        return _sign(sign, before + text + after, False)
    return _money(exact, known.currency, places, False)


@register.filter
def price_change(value: Showable, currency: str = "") -> str:
    """A change of a price: +$4.32."""
    known = _open(value, currency)
    return (
        known
        if isinstance(known, str)
        else _money(known.value, known.currency, 2 if abs(_exact(known.value)) >= Decimal("0.01") or not known.value else 4, True)
    )


@register.filter
def pct(value: Showable, places: int = 2) -> str:
    """A change as a ratio: 0.0295 → +2.95%."""
    known = _open(value)
    return known if isinstance(known, str) else _percent(known.value, int(places), True)


@register.filter
def share(value: Showable, places: int = 1) -> str:
    """A part of a whole: 0.313 → 31.3%, never with a plus."""
    known = _open(value)
    return known if isinstance(known, str) else _percent(known.value, int(places), False)


@register.filter
def points(value: Showable) -> str:
    """A difference of two ratios: 0.0315 → +3.15 pp."""
    known = _open(value)
    if isinstance(known, str):
        return known
    text, sign = digits(_exact(known.value).scaleb(2, EXACT), 2)
    return _sign(sign, text + NBSP + "pp", True)


@register.filter
def rate(value: Showable) -> str:
    """An exchange rate: four decimals, more where it is small."""
    known = _open(value)
    if isinstance(known, str):
        return known
    exact = _exact(known.value)
    text, sign = digits(exact, 4 if abs(exact) >= Decimal("0.1") or not exact else min(3 - exact.adjusted(), 12))
    return _sign(sign, text, False)


def rate_text(base: str, quote: str, value: Showable) -> str:
    """An exchange rate as a sentence: $1 = €0.8612."""
    text = rate(value)
    return text if isinstance(text, SafeString) else f"{_with_symbol('1', base)} = {_with_symbol(text, quote)}"


@register.filter
def count(value: Showable, places: int = 0) -> str:
    """A number of things, grouped: 12,034; with places for scores and ratios."""
    known = _open(value)
    if isinstance(known, str):
        return known
    text, sign = digits(known.value, int(places))
    return _sign(sign, text, False)


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
    known = _open(value)
    if isinstance(known, str):
        return "flat"
    limit = Decimal("1e-9")
    if isinstance(value, Figure):
        limit = {Unit.MONEY: Decimal("0.005"), Unit.FRACTION: Decimal("0.00005"), Unit.POINTS: Decimal("0.00005")}.get(value.unit, limit)
    exact = _exact(known.value)
    return "up" if exact >= limit else "down" if exact <= -limit else "flat"


# ── names that differ by language ───────────────────────────────────────────


@register.filter
def currency_name(code: str) -> str:
    """EUR → Euro, USD → US dollar: in sentence case where the language writes it so."""
    known = manner().babel
    first, _, rest = str(known.currencies.get(code, code)).partition(" ")
    rest = rest.lower() if known.language == "en" else rest
    return f"{first[:1].upper()}{first[1:]} {rest}".rstrip()


@register.filter
def currency_word(code: str) -> str:
    """The same inside a sentence: "in euro", "in US dollar"."""
    name = currency_name(code)
    return name.lower() if manner().babel.language == "en" and " " not in name and name != code else name


@register.filter
def country_name(code: str) -> str:
    """DE → Germany."""
    return str(manner().babel.territories.get(code, code))


# ── time ────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4096)
def _skeleton(name: str, value: date, skeleton: str) -> str:
    return format_skeleton(skeleton, datetime(value.year, value.month, value.day), locale=_manner(name).babel).replace(" ", NBSP)  # noqa: DTZ001


def _as_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


@register.filter
def day(value: date | datetime | None) -> str:
    """3 Jun 2026, as the locale orders it, with spaces that do not break."""
    return _skeleton(_locale.get(), _as_day(value), "yMMMd") if isinstance(value, date) else undefined_mark("This day is not known.")


@register.filter
def day_short(value: date | datetime | None) -> str:
    """3 Jun: for lists inside one year."""
    return _skeleton(_locale.get(), _as_day(value), "MMMd") if isinstance(value, date) else undefined_mark("This day is not known.")


@register.filter
def month(value: date | datetime) -> str:
    """June 2026."""
    return _skeleton(_locale.get(), _as_day(value).replace(day=1), "yMMMM")


@register.filter
def clock(value: datetime | None, seconds: str = "") -> str:
    """14:32 in the person's time zone; with `:"s"` the seconds too."""
    if not isinstance(value, datetime):
        return undefined_mark("This time is not known.")
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return format_time(local.time(), "medium" if seconds else "short", locale=manner().babel).replace(" ", NBSP)


@register.filter
def moment(value: datetime | None) -> str:
    """20 Nov 2026, 14:32:07 in the person's time zone; the zone is named once a page."""
    return f"{day(value)}, {clock(value, 's')}" if isinstance(value, datetime) else undefined_mark("This time is not known.")


@register.filter
def zone(value: datetime) -> str:
    """The name of the time zone in force: Europe/Berlin; named once a page."""
    return timezone.get_current_timezone_name() if timezone.is_aware(value) else "UTC"


@register.filter
def when(value: datetime | date | None) -> str:
    """A time in a list: 14:32 today, 3 Jun this year, else 3 Jun 2025, inside <time>."""
    if not isinstance(value, date):
        return undefined_mark("This time is not known.")
    today = timezone.localdate()
    local = _as_day(value)
    text = day_short(local) if local.year == today.year else day(local)
    if isinstance(value, datetime) and local == today:
        text = clock(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def age(value: datetime | date, now: datetime | None = None) -> str:
    """How old something is: 12 min, 26 h, 3 d."""
    now = now or timezone.now()
    if isinstance(value, datetime):
        minutes = max(int((now - value).total_seconds() // 60), 0)
    else:
        minutes = max((timezone.localtime(now).date() - value).days, 0) * 1440
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    return f"{minutes // 60}{NBSP}h" if minutes < 72 * 60 else f"{minutes // 1440}{NBSP}d"


@register.filter
def held(days: Showable) -> str:
    """A holding period in days: 2 y 3 m, or 5 m, or 12 d."""
    known = _open(days)
    if isinstance(known, str):
        return known
    whole = int(known.value)
    if whole < 31:
        return f"{whole}{NBSP}d"
    years, months = divmod(round(whole / 30.4375), 12)
    return f"{years}{NBSP}y {months}{NBSP}m" if years else f"{months}{NBSP}m"


# ── sorting ─────────────────────────────────────────────────────────────────


def ranks(values: Iterable[Showable]) -> list[str]:
    """The place of each value when sorted, as text, equal ones alike; "" for those without a value, which sort last.

    Tables sort by these in the browser, so that hidden amounts are not in the page.
    """
    numbers = [_exact(known.value) if not isinstance(known := _open(value), str) else None for value in values]
    order = {number: str(place) for place, number in enumerate(sorted({n for n in numbers if n is not None}))}
    return ["" if number is None else order[number] for number in numbers]

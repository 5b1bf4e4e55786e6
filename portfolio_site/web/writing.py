"""How somebody reads figures: who is looking, and how their locale writes numbers, money and percentages.

Conventions.  Exact numbers stay exact: a Decimal is rounded once, half up, to the places that are shown, and never passes through
float.  The locale, and whether amounts are hidden, are those of the person looking; they stand in context variables that the
preferences middleware and the frame of each page set, and that `speaking` sets for text made elsewhere.

Minus is U+2212; spaces inside a figure do not break.  The filters of templates stand on this: `numbers` for figures, `times` for
days and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from django.utils.html import format_html

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.decimals import plain as plain_text
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.money import Currency, Money, UnknownCurrency

MINUS, NBSP, DOTS = "\u2212", "\u00a0", "\u2022" * 4
DEFAULT_LOCALE = "en-GB"
_LONGEST = 80  # characters of a number that are looked at
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}  # narrow symbols; every other currency shows its ISO code
DOLLARS = frozenset(
    ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "BBD", "BMD", "BSD", "BZD", "FJD", "GYD", "JMD", "LRD", "NAD", "SBD", "TTD", "XCD")
)

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
def manner_of(name: str) -> Manner:
    """How this locale writes numbers; an unknown one as its language does, else as English does."""
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
    return manner_of(_locale.get())


# ── what was typed ──────────────────────────────────────────────────────────


class Unreadable(ValueError):
    """Digits and marks that the locale does not write so, and that could be more than one number."""


_GAPS = str.maketrans(dict.fromkeys(" \u00a0\u2009\u202f", " "))
_MARKED = re.compile(r"[+-]?[0-9.,'’٬٫ ]*[0-9][0-9.,'’٬٫ ]*", re.ASCII)
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")


@lru_cache(maxsize=64)
def _typed_in(decimal: str, group: str, lakhs: bool) -> re.Pattern[str]:
    """A number in the marks of a locale: whole part, with its groups complete or without any, and decimals."""
    marks = {group.translate(_GAPS), " ", *("'’" if group in "'’" else "")}
    mark = f"[{re.escape(''.join(sorted(marks)))}]"
    groups = rf"[1-9][0-9]{{0,1}}(?:{mark}[0-9]{{2}})*{mark}[0-9]{{3}}|" if lakhs else ""
    whole = rf"{groups}[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+|[0-9]+"
    return re.compile(rf"([+-]?)({whole})?(?:{re.escape(decimal)}([0-9]*))?")


def read(text: str) -> str:
    """The number that somebody typed, with a point and no groups.  What is no number comes back as it is.

    The marks of the locale in force come first: 1.000 is a thousand where points group, and one where they do not.  A plain
    number with a point, 400.25, is read everywhere unless the locale reads another number.  Raises Unreadable, with a sentence.
    """
    how = manner()
    said = text.translate(_GAPS).strip().replace(MINUS, "-")
    found = _typed_in(how.decimal, how.group, how.lakhs).fullmatch(said)
    if found is not None and (found[2] or found[3]):
        sign, whole, part = found.groups()
        digits_only = re.sub("[^0-9]", "", whole or "0")
        return f"{sign}{digits_only}.{part}" if part else sign + digits_only
    if _PLAIN.fullmatch(said) or not _MARKED.fullmatch(said) or len(said) > _LONGEST:
        return said
    raise Unreadable(f"It is not clear which number “{said[:40]}” is. Write it like 1234{how.decimal}56 or {grouped('1234.56')}.")


def typed(value: Decimal) -> str:
    """An exact number as it stands in an input: in the locale's decimal mark, without groups.  `read(typed(x))` is x."""
    return plain_text(value).replace(".", manner().decimal)


class Digits(NamedTuple):
    """The digits of a rounded number without sign, and the sign that is left after rounding: -1, 0 or 1."""

    text: str
    sign: int


def exactly(value: Number) -> Decimal:
    """The number as a Decimal, a float by its shortest text.  Raises TypeError for what is no number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number.")
    return Decimal(value) if isinstance(value, int) else Decimal(str(float(value)))


@lru_cache(maxsize=32)
def quantum(places: int) -> Decimal:
    """One unit of the last of so many decimal places."""
    return Decimal(1).scaleb(-places)


def grouped(plain: str) -> str:
    """Digits with a point, grouped and marked as the locale does."""
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
    rounded = exactly(value).quantize(quantum(places), ROUND_HALF_UP, EXACT)
    return Digits(grouped(format(abs(rounded), "f")), (rounded > 0) - (rounded < 0))


def with_sign(sign: int, text: str, plus: bool) -> str:
    """The text behind the sign of its number; a plus only where it is asked for."""
    return (MINUS if sign < 0 else "+" if sign > 0 and plus else "") + text


def decimals_of(currency: str) -> int:
    """Places of the currency's minor unit; two where the code is not known."""
    try:
        return Currency(currency).decimals
    except UnknownCurrency:
        return 2


def with_symbol(text: str, currency: str) -> str:
    """The text with the symbol or code of a currency, on the side where the locale puts it."""
    how = manner()
    symbol = None if currency in DOLLARS and _codes.get() else SYMBOLS.get(currency)
    if not how.symbol_first:
        return text + NBSP + (symbol or currency)
    return symbol + how.symbol_gap + text if symbol else currency + NBSP + text


def money_text(value: Number, currency: str, places: int | None, plus: bool) -> str:
    """An amount of money, to the places of its currency unless told.  Raises TypeError without a currency."""
    if not currency:
        raise TypeError("An amount of money needs its currency.")
    text, sign = digits(value, decimals_of(currency) if places is None else places)
    return with_sign(sign, with_symbol(text, currency), plus)


def percent_text(value: Number, places: int, plus: bool) -> str:
    """A ratio as a percentage: 0.0295 → 2.95%."""
    text, sign = digits(exactly(value).scaleb(2, EXACT), places)
    before, after = manner().percent
    return with_sign(sign, before + text + after, plus)


def undefined_mark(reason: str) -> str:
    """What stands where a figure cannot be computed: the word, with the reason on focus and hover."""
    return format_html('<button class="undefined" type="button" title="{0}" data-reason="{0}">Undefined</button>', reason)


class Known(NamedTuple):
    """A number that is there, and its currency; empty where it has none."""

    value: Number
    currency: str


def opened(value: Showable | str, currency: str = "") -> Known | str:
    """The number and its currency, or the mark that says why there is none."""
    if isinstance(value, Figure):
        return undefined_mark(value.why_not) if value.value is None else Known(value.value, currency or value.currency)
    if isinstance(value, Money):
        return Known(value.amount, currency or value.currency)
    if value is None or isinstance(value, str):
        return undefined_mark("This figure is not known.")
    return Known(value, currency)

"""Template tags and filters of the interface: the only place where figures turn into text.

Load it as a built-in template library (TEMPLATES OPTIONS "builtins"), so that no template needs {% load %}.
Everything escapes through format_html; nothing emits a style attribute, a script or an inline event handler.
"""

from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.numbers import format_decimal, get_currency_precision, get_decimal_symbol
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

register = template.Library()

LOCALE = "en_GB"  # in the product: the person's locale, set per request
SPRITE = "/static/icons.svg#"  # in the product: static("icons.svg"), hashed and cached for good
MINUS, NBSP = "\u2212", "\u00a0"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}  # narrow symbols; every other currency shows its ISO code


# ── text of a figure ────────────────────────────────────────────────────────


def _digits(value, places):
    """Absolute value, rounded half up, grouped for the locale; and the sign that is left after rounding."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(abs(exact), format=pattern, locale=LOCALE), (exact > 0) - (exact < 0)


def _signed(sign, text, plus):
    return (MINUS if sign < 0 else "+" if sign > 0 and plus else "") + text


def _money(value, currency="EUR", places=None, plus=False):
    text, sign = _digits(value, get_currency_precision(currency) if places is None else places)
    symbol = SYMBOLS.get(currency)
    if Locale.parse(LOCALE).currency_formats["standard"].pattern.startswith("¤"):
        text = symbol + text if symbol else currency + NBSP + text
    else:
        text = text + NBSP + (symbol or currency)
    return _signed(sign, text, plus)


def _percent(value, places=2, plus=True):
    text, sign = _digits(Decimal(str(value)) * 100, places)
    return _signed(sign, text + "%", plus)


@register.filter
def money(value, currency="EUR"):
    """1234.5 → €1,234.50"""
    return _money(value, currency)


@register.filter
def money0(value, currency="EUR"):
    """1234.5 → €1,235, for tiles and table columns where cents are noise"""
    return _money(value, currency, 0)


@register.filter
def signed(value, currency="EUR"):
    """A change in money: +€12.30, −€4.00, €0.00"""
    return _money(value, currency, plus=True)


@register.filter
def signed0(value, currency="EUR"):
    return _money(value, currency, 0, plus=True)


@register.filter
def price(value, currency):
    """A price per unit: four places below 10, else two"""
    return _money(value, currency, 4 if abs(value) < 10 else 2)


@register.filter
def pct(value, places=2):
    """A change as a ratio: 0.0295 → +2.95%"""
    return _percent(value, int(places))


@register.filter
def share(value, places=1):
    """A part of a whole: 0.313 → 31.3%, never with a plus"""
    return _percent(value, int(places), plus=False)


@register.filter
def points(value):
    """A difference of two percentages: 0.0315 → +3.15 pp"""
    text, sign = _digits(Decimal(str(value)) * 100, 2)
    return _signed(sign, text + NBSP + "pp", True)


@register.filter
def qty(value):
    """Units: as many places as the number has, at most eight"""
    return format_decimal(Decimal(str(value)), format="#,##0.########", locale=LOCALE)


@register.filter
def day(value):
    """3 Jun 2026, with spaces that do not break"""
    return f"{value.day}{NBSP}{value:%b}{NBSP}{value:%Y}"


@register.filter
def held(days):
    """A holding period: 2 y 3 m, or 5 m"""
    years, months = divmod(round(days / 30.4375), 12)
    return f"{years}{NBSP}y {months}{NBSP}m" if years else f"{months}{NBSP}m"


@register.filter
def trend(value):
    """The class that colours a change: up, down or flat"""
    return "up" if value > 1e-9 else "down" if value < -1e-9 else "flat"



"""How days, times and names read: filters for templates, and the same functions for live messages.

Days and times are written as the person's locale orders them (`writing`), in the time zone in force, with spaces that do not break.
What is not known reads *Undefined* with its reason.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_skeleton, format_time
from django import template
from django.utils import timezone
from django.utils.html import format_html

from portfolio_site.web.writing import NBSP, Showable, locale, manner, manner_of, opened, undefined_mark

register = template.Library()


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


@register.filter
def language_name(code: str) -> str:
    """de → German; words where nobody tells it."""
    return str(manner().babel.languages.get(code, code)) if code else "Not told"


# ── time ────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4096)
def _skeleton(name: str, value: date, skeleton: str) -> str:
    return format_skeleton(skeleton, datetime(value.year, value.month, value.day), locale=manner_of(name).babel).replace(" ", NBSP)  # noqa: DTZ001


def _as_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


@register.filter
def day(value: date | datetime | None) -> str:
    """3 Jun 2026, as the locale orders it, with spaces that do not break."""
    return _skeleton(locale(), _as_day(value), "yMMMd") if isinstance(value, date) else undefined_mark("This day is not known.")


@register.filter
def day_short(value: date | datetime | None) -> str:
    """3 Jun: for lists inside one year."""
    return _skeleton(locale(), _as_day(value), "MMMd") if isinstance(value, date) else undefined_mark("This day is not known.")


@register.filter
def month(value: date | datetime) -> str:
    """June 2026."""
    return _skeleton(locale(), _as_day(value).replace(day=1), "yMMMM")


@register.filter
def month_short(value: date | datetime) -> str:
    """Jun: for heads of columns."""
    return _skeleton(locale(), _as_day(value).replace(day=1), "MMM")


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
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), when_said(value))


def when_said(value: datetime | date) -> str:
    """The words of `when` alone."""
    today, local = timezone.localdate(), _as_day(value)
    if isinstance(value, datetime) and local == today:
        return clock(value)
    return day_short(local) if local.year == today.year else day(local)


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
    known = opened(days)
    if isinstance(known, str):
        return known
    whole = int(known.value)
    if whole < 31:
        return f"{whole}{NBSP}d"
    years, months = divmod(round(whole / 30.4375), 12)
    return f"{years}{NBSP}y {months}{NBSP}m" if years else f"{months}{NBSP}m"

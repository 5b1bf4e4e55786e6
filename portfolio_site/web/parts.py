"""Small parts of pages as template tags: icons, changes, controls of forms, and graphics that the server draws without script.

Everything escapes through format_html, or through escape where rows repeat by the hundred; nothing emits a style attribute, a script
to run or an inline event handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, NumberInput, RadioSelect, Select, Textarea
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.json import dumps
from portfolio_site.web.numbers import (
    PERCENT_OF_PAR,
    count,
    money,
    pct,
    points,
    price,
    price_change,
    price_paid,
    qty,
    rate,
    rate_text,
    share,
    shown,
    signed,
    trend,
)
from portfolio_site.web.times import age, day, moment, zone
from portfolio_site.web.writing import DOTS, MINUS, Showable, amounts_hidden, exactly, manner, undefined_mark

register = template.Library()

SERIES = 8  # colours of parts and charts, in this order


# ── small parts ─────────────────────────────────────────────────────────────


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite static/icons.svg; decoration, so hidden from readers."""
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', f"icon {extra}".strip(), static("icons.svg"), name)


@register.simple_tag
def mark() -> SafeString:
    """The product's mark: a plumb line hanging from a beam."""
    return mark_safe(  # nosec B308
        '<svg class="brand__mark" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true"><rect width="28" height="28" rx="8"/>'
        '<path d="M8.5 6.75h11M14 6.75v7.5"/><path class="brand__bob" d="M10.6 14.25h6.8L14 22Z"/></svg>'
    )


@register.simple_tag
def logo(symbol: str, number: int = 1, extra: str = "") -> SafeString:
    """The coloured chip of an instrument; `number` (its id will do) picks one of eight colours."""
    classes = f"logo c{number % SERIES + 1} {extra}".strip()
    return SafeString(f'<span class="{escape(classes)}" aria-hidden="true">{escape(symbol[:4])}</span>')  # nosec B703


@register.simple_tag
def delta(value: Showable, text: str = "", extra: str = "") -> str:
    """A change: arrow, sign and text, so that colour is never the only cue.  A Figure brings its own text."""
    if isinstance(value, Figure):
        if value.value is None:
            return undefined_mark(value.why_not)
        forms: dict[Unit, Callable[[Showable], str]] = {Unit.MONEY: signed, Unit.FRACTION: pct, Unit.POINTS: points}
        text = text or (forms[value.unit](value) if value.unit in forms else shown(value))
    way = trend(value)
    if text and text != DOTS and text[0] not in f"+{MINUS}":
        way = "flat"  # it rounds to zero
    arrow = {"up": "arrow-up", "down": "arrow-down", "flat": "minus"}[way]
    return format_html('<span class="{}">{}{}</span>', f"delta {way} {extra}".strip(), icon(arrow), text)


@register.simple_tag
def price_delta(quote: Any) -> str:
    """The change of a price today: arrow, +$4.32 (+0.86%).  Takes anything with change, change_fraction and price_unit."""
    text = price_change(quote.change, quote.price_unit)
    return delta(quote.change, text if quote.change_fraction is None else f"{text} ({pct(quote.change_fraction)})")


@register.simple_tag
def lookup(names: Mapping[Any, str], key: Any) -> str:
    """The name under a key; the key itself where there is none."""
    return names.get(key, str(key))


@register.simple_tag
def money_big(value: Showable, currency: str = "") -> str:
    """The headline figure, its cents quieter."""
    text = money(value, currency)
    point = manner().decimal
    if isinstance(text, SafeString) or text == DOTS or point not in text:
        return text
    head, _, tail = text.rpartition(point)
    cents = "".join(character for character in tail if character.isdigit())
    return format_html('{}<span class="figure__cents">{}{}</span>{}', head, point, cents, tail[len(cents) :])


@register.simple_tag
def undefined(reason: str) -> str:
    """What a figure that cannot be computed shows in place of a number."""
    return undefined_mark(reason)


# Names of figures (docs/numbers.md) that are changes: they carry a sign and a colour.  Prices and shares have forms of their own.
CHANGES = frozenset(
    (
        "gain",
        "total_gain",
        "unrealised",
        "realised",
        "realized",
        "realized_gain",
        "income",
        "day_change",
        "price_part",
        "currency_part",
        "lead",
        "excess",
        "expenses_change",
        "change",
    )
)
PRICES = frozenset(("price", "close", "local_price"))
COSTS_OF_ONE = frozenset(("average_cost", "unit_cost"))  # written as prices, and a person's own
SHARES = frozenset(("weight", "cash_weight", "share", "volatility", "yield_on_cost", "income_yield", "expected_yield", "withheld_rate"))


def _text_of(figure: Figure) -> tuple[str, bool, str]:
    """The figure in the form of its name and unit; whether it is private; its tone."""
    if figure.value is None:
        return undefined_mark(figure.why_not), False, ""
    if figure.unit is Unit.MONEY:
        if figure.name in PRICES:
            return price(figure), False, ""
        if figure.name in COSTS_OF_ONE:
            return price_paid(figure), True, ""
        return (signed(figure), True, trend(figure)) if figure.name in CHANGES else (money(figure), True, "")
    if figure.unit is Unit.UNITS:
        return qty(figure), True, ""
    if figure.unit is Unit.NUMBER:
        exact = Decimal(str(figure.value))
        return (rate(figure) if exact != exact.to_integral_value() else count(figure)), False, ""
    if figure.unit is Unit.FRACTION and figure.name in PRICES:
        return price(exactly(figure.value).scaleb(2, EXACT), PERCENT_OF_PAR), False, ""
    if figure.unit is Unit.FRACTION and figure.name in SHARES:
        return share(figure), False, ""
    return shown(figure), False, trend(figure) if figure.unit in {Unit.FRACTION, Unit.POINTS} else ""


@register.simple_tag
def written(value: Figure | date | str) -> str:
    """A cell of an explanation: a figure in the form of its name, a day, or words."""
    if not isinstance(value, Figure):
        return day(value) if isinstance(value, date) else str(value)
    text, private, tone = _text_of(value)
    return format_html('<span class="{}"{}>{}</span>', f"num {tone}".strip(), mark_safe(" data-private") if private else "", text)  # nosec B308


@register.simple_tag
def moment_said(value: date | datetime) -> str:
    """20 Nov 2026, 14:32:07 Europe/Berlin; a day alone where there is no time."""
    return f"{moment(value)} {zone(value)}" if isinstance(value, datetime) else day(value)


@register.simple_tag
def stale(figure: Figure) -> str:
    """The badge of a figure that rests on an old price or rate; nothing where it does not."""
    if figure.stale_since is None:
        return ""
    return format_html('<span class="badge badge--warn">{}{} old</span>', icon("clock-alert", "icon--xs"), age(figure.stale_since))


@register.simple_tag(takes_context=True)
def why(context: template.Context, name: str, label: str) -> SafeString:
    """The question mark beside a computed figure.  A link to the page that explains it; with script, a drawer."""
    return format_html('<a class="why" href="{}" data-why="{}" aria-label="{}">{}</a>', query(context, why=name), name, label, icon("circle-help"))


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The present address with some of its parameters changed; an empty value removes one.  "?" alone where nothing is left."""
    request = context.get("request")
    params = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for key, value in changes.items():
        if value in ("", None):
            params.pop(key, None)
        else:
            params[key] = str(value)
    return "?" + (params.urlencode() if params else "")


@register.simple_tag(takes_context=True)
def query_without(context: template.Context, name: str, values: Iterable[str]) -> str:
    """The present address without some values of a parameter that has several, and without an explanation or a file."""
    params = context["request"].GET.copy()
    dropped = set(values)
    params.setlist(name, [one for one in params.getlist(name) if one.strip() not in dropped])
    for part in ("why", "export", "table"):
        params.pop(part, None)
    return f"?{params.urlencode()}"


@register.simple_tag(takes_context=True)
def query_fields(context: template.Context, *dropped: str) -> SafeString:
    """The parameters of the present address as hidden fields, for a form that sets some of them itself: those are `dropped`."""
    request = context.get("request")
    kept = [(key, value) for key, values in (request.GET.lists() if request is not None else ()) for value in values if key not in dropped]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)


@register.simple_tag
def rate_said(base: str, quote: str, value: Showable) -> str:
    """An exchange rate as a sentence: $1 = €0.8612."""
    return rate_text(base, quote, value)


# ── forms ───────────────────────────────────────────────────────────────────


@register.simple_tag
def control(field: BoundField, extra: str = "", **attributes: Any) -> SafeString:
    """The input of a field with the class of its kind.  Ids of hint and errors are tied to it by the form library.

    Further attributes: an underscore in a name becomes a hyphen.
    """
    widget = field.field.widget
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        ((CheckboxInput, CheckboxSelectMultiple, RadioSelect), ""),
        (Textarea, "textarea"),
        (Select, "select"),
        (FileInput, "input"),
        (NumberInput, "input input--num"),
    )
    name = next((css for kind, css in kinds if isinstance(widget, kind)), "input")
    classes = " ".join(part for part in (name, widget.attrs.get("class", ""), extra) if part)
    attrs = {key.replace("_", "-"): value for key, value in attributes.items()}
    return field.as_widget(attrs=attrs | ({"class": classes} if classes else {}))


@register.filter
def is_select(field: BoundField) -> bool:
    return isinstance(field.field.widget, Select) and not isinstance(field.field.widget, RadioSelect)


@register.filter
def is_check(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


# ── graphics drawn by the server: plain SVG, sized by attributes ────────────


def svg_path(points: Sequence[float], width: float, height: float, pad: float = 2) -> str:
    """The line through evenly spaced points, its least and greatest at the edges.  Needs two points."""
    low, high = min(points), max(points)
    step, scale = width / (len(points) - 1), (height - 2 * pad) / ((high - low) or 1)
    bottom = height - pad + low * scale
    return "M" + " ".join([f"{i * step:.1f} {bottom - p * scale:.1f}" for i, p in enumerate(points)])


def thinned(points: Sequence[float], most: int) -> list[float]:
    """At most `most` of the points, evenly spaced, the first and last kept."""
    if len(points) <= most:
        return [float(p) for p in points]
    step = (len(points) - 1) / (most - 1)
    return [float(points[round(i * step)]) for i in range(most)]


@register.simple_tag
def spark(points: Sequence[float], label: str = "") -> SafeString:
    """A line of the last days, no axis.  With fewer than two prices it says so."""
    if len(points) < 2:
        return mark_safe('<span class="muted sm">new</span>')  # nosec B308
    width, height = 88, 28
    values = thinned(points, 30)
    line = svg_path(values, width, height)  # digits only: nothing in it needs escaping
    return SafeString(  # nosec B703
        f'<svg class="spark {trend(values[-1] - values[0])}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(label)}"><path class="spark__fill" d="{line} L{width} {height} L0 {height}Z"/><path d="{line}"/></svg>'
    )


def _fraction(part: Showable) -> float:
    value = part.value if isinstance(part, Figure) else part
    return float(value) if isinstance(value, (Decimal, int, float)) else 0.0


@register.simple_tag
def bar(part: Showable, colour: str = "c1") -> SafeString:
    """A part of a whole, 0 to 1; empty where the part is not known."""
    width = min(max(_fraction(part), 0), 1) * 100
    return SafeString(f'<svg class="bar {escape(colour)}" aria-hidden="true"><rect width="{width:.2f}%" height="100%"/></svg>')  # nosec B703


@register.simple_tag
def stackbar(parts: Iterable[Showable]) -> SafeString:
    """Several parts of one whole; the legend beside it carries names and figures."""
    start, cells = 0.0, []
    for i, part in enumerate(map(_fraction, parts)):
        cells.append((i % SERIES + 1, f"{start * 100:.2f}", f"{max(part * 100 - 0.35, 0.1):.2f}"))
        start += part
    inner = format_html_join("", '<rect class="c{}" x="{}%" width="{}%" height="100%"/>', cells)
    return format_html('<svg class="stackbar" aria-hidden="true">{}</svg>', inner)


@register.simple_tag
def target(actual: Showable, goal: Showable, colour: str = "c1", top: float = 0.55) -> SafeString:
    """Actual weight as a bar, target as a tick; `top` is the weight at the right edge."""
    return format_html(
        '<svg class="target {}" aria-hidden="true"><rect class="target__track" width="100%" height="6" y="5" rx="3"/>'
        '<rect width="{}%" height="6" y="5" rx="3"/><rect class="target__goal" x="{}%" width="2" height="16" rx="1"/></svg>',
        colour, f"{_fraction(actual) / top * 100:.1f}", f"{_fraction(goal) / top * 100:.1f}",
    )  # fmt: skip


@register.simple_tag
def chart_fallback(points: Sequence[float]) -> SafeString:
    """The same line as the chart that will replace it, so that the page is complete before any script runs."""
    if len(points) < 2:
        return SafeString("")
    return format_html(
        '<svg class="chart__fallback" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path d="{}"/></svg>',
        svg_path(thinned(points, 180), 100, 100, 4),
    )


@register.simple_tag
def areas_fallback(rows: Sequence[Sequence[float]]) -> SafeString:
    """The same areas as the chart that will replace them, one on top of the other.  A row of fractions for each."""
    below, paths = [0.0] * (len(rows[0]) if rows else 0), []
    for place, row in enumerate(rows):
        above = [low + share for low, share in zip(below, row, strict=True)]
        step = 100 / max(len(row) - 1, 1)
        there = [f"{i * step:.2f} {100 - high * 100:.2f}" for i, high in enumerate(above)]
        back = [f"{i * step:.2f} {100 - low * 100:.2f}" for i, low in reversed(list(enumerate(below)))]
        paths.append((place % SERIES + 1, "M" + "L".join([*there, *back]) + "Z"))
        below = above
    inner = format_html_join("", '<path class="c{}" d="{}"/>', paths)
    return format_html(
        '<svg class="chart__fallback chart__fallback--areas" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{}</svg>', inner
    )


@register.simple_tag
def candles_fallback(bars: Any) -> SafeString:
    """The same candles as the chart that will replace them: hollow where the price rose.  Takes `charts.Bars` that are whole."""
    low, high = min(bars.low), max(bars.high)
    step, scale = 100 / len(bars.close), 92 / ((high - low) or 1)
    paths: dict[bool, list[str]] = {True: [], False: []}
    for i, prices in enumerate(zip(bars.open, bars.high, bars.low, bars.close, strict=True)):
        at_open, at_high, at_low, at_close = (f"{96 - (price - low) * scale:.1f}" for price in prices)
        left, middle, right = f"{(i + 0.2) * step:.2f}", f"{(i + 0.5) * step:.2f}", f"{(i + 0.8) * step:.2f}"
        paths[prices[3] >= prices[0]].append(f"M{middle} {at_low}V{at_high}M{left} {at_open}H{right}V{at_close}H{left}Z")
    return format_html(
        '<svg class="chart__fallback chart__fallback--candles" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="up" d="{}"/><path class="down" d="{}"/></svg>',
        "".join(paths[True]), "".join(paths[False]),
    )  # fmt: skip


@register.simple_tag
def donut(parts: Iterable[Any]) -> SafeString:
    """Parts of a whole as a ring, until the chart draws it.  Each part has a `weight` and a `colour` (1 to 8)."""
    start, rings = 0.0, []
    for part in parts:
        size = max(_fraction(part.weight), 0.0) * 100
        rings.append((part.colour, f"{max(size - 0.6, 0.1):.2f}", f"{100 - max(size - 0.6, 0.1):.2f}", f"{-start:.2f}"))
        start += size
    ring = '<circle class="c{}" cx="50" cy="50" r="42" pathLength="100" stroke-dasharray="{} {}" stroke-dashoffset="{}"/>'
    inner = format_html_join("", ring, rings)
    return format_html('<svg class="donut" viewBox="0 0 100 100" aria-hidden="true">{}</svg>', inner)


_JSON_ESCAPES = ((">", "\\u003E"), ("<", "\\u003C"), ("&", "\\u0026"))


@register.simple_tag
def chart_data(chart: dict[str, Any], name: str) -> SafeString:
    """The block that static/js/charts.js draws from, named like the chart; JSON without a space, escaped as json_script does."""
    text = dumps(chart).decode()
    for character, written in _JSON_ESCAPES:
        text = text.replace(character, written)  # three searches of a text that holds hardly any: faster than a table
    return SafeString(f'<script id="{escape(name)}" type="application/json">{text}</script>')  # nosec B703


@register.simple_tag
def hidden_now() -> bool:
    """Whether amounts are hidden in the page being made."""
    return amounts_hidden()

"""Small parts of pages as template tags: icons, changes, figures as they are written, controls of forms.

Everything escapes through format_html; nothing emits a style attribute, a script or an inline event handler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from portfolio_site.web.graphics import SERIES
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


@register.simple_tag
def hidden_now() -> bool:
    """Whether amounts are hidden in the page being made."""
    return amounts_hidden()

"""Small parts of pages as template tags: icons, changes, and graphics drawn by the server without script.

Everything escapes through format_html; nothing emits a style attribute, a script or an inline event handler.
"""

from babel.numbers import get_decimal_symbol
from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from portfolio_site.web.numbers import _money, trend

register = template.Library()
LOCALE = "en_GB"
SPRITE = "/static/icons.svg#"


# ── small parts ─────────────────────────────────────────────────────────────


@register.simple_tag
def icon(name, extra=""):
    classes = f"icon {extra}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}{}"/></svg>', classes, SPRITE, name)


@register.simple_tag
def delta(value, text, extra=""):
    """A change: arrow, sign and text, so that colour is never the only cue"""
    way = trend(value)
    arrow = {"up": "arrow-up", "down": "arrow-down", "flat": "minus"}[way]
    return format_html('<span class="{}">{}{}</span>', f"delta {way} {extra}".strip(), icon(arrow), text)


@register.simple_tag
def money_big(value, currency="EUR"):
    """The headline figure, its cents quieter"""
    head, point, cents = _money(value, currency).rpartition(get_decimal_symbol(LOCALE))
    return format_html('{}<span class="figure__cents">{}{}</span>', head, point, cents)


@register.simple_tag
def undefined(reason):
    """What a figure that cannot be computed shows in place of a number"""
    return format_html('<button class="undefined" type="button" title="{}">Undefined</button>', reason)


# ── graphics drawn by the server: plain SVG, sized by attributes ────────────


def _path(points, width, height, pad=2):
    low, high = min(points), max(points)
    scale = (high - low) or 1
    step = width / max(len(points) - 1, 1)
    return "M" + " ".join(f"{i * step:.1f} {pad + (1 - (p - low) / scale) * (height - 2 * pad):.1f}" for i, p in enumerate(points))


@register.simple_tag
def spark(points, label=""):
    """A line of the last days: 30 points, no axis"""
    width, height = 88, 28
    line = _path(points, width, height)
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="spark__fill" d="{} L{} {} L0 {}Z"/><path d="{}"/></svg>',
        trend(points[-1] - points[0]), width, height, label, line, width, height, height, line,
    )


@register.simple_tag
def bar(part, colour="c1"):
    """A part of a whole, 0 to 1"""
    return format_html('<svg class="bar {}" aria-hidden="true"><rect width="{}%" height="100%"/></svg>', colour, f"{min(max(float(part), 0), 1) * 100:.2f}")


@register.simple_tag
def stackbar(parts):
    """Several parts of one whole; the legend beside it carries names and figures"""
    start, cells = 0.0, []
    for i, part in enumerate(parts):
        cells.append((i % 8 + 1, f"{start * 100:.2f}", f"{max(float(part) * 100 - 0.35, 0.1):.2f}"))
        start += float(part)
    inner = format_html_join("", '<rect class="c{}" x="{}%" width="{}%" height="100%"/>', cells)
    return format_html('<svg class="stackbar" aria-hidden="true">{}</svg>', inner)


@register.simple_tag
def target(actual, goal, colour="c1", top=0.55):
    """Actual weight as a bar, target as a tick"""
    return format_html(
        '<svg class="target {}" aria-hidden="true"><rect class="target__track" width="100%" height="6" y="5" rx="3"/>'
        '<rect width="{}%" height="6" y="5" rx="3"/><rect class="target__goal" x="{}%" width="2" height="16" rx="1"/></svg>',
        colour, f"{float(actual) / top * 100:.1f}", f"{float(goal) / top * 100:.1f}",
    )


@register.simple_tag
def chart_fallback(points):
    """The same line as the chart that will replace it, so that the page is complete before any script runs"""
    return format_html(
        '<svg class="chart__fallback" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><path d="{}"/></svg>',
        mark_safe(_path(points, 100, 100, 4)),
    )

"""The report on how widely the money is spread, and setting what is too much in one place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from analytics import selectors, services
from analytics.choices import By
from analytics.forms import LimitsForm
from analytics.selectors import Breakdown, Concentration, Diversification, MixHistory
from analytics.views.reports import Asked, asked, report_page
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.downloads import Table, columns

FILES = (
    ("figures", "Figures"), ("weights", "Weights"), ("largest", "Largest"), ("overlaps", "Overlaps"), ("checks", "Concentration"), ("history", "History"),
)  # fmt: skip
MOST_ROWS = 8  # of a card; the smaller parts stand together
MOST_TO_CLASSIFY = 4
MOST_MONTHS = 25  # of the table beside the chart: more of them, and only the Decembers
LAMPS = {"within": "badge--gain", "beyond": "badge--warn", "off": "", "unknown": ""}


@login_required
@require_http_methods(["GET", "POST"])
def diversification(request: HttpRequest) -> HttpResponse:
    """`look_through=0` leaves funds whole; the mix is that of the end of the period, its history that of the period.  A POST sets limits."""
    ask = asked(request).at_its_end(request.user)
    limits = selectors.limits_of(request.user)
    form = LimitsForm(request.POST if request.method == "POST" else None, limits=limits)
    if request.method == "POST" and (answer := _set(request, form)) is not None:
        return answer
    through = request.GET.get("look_through", "") != "0"
    report = selectors.diversification_in(ask.scope, limits, look_through=through, start=ask.start)
    return report_page(
        request, ask, "analytics/diversification.html", page="diversification", context=_context(ask, report, form),
        explanations=report.explanations, tables=lambda: _tables(report), extras=("look_through",),
    )  # fmt: skip


def _set(request: HttpRequest, form: LimitsForm) -> HttpResponse | None:
    """Back to the page with the limits set; None where the form is refused."""
    if request.POST.get("reset"):
        services.reset_limits(request.user)
    elif not form.is_valid():
        return None
    else:
        try:
            services.set_limits(request.user, form.drafts())
        except DomainError as problem:
            form.refuse(problem)
            return None
    messages.success(request, "Limits of concentration saved")
    return redirect(request.get_full_path())


# ── what the page shows ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a card."""

    name: str
    exposure: Figure
    weight: Figure
    colour: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The exposure by one dimension; `open` what is to be classified, and how many more there are."""

    key: str
    title: str
    rows: tuple[Row, ...]
    open: tuple[selectors.Untold, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Lamp:
    check: Concentration
    badge: str
    icon: str
    word: str


def _card(found: Breakdown) -> Card:
    named = [one for one in found.slices if one.key]
    rows = [Row(one.name, one.value, one.weight, f"c{place % 8 + 1}") for place, one in enumerate(named[:MOST_ROWS])]
    if rest := named[MOST_ROWS:]:
        weight = sum(float(one.weight.value or 0) for one in rest)
        worth = sum(float(one.value.value or 0) for one in rest)
        money = Figure("value", Unit.MONEY, worth, currency=rest[0].value.currency)
        rows.append(Row(f"{len(rest)} more", money, Figure("weight", Unit.FRACTION, weight), "c-ref"))
    rows += [Row(one.name, one.value, one.weight, "c-ref", True) for one in found.slices if not one.key]
    return Card(
        found.by.value, f"By {found.by.label.lower()}", tuple(rows), found.untold[:MOST_TO_CLASSIFY], max(len(found.untold) - MOST_TO_CLASSIFY, 0)
    )


def _lamp(one: Concentration) -> Lamp:
    icon, word = {
        "within": ("circle-check", "Within"), "beyond": ("circle-alert", "Beyond"), "off": ("circle-help", "Off"), "unknown": ("circle-help", "Not known"),
    }[one.state]  # fmt: skip
    return Lamp(one, LAMPS[one.state], icon, word)


@dataclass(frozen=True, slots=True)
class View:
    """One view of the chart of the past mix: its legend, and the table beside it."""

    key: str
    name: str
    parts: tuple[Row, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[Any, tuple[Figure, ...]], ...]


def _view(found: MixHistory) -> View:
    def share(value: float) -> Figure:
        return Figure("weight", Unit.FRACTION, value)

    none = Figure("value", Unit.FRACTION, 0.0)
    parts = tuple(
        Row(name, none, share(row[-1]), "c-ref" if not key else f"c{place % 8 + 1}", not key)
        for place, (key, name, row) in enumerate(zip(found.keys, found.names, found.shares, strict=True))
    )
    places = list(range(len(found.days)))[::-1]
    kept = places if len(places) <= MOST_MONTHS else [at for at in places if at == places[0] or found.days[at].month == 12]
    rows = tuple((found.days[at], tuple(share(row[at]) for row in found.shares)) for at in kept)
    return View(found.by.value, found.by.label, parts, found.names, rows)


def _drawn(found: MixHistory) -> charts.Chart:
    return charts.areas(found.days, found.names, found.shares, found.keys.index("") if "" in found.keys else None)


def _context(ask: Asked, report: Diversification, form: LimitsForm) -> dict[str, Any]:
    past = [one for one in report.history if len(one.days) > 1]
    return {
        "report": report,
        "spread": report.spread,
        "cards": [_card(report.breakdown(by)) for by in By if by is not By.HOLDING and (by is not By.ACCOUNT or len(ask.scope.portfolios) > 1)],
        "lamps": [_lamp(one) for one in report.checks],
        "views": [_view(one) for one in past],
        "chart": {"views": {one.by.value: _drawn(one) for one in past}} if past else None,
        "drawn": past[0].shares if past else (),
        "parts": [(*part, Figure("weight", Unit.FRACTION, float(part[1].value or 0) / 100)) for part in report.spread.parts],
        "form": form,
        "no_benchmark": True,
        "files": FILES,
    }


# ── files ───────────────────────────────────────────────────────────────────


def _tables(report: Diversification) -> list[Table]:
    spread = report.spread
    figures = [report.exposure, spread.score, *(replace(part, name=f"score_{name.lower()}") for name, part, _ in spread.parts)]
    figures += [spread.herfindahl, spread.effective_number, spread.diversification_ratio, spread.average_correlation, report.together]
    weights = [(by.by.value, one.key, one.name, one.value, one.weight) for by in report.breakdowns for one in by.slices]
    months = [
        (one.by.value, day, name, Figure("weight", Unit.FRACTION, row[place]))
        for one in report.history
        for place, day in enumerate(one.days)
        for name, row in zip(one.names, one.shares, strict=True)
    ]
    return [
        Table("figures", "Figures", columns("figure", "value", "unit"), [(one.name, one, one.currency or one.unit.value) for one in figures]),
        Table("weights", "Weights", columns("by", "key", "name", "exposure", "weight"), weights),
        Table(
            "largest", "Largest", columns("name", "direct", "through_funds", "weight", "funds"),
            [(one.name, one.direct, one.through, one.together, ", ".join(fund.symbol for fund in one.funds)) for one in report.largest],
        ),
        Table(
            "overlaps", "Overlaps", columns("first", "second", "overlap", "known_of_first", "known_of_second"),
            [(one.first.symbol, one.second.symbol, one.overlap, *one.known) for one in report.overlaps],
        ),
        Table(
            "checks", "Concentration", columns("check", "share", "threshold", "state", "sentence"),
            [(one.limit.check.value, one.share, one.limit.threshold, one.state, one.sentence) for one in report.checks],
        ),
        Table("history", "History", columns("by", "date", "name", "weight"), months),
    ]  # fmt: skip

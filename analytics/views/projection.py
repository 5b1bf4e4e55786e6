"""The projection.  Beside what all reports have (analytics.views.reports), but a period and a benchmark: `?years=`, `?contribution=` a month,
`?goal=`, `?chance=` per cent, `?seed=` and `?futures=`, as the API reads them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.selectors.explaining.projection import projection_explanations
from analytics.selectors.projection import MONTHS, Projection, ProjectionAsked, ProjectionReport
from analytics.selectors.projection_asked import NAMES, projection_asked
from analytics.selectors.risk.asked import Unreadable
from analytics.views.reports import asked, report_page
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.downloads import Table, columns

FILES = (("figures", "Figures"), ("fan", "Futures by month"), ("assumptions", "Assumptions"))
SHARES = ("5", "25", "50", "75", "95")


@require_GET
@login_required
def projection(request: HttpRequest) -> HttpResponse:
    """See the head of this module for the address."""
    ask = asked(request)
    question, problems = _question(request)
    report = ProjectionReport(ask.scope, question)
    found = report.made()
    context = {
        "report": found,
        "no_benchmark": True,
        "no_period": True,
        "problems": problems,
        "drawn": _drawn(found),
        "rows": _rows(found),
        "given": {f"{name}_typed": request.GET.get(name, "") for name in NAMES},
        "files": FILES,
    }
    return report_page(
        request,
        ask,
        "analytics/projection.html",
        page="projection",
        context=context,
        explanations=projection_explanations(report, found),
        tables=lambda: _tables(found),
        extras=NAMES,
    )


def _question(request: HttpRequest) -> tuple[ProjectionAsked, tuple[str, ...]]:
    """What is asked, and why parts of it could not be read: those are left out."""
    given = {name: request.GET.get(name, "") for name in NAMES}
    problems: list[str] = []
    while True:
        try:
            return projection_asked(given), tuple(problems)
        except Unreadable as problem:
            problems.append(str(problem))
            given[problem.field] = ""


def _drawn(found: Projection) -> charts.Chart | None:
    fan = found.fan
    if fan is None:
        return None
    low, quarter, middle, three, high = (row.tolist() for row in fan.worth)
    bands = (("nine of ten futures", low, high), ("half of the futures around the middle", quarter, three))
    return charts.fan(charts.Fan(found.days, bands, middle, fan.paid.tolist(), found.asked.goal), found.currency)


def _rows(found: Projection) -> list[dict[str, Any]]:
    """The fan year by year: the table beside the chart."""
    fan = found.fan
    if fan is None:
        return []

    def money(value: float) -> Figure:
        return Figure("projection", Unit.MONEY, float(value), currency=found.currency)

    return [
        {
            "day": found.days[at],
            "worth": [money(level[at]) for level in fan.worth],
            "paid": money(fan.paid[at]),
            "reached": None if fan.reached is None else Figure("reached", Unit.FRACTION, float(fan.reached[at])),
        }
        for at in range(0, len(found.days), MONTHS)
    ]


def _tables(found: Projection) -> list[Table]:
    titles, asked = dict(FILES), found.asked
    named = (found.value, found.paid, found.low, found.middle, found.high, found.reached, found.needed)
    keys = ("value", "paid", "low", "middle", "high", "reached", "needed_contribution")
    said: list[tuple[str, Any, str]] = [(key, one, one.unit.value) for key, one in zip(keys, named, strict=True)]
    said += [(name, str(getattr(asked, name)), "") for name in ("years", "contribution", "goal", "chance", "seed", "futures")]
    fan, rows = found.fan, []
    if fan is not None:
        reached = [""] * len(found.days) if fan.reached is None else fan.reached.tolist()
        numbers = zip(*(level.tolist() for level in fan.worth), fan.mean.tolist(), fan.paid.tolist(), reached, strict=True)
        rows = [(day, *row) for day, row in zip(found.days, numbers, strict=True)]
    return [
        Table("figures", titles["figures"], columns("figure", "value", "unit"), said),
        Table("fan", titles["fan"], columns("date", *(f"p{share}" for share in SHARES), "mean", "paid", "reached"), rows),
        Table("assumptions", titles["assumptions"], columns("assumption"), [(one,) for one in found.assumptions]),
    ]

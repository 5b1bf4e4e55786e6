"""The frame that all reports share: what is asked in the address, the bar that changes it, and the report as a file.

The address holds the whole state: `?p=` the portfolio, `?benchmark=` a number of the list of indices and blends, `?period=` (or `start=` and
`end=`) as `kernel.periods` reads it, conditions on holdings as `selectors.slicing` reads them, of returns `?returns=gross` those before fees and
taxes, `?why=` a figure to explain, `?export=` csv, xlsx or json (`&table=` for CSV).  A report is made like this:

    @require_GET
    @login_required
    def risk(request):
        ask = asked(request)                                    # raises NotFound for somebody else's portfolio or benchmark
        report = selectors.risk_of(ask.scope, ask.start, ask.end)
        return report_page(
            request, ask, "analytics/risk.html", page="risk", context={"report": report, ...},
            explanations=report.explanations, tables=lambda: [Table("figures", "Figures", ...), ...],
        )

The template extends `analytics/report.html`, whose head says which blocks it fills.  `extras` of `report_page` names parameters of the
report's own (a switch, a tab) that the bar keeps; everything in the address is kept by its links anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from analytics.selectors import Explanation, Scope
from analytics.selectors.slicing import Subset, conditions_of, offered, subset_of
from analytics.views.choice import Choice, choice_of
from analytics.views.explain import explanation_page
from market.selectors import BenchmarkView, benchmarks
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.periods import NAMES, Span, UnreadablePeriod, read_period
from portfolio_site.web.downloads import Table, download, file_name
from portfolio_site.web.pages import look_of, render_page

DEFAULT = "1Y"
MOST_YEARS = 12  # of the calendar, offered as links


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about.

    problem     why the period of the address could not be read; "" where it could
    subset      what of the ledgers it is about; left_out: conditions that could not be used, in sentences
    benchmark   the one chosen in the address; None: that of the portfolio
    indices, blends  what can be chosen
    """

    choice: Choice
    span: Span
    problem: str
    benchmark: BenchmarkView | None
    indices: tuple[BenchmarkView, ...]
    blends: tuple[BenchmarkView, ...]
    scope: Scope
    subset: Subset
    has_returns: bool = False  # `?returns=gross` is asked of this report
    left_out: tuple[str, ...] = ()
    kept: str = "?"  # the address without its period, to which `period=…` is added

    @property
    def start(self) -> date | None:
        return self.span.start

    @property
    def end(self) -> date:
        return self.span.end

    @property
    def first(self) -> date:
        """The first day of the period that has entries behind it."""
        begun = self.scope.daily.first + timedelta(days=1)
        return min(max(self.span.start or begun, begun), self.span.end)

    def at_its_end(self, user: Any) -> Asked:
        """The same, of the ledgers as they stood at the end of the period: what they hold is what they held then."""
        if self.end >= self.scope.today:
            return self
        chosen = self.subset.portfolios(self.choice.portfolios)
        scope = Scope(chosen, self.choice.currency, benchmark=self.benchmark, as_of=self.end, gross=self.scope.gross).owned_by(user)
        return replace(self, scope=scope)

    @property
    def previous(self) -> Span | None:
        """The period before, while there are entries in it."""
        return self.span.previous if self.span.start is not None and self.span.start > self.scope.daily.first else None

    @property
    def years(self) -> tuple[str, ...]:
        """Years of the calendar with entries, latest first."""
        begun = self.scope.daily.first + timedelta(days=1)
        return tuple(str(year) for year in range(timezone.localdate().year, begun.year - 1, -1))[:MOST_YEARS]

    @property
    def fields(self) -> list[dict[str, Any]]:
        """What the holdings can be narrowed to: fields with their values, and those that are chosen."""
        every = self.subset.every or tuple(self.scope.instruments.values())
        chosen = {one.field: one.texts for one in self.subset.conditions}
        return [
            {"name": field.value, "label": field.label, "values": values, "chosen": chosen.get(field, ())} for field, values in offered(every).items()
        ]

    def context(self) -> dict[str, Any]:
        return {
            **self.choice.context(),
            "ask": self,
            "periods": NAMES,
            "compared": self.scope.benchmark,
            "first": self.first,
            "table": self.scope.table,
            "warnings": self.scope.warnings,
        }


def asked(request: HttpRequest, *, returns: bool = False) -> Asked:
    """What the address asks for; with `returns`, also whether before fees and taxes.  Three queries, and those of `subset_of`.

    Raises NotFound for a portfolio or benchmark that is not the person's.
    """
    choice = choice_of(request)
    span, problem = _span_of(request)
    indices, blends = benchmarks(request.user)
    benchmark = None
    if given := request.GET.get("benchmark", ""):
        benchmark = next((one for one in (*indices, *blends) if str(one.id) == given), None)
        if benchmark is None:
            raise NotFound("There is no such benchmark.")
    gross = returns and request.GET.get("returns", "") == "gross"
    conditions, errors = conditions_of(request.GET)
    subset = subset_of(choice.portfolios, conditions)
    scope = Scope(subset.portfolios(choice.portfolios), choice.currency, benchmark=benchmark, gross=gross).owned_by(request.user)
    left_out = tuple(f"The filter “{one.field}” was left out. {one.detail}" for one in errors)
    return Asked(choice, span, problem, benchmark, indices, blends, scope, subset, returns, left_out, _kept(request))


def _kept(request: HttpRequest) -> str:
    """One text for the many links of a heat map."""
    rest = request.GET.copy()
    for name in ("period", "start", "end", "why", "export", "table"):
        rest.pop(name, None)
    return f"?{rest.urlencode()}&" if rest else "?"


def _span_of(request: HttpRequest) -> tuple[Span, str]:
    """The period of the address; the past year, and why, where it cannot be read."""
    today = timezone.localdate()
    text = request.GET.get("period", "").strip()
    start, end = (request.GET.get(name, "").strip() for name in ("start", "end"))
    if not text and (start or end):
        text = f"{start}:{end}"
    try:
        return read_period(text or DEFAULT, today), ""
    except UnreadablePeriod as problem:
        return read_period(DEFAULT, today), str(problem)


def report_page(
    request: HttpRequest,
    ask: Asked,
    template: str,
    *,
    page: str,
    context: Mapping[str, Any],
    explanations: Mapping[str, Explanation],
    tables: Callable[[], Sequence[Table]],
    part: str = "",
    extras: Sequence[str] = (),
) -> HttpResponse:
    """The page, the explanation of one of its figures, or its tables as a file.

    page    the key of the place in the navigation, which is also the first word of its files; `part`: the second, where it has tabs
    tables  called only for a file; its first table holds the main figures
    """
    if why := request.GET.get("why", ""):
        return explanation_page(request, explanations, why, {"page": page, **ask.choice.context()})
    if form := request.GET.get("export", ""):
        hidden = look_of(getattr(request, "preferences", None)).private
        return download(form, _stem(page, part, ask), tables(), _about(ask), hidden=hidden, table=request.GET.get("table", ""))
    seen = {row.instrument.currency for row in ask.scope.table.rows} | {ask.choice.currency}
    whole = {"page": page, **ask.context(), "whys": set(explanations), "extras": extras, **context}
    return render_page(request, template, whole, currencies=seen)


def _stem(page: str, part: str, ask: Asked) -> str:
    return file_name(page, part, "-".join(one.name for one in ask.choice.picked) or "all", ask.first, ask.end)


def _about(ask: Asked) -> dict[str, Any]:
    compared = ask.scope.benchmark
    return {
        "portfolios": [{"id": one.pk, "name": one.name} for one in ask.scope.portfolios],
        "start": ask.first,
        "end": ask.end,
        "currency": ask.choice.currency,
        "benchmark": None if compared is None else compared.name,
        **({"returns": "gross" if ask.scope.gross else "net"} if ask.has_returns else {}),
        "slice": [f"{one.name} {one.value}" for one in ask.subset.said()],
        "warnings": list(ask.scope.warnings),
    }

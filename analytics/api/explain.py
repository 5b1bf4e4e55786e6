"""Why a figure is what it is, over the API: the same explanations as on the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import preferences_of
from analytics import selectors
from analytics.api.common import (
    BENCHMARK,
    BLEND,
    CURRENCY,
    END,
    LOOK_INTO,
    METHOD,
    PERIOD,
    SLICES,
    START,
    AnswerSerializer,
    benchmark_of,
    is_gross,
    looks_into_funds,
    method_of_query,
    period_of,
    scope_of,
)
from analytics.api.explain_period import OF_PERFORMANCE, performance_known
from analytics.api.risk import ASKED, Days, risk_of_query
from analytics.selectors import Explanation, Line, Scope, Source, Term
from analytics.selectors.explaining import names as explain_names
from analytics.selectors.explaining.income import income_explanations
from analytics.selectors.explaining.risk import risk_explanations
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.worth import worth_in
from market.models import Instrument
from market.selectors import get_instrument
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.answers import AS_OF, KNOWN_AT, Told, day_of_query, moment_of_query, only_parameters, refuse
from portfolio_site.web.serializers import ExactField


class FigureSerializer(serializers.Serializer[Any]):
    """A number with its unit; null where it cannot be computed."""

    value = ExactField(allow_null=True)
    unit = serializers.CharField(help_text="money, fraction (0.05 is 5 %), points, units, number or days")
    currency = serializers.CharField(allow_blank=True)


class TermSerializer(FigureSerializer):
    operator = serializers.CharField(allow_blank=True, help_text="blank for the first, then +, −, ×, ÷; = before the result")
    label = serializers.CharField()  # type: ignore[assignment]


class LineSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    instrument = serializers.IntegerField(allow_null=True)
    transaction = serializers.IntegerField(allow_null=True)
    cells = serializers.ListField(child=serializers.JSONField(), help_text="as `columns`: a figure, a date or a text")
    terms = TermSerializer(many=True, help_text="how the last cell comes about, where it is itself a calculation")


class InputSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    value = ExactField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    as_of = serializers.CharField(allow_null=True)
    stale = serializers.BooleanField()
    kind = serializers.CharField(help_text="price, rate, entries or series")


class ExplanationSerializer(AnswerSerializer):
    """A figure, the calculation that made it, the rows it is made of, and what went in."""

    figure = serializers.CharField(help_text="as asked for")
    title = serializers.CharField()
    words = serializers.CharField()
    value = ExactField(allow_null=True)
    unit = serializers.CharField()
    as_of = serializers.CharField()
    terms = TermSerializer(many=True)
    columns = serializers.ListField(child=serializers.CharField())
    lines = LineSerializer(many=True)
    more_lines = serializers.IntegerField(help_text="rows that are added up in the last line")
    inputs = InputSerializer(many=True)
    checks = serializers.ListField(child=TermSerializer(many=True))
    left_out = serializers.ListField(child=serializers.CharField())


def _number(value: Decimal | float | None) -> str | None:
    return None if value is None else plain(value) if isinstance(value, Decimal) else plain(Decimal(repr(value)))


def _figure(figure: Figure) -> dict[str, Any]:
    return {"value": _number(figure.value), "unit": figure.unit.value, "currency": figure.currency}


def _term(term: Term) -> dict[str, Any]:
    return {"operator": term.operator, "label": term.label, **_figure(term.figure)}


def _cell(cell: Figure | date | str) -> Any:
    return _figure(cell) if isinstance(cell, Figure) else _moment(cell) if isinstance(cell, date) else cell


def _moment(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _line(line: Line) -> dict[str, Any]:
    return {
        "label": line.label,
        "instrument": line.instrument_id,
        "transaction": line.entry_id,
        "cells": [_cell(cell) for cell in line.cells],
        "terms": [_term(term) for term in line.terms],
    }


def _input(source: Source) -> dict[str, Any]:
    return {
        "label": source.label,
        "value": None if source.figure is None else _number(source.figure.value),
        "source": source.source,
        "as_of": _moment(source.as_of),
        "stale": source.stale,
        "kind": source.kind,
    }


def _answer(found: Explanation) -> dict[str, Any]:
    return {
        "figure": found.name,
        "title": found.title,
        "words": found.words,
        "unit": found.figure.unit.value,
        "as_of": _moment(found.as_of),
        "terms": [_term(term) for term in found.terms],
        "columns": list(found.columns),
        "lines": [_line(line) for line in found.lines],
        "more_lines": found.more_lines,
        "inputs": [_input(source) for source in found.inputs],
        "checks": [[_term(term) for term in check] for check in found.checks],
        "left_out": list(found.left_out),
    }


def _one_of(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


FIGURE = OpenApiParameter(
    "figure",
    str,
    required=True,
    description=(
        "what to explain, by the field that tells it; an unknown name answers which there are. "
        f"Of the whole, as in GET /portfolios/{{id}}: {_one_of(explain_names.SUMMARY)}; of performance {_one_of(explain_names.RETURNS)}. "
        f"With `instrument`, as in holdings: {_one_of(explain_names.HOLDING)}. "
        f"With `lot` as well, as in lots: {_one_of(explain_names.LOT)}. "
        f"With `sale`, as in its `sales`: {_one_of(explain_names.SALE)}; with `sale` and `lot`, as in the `matches` of the sale, also `days_held`. "
        f"With `report=methods`, as in lots/methods: {_one_of(explain_names.METHOD)}. "
        "With `report=risk`, a figure of that report over its `window`, or a period, such as `volatility`, `value_at_risk` or `stress_2008`. "
        f"Of a period, or of all time without one, as in gains: {_one_of(explain_names.GAINS)}. "
        f"With `report=value`, as in value, now or `as_of` a day: {_one_of(explain_names.VALUE)}. "
        f"With `report=diversification`: {_one_of(explain_names.MIX)}. "
        f"With `report=income`, of a period or of all time: {_one_of(explain_names.INCOME)}; and each payment by the name that it has there. "
        f"With `report=performance`, of a period or of all time: {_one_of(explain_names.PERIOD)}; and `year_2025`, `month_2025-03`, `over_2025`, `fall_1`."
    ),
)
INSTRUMENT = OpenApiParameter("instrument", int, description="explain the figure of this holding, not of the whole")
LOT = OpenApiParameter(
    "lot", int, description="explain the figure of the lot that this entry opened (`transaction` in lots); in its portfolio's currency"
)
OPENED_ON = OpenApiParameter(
    "opened_on", OpenApiTypes.DATE, description="of the lot, where the entry opened several: a transfer may bring lots of many days"
)
NTH = OpenApiParameter("nth", int, description="of the lot, where the entry opened several of one day; as lots tell it")
SALE = OpenApiParameter(
    "sale", int, description="explain the figure of this sale (`sale` in lots); with `lot`, of the units that it took from that lot"
)
REPORT = OpenApiParameter(
    "report",
    OpenApiTypes.STR,
    enum=["methods", "value", "diversification", "risk", "income", "performance"],
    description=(
        "`methods`: explain what one portfolio comes to under `method`, as lots/methods tells it; `value`: one of GET …/value; `diversification`: how widely it is spread, "
        "as diversification tells it, with `look_through`; `risk`: a figure of GET …/risk, asked with its parameters; `income`: one of GET …/income; "
        "`performance`: one of GET …/performance, and of …/attribution, …/rolling, …/costs and …/growth, asked with their parameters"
    ),
)
RISK_PARAMETERS = [*ASKED, BENCHMARK, BLEND]
PARAMETERS = [
    FIGURE,
    INSTRUMENT,
    LOT,
    OPENED_ON,
    NTH,
    SALE,
    REPORT,
    AS_OF,
    KNOWN_AT,
    METHOD,
    PERIOD,
    START,
    END,
    LOOK_INTO,
    CURRENCY,
    *RISK_PARAMETERS,
    *OF_PERFORMANCE,
    *SLICES,
]
COMPARED = {BENCHMARK.name, BLEND.name, "window", "rf"}  # what risk and performance both ask


def _only_of_its_report(request: Request, report: str) -> None:
    """Raises ValidationError for a parameter that belongs to the report on risk, or on performance, alone."""
    for one in (*RISK_PARAMETERS, *OF_PERFORMANCE):
        of = "performance" if one in OF_PERFORMANCE else "risk"
        if one.name in request.query_params and report != of and not (report == "performance" and one.name in COMPARED):
            raise refuse(one.name, f"It belongs to the report on {of}: add `report={of}`, or leave it out.")


def _key(request: Request, name: str, words: str) -> int | None:
    given = request.query_params.get(name, "").strip()
    if given and not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise refuse(name, words)
    return int(given) if given else None


class ExplainView(APIView):
    @extend_schema(
        operation_id="explain",
        parameters=PARAMETERS,
        responses=ExplanationSerializer,
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Formula, inputs and entries of one figure, taken from the computation that made it.

        Its `value` is the one that the field of the same name has.  With a start or an end: a figure of the gains of that period.
        With `as_of`, `known_at` or `method`: the value that the field has in an answer to the same question.
        """
        only_parameters(request, PARAMETERS)
        moment: dict[str, Any] = {"as_of": day_of_query(request, "as_of"), "known_at": moment_of_query(request, "known_at")}
        report = request.query_params.get("report", "")
        _only_of_its_report(request, report)
        compared = benchmark_of(request) if report in {"risk", "performance"} else None
        scope = scope_of(request, pk, method=method_of_query(request), benchmark=compared, gross=is_gross(request), **moment)
        known, currency = self._known(request, scope)
        asked = request.query_params.get("figure", "").strip()
        name = asked if asked in known else asked.replace("realised", "realized")
        if name not in known:
            raise refuse("figure", f"Use one of: {', '.join(known)}." if len(known) else "Nothing was held of it, so there is nothing to explain.")
        found, told = known[name], Told()
        value = told.percent(name, found.figure) if name.endswith("_percent") else told(name, found.figure)
        body = {"portfolios": [one.pk for one in scope.portfolios], "currency": currency, "value": value, **_answer(found)}
        return Response(body | told.told())

    def _known(self, request: Request, scope: Scope) -> tuple[Mapping[str, Explanation], str]:
        """What can be explained of what is asked for, and the currency that it is told in."""
        pk, lot = _key(request, "instrument", "Give the number of an instrument."), _key(request, "lot", "Give the number of a transaction.")
        sale = _key(request, "sale", "Give the number of a transaction.")
        start, end = period_of(request)
        if scope.until is not None and end is not None and end > scope.until:
            raise refuse("end", f"The ledger is looked at as of {scope.until.isoformat()}: let the period end there, or leave `as_of` out.")
        if pk is None and (lot is not None or sale is not None):
            raise refuse("instrument", f"Say which instrument the {'sale' if lot is None else 'lot'} is of.")
        if request.query_params.get("report") == "income":
            return self._of_income(request, scope, start, end), scope.currency
        if request.query_params.get("report") == "performance":
            return performance_known(request, scope, start, end), scope.currency
        if request.query_params.get("report") == "risk":
            return self._of_risk(request, scope, pk, (start, end)), scope.currency
        if start is not None or end is not None:
            if pk is not None:
                raise refuse("instrument", "Gains of a period are told by instrument already: leave one of the two out.")
            return selectors.period_explanations(scope, start, end), scope.currency
        instrument = get_instrument(request.user, pk) if pk is not None else None
        if request.query_params.get("report"):
            return self._of_report(request, scope, instrument)
        if instrument is None or (lot is None and sale is None):
            return selectors.explanations_of(scope, instrument), scope.currency
        day, nth = day_of_query(request, "opened_on"), _key(request, "nth", "Give its place among the lots of its day, from 1.")
        moment: dict[str, Any] = {"as_of": scope.until, "known_at": scope.known_at}
        if sale is not None:
            known = selectors.sale_explanations_of(request.user, scope.portfolios, instrument, sale, lot, day, nth, **moment)
        else:
            known = selectors.lot_explanations_of(request.user, scope.portfolios, instrument, lot or 0, day, nth, **moment)
        return known, known["cost"].figure.currency

    def _of_risk(self, request: Request, scope: Scope, instrument: int | None, days: Days) -> Mapping[str, Explanation]:
        """What the report on risk says of its window, or of the period that was asked for in its place."""
        if instrument is not None:
            raise refuse("instrument", "Risk is explained for the whole, holding by holding: leave one of the two out.")
        given = any(request.query_params.get(one.name, "").strip() for one in (PERIOD, START, END))
        return risk_explanations(RiskWindow(scope, risk_of_query(request, days if given else None)))

    def _of_income(self, request: Request, scope: Scope, start: date | None, end: date | None) -> Mapping[str, Explanation]:
        """What the report of income says of a period."""
        if request.query_params.get("instrument"):
            raise refuse("instrument", "Income is told by payment: ask for a figure such as `holding_12`, and leave the instrument out.")
        asked = IncomeAsked(start, end, residence=preferences_of(request.user).tax_residence)
        return income_explanations(IncomeReport(scope, asked))

    def _of_report(self, request: Request, scope: Scope, instrument: Instrument | None) -> tuple[Mapping[str, Explanation], str]:
        report = request.query_params["report"]
        if report not in {"methods", "value", "diversification"}:
            raise refuse("report", "Use one of: methods, value, diversification, risk, income, performance.")
        if report == "methods":
            return self._of_methods(request, scope, instrument)
        if instrument is not None:
            raise refuse("instrument", "Value, and how widely the money is spread, are told of the whole: leave the instrument out.")
        if report == "value":
            through = "look_through" in request.query_params and looks_into_funds(request)
            return worth_in(scope, look_through=through).explanations, scope.currency
        limits, through = selectors.limits_of(request.user), looks_into_funds(request)
        return selectors.diversification_in(scope, limits, look_through=through).explanations, scope.currency

    def _of_methods(self, request: Request, scope: Scope, instrument: Instrument | None) -> tuple[Mapping[str, Explanation], str]:
        """What the comparison of methods says of one; in the currency of its portfolio."""
        if len(scope.portfolios) != 1:
            raise refuse("report", "Methods are compared in one portfolio: ask for that one.")
        portfolio = scope.portfolios[0]
        own = Scope(scope.portfolios, portfolio.base_currency, as_of=scope.until, known_at=scope.known_at)
        return selectors.method_explanations_of(own, instrument), portfolio.base_currency


@extend_schema_view(get=extend_schema(operation_id="explain_of_all"))
class AllExplainView(ExplainView):
    """The same over the union of one's portfolios."""

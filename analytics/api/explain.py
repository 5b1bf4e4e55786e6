"""Why a figure is what it is, over the API: the same explanations as on the pages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.common import CURRENCY, END, START, AnswerSerializer, period_of, scope_of
from analytics.selectors import Explanation, Line, Source, Term
from market.selectors import get_instrument
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.answers import Told, refuse
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

    figure = serializers.CharField()
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


FIGURE = OpenApiParameter("figure", str, required=True, description="what to explain; an unknown name answers which there are")
INSTRUMENT = OpenApiParameter("instrument", int, description="explain the figure of this holding, not of the whole")


class ExplainView(APIView):
    @extend_schema(operation_id="explain", parameters=[FIGURE, INSTRUMENT, START, END, CURRENCY], responses=ExplanationSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Formula, inputs and entries of one figure, taken from the computation that made it.

        With a start or an end: a figure of the gains of that period.
        """
        scope = scope_of(request, pk)
        given = request.query_params.get("instrument", "").strip()
        if given and not (given.isascii() and given.isdigit() and len(given) <= 18):
            raise refuse("instrument", "Give the number of an instrument.")
        start, end = period_of(request)
        if start is not None or end is not None:
            if given:
                raise refuse("instrument", "Gains of a period are told by instrument already: leave one of the two out.")
            known = selectors.period_explanations(scope, start, end)
        else:
            known = selectors.explanations_of(scope, get_instrument(request.user, int(given)) if given else None)
        name = request.query_params.get("figure", "").strip()
        if name not in known:
            raise refuse("figure", f"Use one of: {', '.join(known)}." if len(known) else "Nothing was held of it, so there is nothing to explain.")
        found, told = known[name], Told()
        value = told(name, found.figure)
        body = {"portfolios": [one.pk for one in scope.portfolios], "currency": scope.currency, "value": value, **_answer(found)}
        return Response(body | told.told())


@extend_schema_view(get=extend_schema(operation_id="explain_of_all"))
class AllExplainView(ExplainView):
    """The same over the union of one's portfolios."""

"""Why figures changed between two moments of knowledge, over the API."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import AS_OF, day_of_query, moment_of_query, refuse
from portfolio_site.web.serializers import ExactField
from portfolios import selectors
from portfolios.api.common import NAMES, LedgerView
from portfolios.errors import HoldingNotFound
from portfolios.ledger.effects import Figures
from portfolios.selectors import Changes, EntryChange

FROM = OpenApiParameter("from", OpenApiTypes.STR, required=True, description="a day (its end) or a moment with offset: what was known then")
TO = OpenApiParameter("to", OpenApiTypes.STR, description="what was known later; now where missing")
MOST = 1000  # changes in one answer; narrow the moments for more
INSTRUMENT = OpenApiParameter("instrument", OpenApiTypes.STR, description="id or symbol; all where missing")


class FiguresSerializer(serializers.Serializer[Any]):
    quantity = ExactField()
    cost = ExactField()
    realized = ExactField()
    income = ExactField()
    expenses = ExactField()


class EffectSerializer(FiguresSerializer):
    instrument = serializers.IntegerField(allow_null=True, help_text="null: income and expenses of none")
    symbol = serializers.CharField()


class FieldChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class LedgerChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    change = serializers.ChoiceField(choices=["recorded", "edited", "voided", "restored"])
    transaction = serializers.IntegerField()
    type = serializers.CharField()
    date = serializers.DateField()
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField()
    fields_changed = FieldChangeSerializer(many=True)
    effects = EffectSerializer(many=True, help_text="what it did to the figures; those of all changes add up to the totals")
    with_next = serializers.BooleanField(help_text="the effect on some instruments is told with the next change")


class TotalSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField()
    before = FiguresSerializer(allow_null=True)
    after = FiguresSerializer(allow_null=True)
    change = FiguresSerializer()


class ChangesSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    known_from = serializers.DateTimeField()
    known_to = serializers.DateTimeField()
    as_of = serializers.DateField(allow_null=True)
    changes = LedgerChangeSerializer(many=True, help_text=f"oldest first, at most {MOST}")
    left_out = serializers.IntegerField(help_text="changes after those that are listed; ask from a later moment for them")
    totals = TotalSerializer(many=True)
    problem = serializers.CharField(help_text="why the effects cannot be told; blank where they are")


def _figures(figures: Figures) -> dict[str, str]:
    return dict(zip(("quantity", "cost", "realized", "income", "expenses"), map(plain, figures), strict=True))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _change(change: EntryChange) -> dict[str, Any]:
    return {
        "at": change.at,
        "change": change.what,
        "transaction": change.entry,
        "type": change.kind,
        "date": change.day,
        "instrument": None if change.instrument is None else change.instrument.id,
        "symbol": "" if change.instrument is None else change.instrument.symbol,
        "fields_changed": [{"field": NAMES.get(one.name, one.name), "before": _text(one.before), "after": _text(one.after)} for one in change.fields],
        "effects": [{**_named(effect.instrument), **_figures(effect.figures)} for effect in change.effects],
        "with_next": change.with_next,
    }


def _named(view: selectors.InstrumentView | None) -> dict[str, Any]:
    return {"instrument": None if view is None else view.id, "symbol": "" if view is None else view.symbol}


def answer_of(found: Changes) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "known_from": found.known_from,
        "known_to": found.known_to,
        "as_of": found.until,
        "changes": [_change(change) for change in found.changes[:MOST]],
        "left_out": max(len(found.changes) - MOST, 0),
        "totals": [
            {
                **_named(row.instrument),
                "before": None if row.before is None else _figures(row.before),
                "after": None if row.after is None else _figures(row.after),
                "change": _figures(row.change),
            }
            for row in found.totals
        ],
        "problem": found.problem,
    }


class ChangesView(LedgerView):
    @extend_schema(operation_id="portfolios_changes", parameters=[FROM, TO, AS_OF, INSTRUMENT], responses=ChangesSerializer, tags=["portfolios"])
    def get(self, request: Request, pk: int) -> Response:
        """The entries recorded, edited and voided between two moments, and what each of them did to the figures."""
        portfolio = selectors.get_portfolio(request.user, pk)
        if not request.query_params.get("from"):
            raise refuse("from", "Say from which day or moment on, such as 2026-03-31.", "required")
        now = timezone.now()
        since, to = moment_of_query(request, "from") or now, moment_of_query(request, "to") or now
        if to < since:
            raise refuse("to", "The end lies before the start. Exchange the two, or leave one out.")
        asked = request.query_params.get("instrument", "")
        instrument = None
        if asked:
            instrument = selectors.held_instrument(portfolio, int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else asked[:32])
            if instrument is None:
                raise HoldingNotFound("There is no such holding.")
        found = selectors.changes_between(portfolio, since, to, until=day_of_query(request, "as_of"), instrument=instrument)
        return Response(answer_of(found))

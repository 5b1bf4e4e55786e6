"""The list of indices, and the caller's blends.  Weights are fractions: 0.6 is 60 %."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import services
from market.choices import Rebalancing
from market.errors import InvalidBlend
from market.selectors import BenchmarkView, benchmarks, candidates, get_benchmark, get_blend, instruments_visible_to
from market.services import LONGEST_BLEND_NAME, MOST_PARTS, PartDraft
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.answers import read
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.serializers import CurrencyField, ExactField, WordField
from portfolios.selectors import compared_with_blend


class BlendPartSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    weight = ExactField()


class BenchmarkListedSerializer(serializers.Serializer[Any]):
    """An index of everybody's list, or a blend of the caller's."""

    id = serializers.IntegerField()
    type = serializers.ChoiceField(choices=["index", "blend"])
    name = serializers.CharField()
    currency = serializers.CharField()
    instrument = serializers.IntegerField(allow_null=True, help_text="of an index: what a portfolio takes as `benchmark`; null for a blend")
    symbol = serializers.CharField(allow_null=True)
    kind = serializers.CharField(allow_null=True, help_text="what the index itself counts: price, or total; null for a blend")
    total_return = serializers.CharField(allow_null=True, help_text="symbol of the same index with dividends reinvested, where there is one")
    rebalancing = serializers.ChoiceField(choices=Rebalancing.choices, allow_null=True, help_text="null for an index")
    parts = BlendPartSerializer(many=True)
    note = serializers.CharField(allow_blank=True)


class BenchmarksSerializer(serializers.Serializer[Any]):
    results = BenchmarkListedSerializer(many=True)


class BlendPartWanted(serializers.Serializer[Any]):
    """An instrument by number or by symbol, and its weight."""

    instrument = serializers.IntegerField(min_value=1, max_value=10**18 - 1, required=False)
    symbol = serializers.CharField(max_length=60, required=False)
    weight = ExactField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("instrument" in attrs) == ("symbol" in attrs):
            raise serializers.ValidationError({"instrument": "Name the instrument by its number or by its symbol."}, code="required")
        return attrs


class BlendWanted(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=LONGEST_BLEND_NAME)
    currency = CurrencyField()
    rebalancing = WordField(choices=Rebalancing.choices, required=False, default=Rebalancing.MONTHLY.value)
    parts = serializers.ListField(child=BlendPartWanted(), min_length=1, max_length=MOST_PARTS)


class BlendRemovedSerializer(serializers.Serializer[Any]):
    """What is compared with nothing from now on."""

    portfolios = serializers.ListField(child=serializers.IntegerField())


def told(one: BenchmarkView) -> dict[str, Any]:
    """As it is answered."""
    part = one.parts[0] if not one.is_blend else None
    parts = [{"instrument": p.instrument_id, "symbol": p.symbol, "name": p.name, "weight": p.weight} for p in one.parts]
    return {
        "id": one.id,
        "type": "blend" if one.is_blend else "index",
        "name": one.name,
        "currency": one.currency,
        "instrument": one.instrument_id,
        "symbol": one.symbol or None,
        "kind": part.kind if part else None,
        "total_return": part.twin.symbol if part and part.twin else None,
        "rebalancing": one.rebalancing if one.is_blend else None,
        "parts": BlendPartSerializer(parts, many=True).data,
        "note": one.note,
    }


def _wanted(request: Request) -> dict[str, Any]:
    """What is asked for as services take it.  Raises InvalidBlend where a symbol means nothing, or more than one thing.  Two queries."""
    values = read(BlendWanted, request.data, also=BenchmarkListedSerializer().fields if request.method == "PUT" else ())
    numbers = [part["instrument"] for part in values["parts"] if "instrument" in part]
    by_number = {one.pk: one for one in instruments_visible_to(request.user).filter(pk__in=numbers)} if numbers else {}
    named = candidates(request.user, symbols=[part["symbol"] for part in values["parts"] if "symbol" in part])
    errors, drafts = [], []
    for place, part in enumerate(values["parts"]):
        if "instrument" in part:
            found = [by_number[part["instrument"]]] if part["instrument"] in by_number else []
        else:
            meant = [one for one in named if one.symbol.upper() == part["symbol"].strip().upper()]
            found = [one for one in meant if one.owner_id is not None] or meant
        if len(found) > 1:
            sentence = f"“{part['symbol'][:40]}” stands for {len(found)} instruments. Give the number of the one that is meant."
            errors.append(FieldError(f"parts.{place}.symbol", "ambiguous", sentence))
        weight: Decimal = part["weight"]
        drafts.append(PartDraft(found[0] if found else None, weight))
    if errors:
        raise InvalidBlend(errors[0].detail, errors=errors)
    return {**values, "parts": drafts}


class BenchmarksView(Idempotent, APIView):
    @extend_schema(operation_id="benchmarks_list", responses=BenchmarksSerializer, tags=["market"], summary="Indices, and your blends")
    def get(self, request: Request) -> Response:
        indices, blends = benchmarks(request.user)
        return Response({"results": [told(one) for one in (*indices, *blends)]})

    @extend_schema(
        operation_id="benchmarks_create", request=BlendWanted, responses={201: BenchmarkListedSerializer}, tags=["market"], summary="Make a blend"
    )
    def post(self, request: Request) -> Response:
        made = services.create_blend(request.user, **_wanted(request))
        answer = Response(told(get_benchmark(request.user, made.pk)), status=status.HTTP_201_CREATED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/benchmarks/{made.pk}")
        return answer


class BenchmarkDetail(APIView):
    @extend_schema(operation_id="benchmarks_read", responses=BenchmarkListedSerializer, tags=["market"], summary="An index, or one of your blends")
    def get(self, request: Request, pk: int) -> Response:
        return Response(told(get_benchmark(request.user, pk)))

    @extend_schema(
        operation_id="benchmarks_change", request=BlendWanted, responses=BenchmarkListedSerializer, tags=["market"], summary="Set a blend anew"
    )
    def put(self, request: Request, pk: int) -> Response:
        blend = get_blend(request.user, pk)
        services.change_blend(request.user, blend, **_wanted(request))
        return Response(told(get_benchmark(request.user, pk)))

    @extend_schema(operation_id="benchmarks_remove", responses=BlendRemovedSerializer, tags=["market"], summary="Delete a blend")
    def delete(self, request: Request, pk: int) -> Response:
        """Answers the portfolios that were compared with it, and are compared with nothing until it is brought back."""
        blend = get_blend(request.user, pk)
        using = [one.pk for one in compared_with_blend(request.user, pk)]
        services.remove_blend(request.user, blend)
        return Response({"portfolios": using})


class BenchmarkRestore(APIView):
    @extend_schema(
        operation_id="benchmarks_restore", request=None, responses=BenchmarkListedSerializer, tags=["market"], summary="Bring a deleted blend back"
    )
    def post(self, request: Request, pk: int) -> Response:
        services.restore_blend(request.user, get_blend(request.user, pk, removed=True))
        return Response(told(get_benchmark(request.user, pk)))

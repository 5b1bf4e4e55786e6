"""The API of the market: instruments, quotes, price histories, exchange rates.

Changes are told as `change` (money) and `change_percent` (1.25 is 1.25 %).  Times carry an offset.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from market import selectors, services
from market.choices import AssetClass
from market.errors import UnknownCurrencyCode
from market.models import Instrument
from market.providers.base import PriceRow, RateRow
from market.selectors import Interval, QuoteView
from portfolio_site.kernel.decimals import rounded
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.web.answers import checked_day
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import LARGEST_PAGE, CursorPages, bad_cursor, page_size_asked
from portfolio_site.web.serializers import CurrencyField, ExactField, UndefinedSerializer, UpperField, currency_of

MOST_SYMBOLS = 500


# ── shapes ──────────────────────────────────────────────────────────────────


class QuoteSerializer(serializers.Serializer[QuoteView]):
    """A newest price.  `stale` says that it is older than it should be."""

    instrument = serializers.IntegerField(source="instrument_id")
    symbol = serializers.CharField()
    price = ExactField()
    currency = serializers.CharField()
    previous_close = ExactField(allow_null=True)
    change = ExactField(allow_null=True, help_text="Since the close before.")
    change_percent = serializers.SerializerMethodField()
    volume = serializers.IntegerField(allow_null=True)
    market_cap = serializers.SerializerMethodField()
    time = serializers.DateTimeField(source="as_of")
    source = serializers.CharField()  # type: ignore[assignment]
    quality = serializers.CharField(help_text="live, delayed, close, own, or simulated for the demo market.")
    stale = serializers.BooleanField()
    sequence = serializers.IntegerField(help_text="Raised by each new price of the instrument.")
    undefined = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True, "description": "1.25 is 1.25 %."})
    def get_change_percent(self, quote: QuoteView) -> Decimal | None:
        return None if quote.change_fraction is None else rounded(quote.change_fraction * 100, 6)

    @extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
    def get_market_cap(self, quote: QuoteView) -> None:
        return None

    @extend_schema_field(UndefinedSerializer(many=True))
    def get_undefined(self, quote: QuoteView) -> list[dict[str, str]]:
        missing = [{"figure": "market_cap", "reason": f"{quote.source} does not tell the number of shares"}]
        if quote.change is None:
            missing += [{"figure": name, "reason": "no close before this price is known"} for name in ("change", "change_percent")]
        return missing


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    """An instrument; `own` ones belong to the caller and are seen by nobody else."""

    own = serializers.SerializerMethodField()
    source = serializers.CharField(source="provider", help_text="Who prices it; empty where its owner does.")  # type: ignore[assignment]
    quote = serializers.SerializerMethodField()

    class Meta:
        model = Instrument
        fields = (
            "id",
            "symbol",
            "name",
            "asset_class",
            "currency",
            "exchange",
            "isin",
            "sector",
            "country",
            "region",
            "own",
            "source",
            "note",
            "quote",
        )

    def get_own(self, instrument: Instrument) -> bool:
        return instrument.owner_id is not None

    @extend_schema_field(QuoteSerializer(allow_null=True))
    def get_quote(self, instrument: Instrument) -> dict[str, Any] | None:
        quote = getattr(instrument, "quote", None)
        return None if quote is None else dict(QuoteSerializer(selectors.view_of(instrument, quote)).data)


class InstrumentWanted(serializers.Serializer[Any]):
    """An instrument of one's own."""

    symbol = UpperField(max_length=32)
    name = serializers.CharField(max_length=200)
    asset_class = serializers.ChoiceField(choices=AssetClass.choices, default=AssetClass.OTHER)
    currency = CurrencyField()
    exchange = serializers.CharField(max_length=40, allow_blank=True, default="")
    isin = UpperField(max_length=12, allow_blank=True, default="")
    sector = serializers.CharField(max_length=60, allow_blank=True, default="")
    country = UpperField(max_length=2, allow_blank=True, default="")
    region = serializers.CharField(max_length=40, allow_blank=True, default="")


class InstrumentChange(serializers.Serializer[Any]):
    """What may be changed of one's own instrument."""

    symbol = UpperField(max_length=32, required=False)
    name = serializers.CharField(max_length=200, required=False)
    asset_class = serializers.ChoiceField(choices=AssetClass.choices, required=False)
    currency = CurrencyField(required=False)
    exchange = serializers.CharField(max_length=40, allow_blank=True, required=False)
    isin = UpperField(max_length=12, allow_blank=True, required=False)
    sector = serializers.CharField(max_length=60, allow_blank=True, required=False)
    country = UpperField(max_length=2, allow_blank=True, required=False)
    region = serializers.CharField(max_length=40, allow_blank=True, required=False)


class InstrumentQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=100, required=False, help_text="Start of a symbol or ISIN, or part of a name.")
    asset_class = serializers.ChoiceField(choices=AssetClass.choices, required=False)
    currency = CurrencyField(required=False)
    own = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="true: one's own only; false: everybody's only.")


class BarSerializer(serializers.Serializer[Any]):
    date = serializers.DateField(source="day")
    open = ExactField(allow_null=True)
    high = ExactField(allow_null=True)
    low = ExactField(allow_null=True)
    close = ExactField()
    volume = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()


class HistoryQuery(serializers.Serializer[Any]):
    start = serializers.DateField(required=False)
    end = serializers.DateField(required=False)
    interval = serializers.ChoiceField(choices=[one.value for one in Interval], default=Interval.DAY.value)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_PAGE, help_text="500 unless told.")
    cursor = serializers.CharField(required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("start") and attrs.get("end") and attrs["end"] < attrs["start"]:
            raise serializers.ValidationError({"end": "The period ends before it starts."}, code="invalid")
        return attrs


class HistorySerializer(serializers.Serializer[Any]):
    """A page of the period, oldest first, in the instrument's currency; `next` leads to later days."""

    results = BarSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    note = serializers.CharField(help_text="What one must know about these prices, such as how they are adjusted.")


class OwnPrice(serializers.Serializer[Any]):
    date = serializers.DateField()
    close = ExactField()


class OwnPrices(serializers.Serializer[Any]):
    prices = OwnPrice(many=True, allow_empty=False, max_length=services.MOST_ROWS)  # type: ignore[call-arg]


class Changed(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Rows sent.")
    changed = serializers.IntegerField(help_text="Rows that were new or different.")


class SymbolsWanted(serializers.Serializer[Any]):
    symbols = serializers.ListField(child=serializers.CharField(max_length=32), allow_empty=False, max_length=MOST_SYMBOLS)


class SymbolProblem(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class StocksSerializer(serializers.Serializer[Any]):
    """What can be answered, in the order asked; and the rest."""

    results = QuoteSerializer(many=True, source="quotes")
    errors = SymbolProblem(many=True)  # type: ignore[assignment]


class RateSerializer(serializers.Serializer[Any]):
    """Units of `quote` for one `base`.  `date` is the day of the rate, at most seven days before the day asked for."""

    base = serializers.CharField()
    quote = serializers.CharField()
    date = serializers.DateField()
    asked = serializers.DateField()
    rate = ExactField()
    source = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()


class RateQuery(serializers.Serializer[Any]):
    date = serializers.DateField(required=False)


class OwnRate(serializers.Serializer[Any]):
    base = CurrencyField()
    quote = CurrencyField()
    date = serializers.DateField()
    rate = ExactField()


class OwnRates(serializers.Serializer[Any]):
    rates = OwnRate(many=True, allow_empty=False, max_length=services.MOST_ROWS)  # type: ignore[call-arg]


class Count(serializers.Serializer[Any]):
    count = serializers.IntegerField()


def _read(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    reader = shape(data=data)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


# ── instruments ─────────────────────────────────────────────────────────────


class InstrumentPages(CursorPages):
    ordering = ("symbol", "id")  # type: ignore[assignment]


class Instruments(Idempotent, ListAPIView[Instrument]):
    serializer_class = InstrumentSerializer
    pagination_class = InstrumentPages
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        wanted = _read(InstrumentQuery, self.request.query_params)
        found = selectors.instruments_visible_to(self.request.user).select_related("quote")
        if wanted.get("search"):
            found = found.matching(wanted["search"].strip())
        for field in ("asset_class", "currency"):
            if wanted.get(field):
                found = found.filter(**{field: wanted[field]})
        return found if wanted["own"] is None else found.filter(owner__isnull=not wanted["own"])

    @extend_schema(operation_id="instruments_list", parameters=[InstrumentQuery], tags=["market"], summary="Everybody's instruments and one's own")
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="instruments_create",
        request=InstrumentWanted,
        responses={201: InstrumentSerializer},
        tags=["market"],
        summary="Add an instrument of one's own",
    )
    def post(self, request: Request) -> Response:
        made = services.create_private_instrument(request.user, **_read(InstrumentWanted, request.data))
        answer = Response(InstrumentSerializer(made).data, status=status.HTTP_201_CREATED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/instruments/{made.pk}")
        return answer


class InstrumentDetail(APIView):
    @extend_schema(operation_id="instruments_read", responses=InstrumentSerializer, tags=["market"], summary="One instrument with its quote")
    def get(self, request: Request, pk: int) -> Response:
        return Response(InstrumentSerializer(selectors.get_instrument(request.user, pk)).data)

    @extend_schema(
        operation_id="instruments_change",
        request=InstrumentChange,
        responses=InstrumentSerializer,
        tags=["market"],
        summary="Change an instrument of one's own",
    )
    def patch(self, request: Request, pk: int) -> Response:
        instrument = selectors.get_own_instrument(request.user, pk)
        changes = _read(InstrumentChange, request.data)
        return Response(InstrumentSerializer(services.update_private_instrument(request.user, instrument, **changes)).data)

    @extend_schema(operation_id="instruments_remove", responses={204: None}, tags=["market"], summary="Remove an instrument of one's own")
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_private_instrument(request.user, selectors.get_own_instrument(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _place(cursor: str) -> dict[str, datetime.date]:
    """Where a page of prices starts: after a day, or before it."""
    if not cursor:
        return {}
    if not re.fullmatch(r"[ab]\d{4}-\d{2}-\d{2}", cursor, re.ASCII):
        raise bad_cursor()
    try:
        return {"after" if cursor[0] == "a" else "before": datetime.date.fromisoformat(cursor[1:])}
    except ValueError:
        raise bad_cursor() from None


class Prices(Idempotent, APIView):
    @extend_schema(
        operation_id="instruments_prices",
        parameters=[HistoryQuery],
        responses=HistorySerializer,
        tags=["market"],
        summary="Daily, weekly or monthly prices",
    )
    def get(self, request: Request, pk: int) -> Response:
        wanted = _read(HistoryQuery, request.query_params)
        instrument = selectors.get_instrument(request.user, pk)
        page = selectors.price_page(
            instrument.pk,
            page_size_asked(request, LARGEST_PAGE),
            start=wanted.get("start"),
            end=wanted.get("end"),
            interval=Interval(wanted["interval"]),
            **_place(wanted.get("cursor", "")),
        )
        here, bars = request.build_absolute_uri(), page.bars
        body = {
            "results": bars,
            "next": replace_query_param(here, "cursor", f"a{bars[-1].day}") if bars and page.later else None,
            "previous": replace_query_param(here, "cursor", f"b{bars[0].day}") if bars and page.earlier else None,
            "currency": instrument.currency,
            "note": instrument.note,
        }
        return Response(HistorySerializer(body).data)

    @extend_schema(
        operation_id="instruments_prices_enter",
        request=OwnPrices,
        responses=Changed,
        tags=["market"],
        summary="Enter or replace prices of one's own instrument",
    )
    def post(self, request: Request, pk: int) -> Response:
        instrument = selectors.get_own_instrument(request.user, pk)
        rows = [PriceRow(one["date"], one["close"]) for one in _read(OwnPrices, request.data)["prices"]]
        return Response({"count": len(rows), "changed": services.set_own_prices(request.user, instrument, rows)})


# ── quotes ──────────────────────────────────────────────────────────────────


class Stock(APIView):
    @extend_schema(operation_id="stocks_read", responses=QuoteSerializer, tags=["market"], summary="The newest price by symbol")
    def get(self, request: Request, symbol: str) -> Response:
        return Response(QuoteSerializer(selectors.stock(request.user, symbol)).data)


class StockBatch(APIView):
    @extend_schema(
        operation_id="stocks_batch",
        request=SymbolsWanted,
        responses={200: OpenApiResponse(StocksSerializer, description="What can be answered; the rest stands in `errors`.")},
        tags=["market"],
        summary="The newest prices of up to 500 symbols",
    )
    def post(self, request: Request) -> Response:
        return Response(StocksSerializer(selectors.stocks(request.user, _read(SymbolsWanted, request.data)["symbols"])).data)


# ── exchange rates ──────────────────────────────────────────────────────────


def _currency(code: str) -> Currency:
    try:
        return currency_of(code)
    except UnknownCurrency as problem:
        raise UnknownCurrencyCode(str(problem)) from None


class Rate(APIView):
    @extend_schema(
        operation_id="fx_read",
        parameters=[OpenApiParameter("date", datetime.date, description="The day asked for; today if absent.")],
        responses=RateSerializer,
        tags=["market"],
        summary="The exchange rate of a day; one's own wins over the reference rate",
    )
    def get(self, request: Request, base: str, quote: str) -> Response:
        left, right = _currency(base), _currency(quote)
        given = _read(RateQuery, request.query_params).get("date")
        asked = timezone.localdate() if given is None else checked_day(given, "date")
        found = selectors.rate(left, right, asked, user=request.user)
        body = {
            "base": left,
            "quote": right,
            "date": found.day,
            "asked": asked,
            "rate": found.rate,
            "source": found.source,
            "simulated": found.simulated,
        }
        return Response(RateSerializer(body).data)


class Rates(Idempotent, APIView):
    @extend_schema(
        operation_id="fx_rates_enter", request=OwnRates, responses=Count, tags=["market"], summary="Enter or replace exchange rates of one's own"
    )
    def post(self, request: Request) -> Response:
        rows = [RateRow(one["base"], one["quote"], one["date"], one["rate"], "own") for one in _read(OwnRates, request.data)["rates"]]
        return Response({"count": services.set_own_rates(request.user, rows)})

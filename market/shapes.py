"""What the API of the market takes and answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market import selectors, services
from market.choices import AssetClass
from market.models import Instrument
from market.selectors import Interval, QuoteView
from portfolio_site.kernel.decimals import rounded
from portfolio_site.web.paging import LARGEST_PAGE
from portfolio_site.web.serializers import CurrencyField, ExactField, UndefinedSerializer, UpperField

MOST_SYMBOLS = 500


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

    price_factor = ExactField(read_only=True, help_text="What one unit is worth for a price of 1: 1 for shares, 0.01 × face for bonds.")
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
            "price_factor",
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
    price_factor = ExactField(default=Decimal(1), help_text="What one unit is worth for a price of 1.")
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
    price_factor = ExactField(required=False)
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

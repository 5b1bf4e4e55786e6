"""Newest prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market.selectors import QuoteView
from portfolio_site.kernel.decimals import rounded
from portfolio_site.web.serializers import ExactField, UndefinedSerializer

MOST_SYMBOLS, LONGEST_SYMBOL = 500, 32
_MOST_WRITTEN = 10_000  # about 15 MB
_written: dict[int, tuple[QuoteView, dict[str, Any]]] = {}  # by instrument: what was written last, and as what


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

    def to_representation(self, instance: QuoteView) -> dict[str, Any]:
        """Written anew only where the price is another one than the last time: for a batch of 500 that is most of the work."""
        known = _written.get(instance.instrument_id)
        if known is not None and known[0] == instance:
            return dict(known[1])
        if len(_written) >= _MOST_WRITTEN:
            _written.clear()
        shown: dict[str, Any] = super().to_representation(instance)
        _written[instance.instrument_id] = (instance, shown)
        return dict(shown)

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


class _Symbols(serializers.ListField):
    """Plain symbols are read at once; what is out of the ordinary is looked at one by one, and told."""

    def run_child_validation(self, data: list[Any]) -> list[Any]:
        if all(type(one) is str and len(one) <= LONGEST_SYMBOL and one.isprintable() for one in data):
            read = [one.strip() for one in data]
            if all(read):
                return read
        told: list[Any] = super().run_child_validation(data)
        return told


class SymbolsWanted(serializers.Serializer[Any]):
    symbols = _Symbols(child=serializers.CharField(max_length=LONGEST_SYMBOL), allow_empty=False, max_length=MOST_SYMBOLS)


class SymbolProblem(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class StocksSerializer(serializers.Serializer[Any]):
    """What can be answered, in the order asked; and the rest."""

    results = QuoteSerializer(many=True, source="quotes")
    errors = SymbolProblem(many=True)  # type: ignore[assignment]

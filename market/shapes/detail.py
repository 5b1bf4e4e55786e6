"""One instrument in full: its quote with state and next refresh, its names at sources, dividends and splits."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market.choices import ActionKind
from market.selectors import InstrumentDetail, QuoteState
from market.shapes.instruments import InstrumentSerializer
from portfolio_site.web.serializers import DayField, ExactField, WordField


class SymbolSerializer(serializers.Serializer[Any]):
    """What a source calls the instrument, and what it said last where it gave nothing."""

    source = serializers.CharField()  # type: ignore[assignment]
    symbol = serializers.CharField()
    until = serializers.DateField(allow_null=True, help_text="The first day on which the source no longer meant this instrument by it.")
    state = serializers.CharField()
    asked_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField()


class NextRefreshSerializer(serializers.Serializer[Any]):
    """When the newest price is asked for again by itself; null with the reason where it is not."""

    at = serializers.DateTimeField(allow_null=True)
    why_not = serializers.CharField()
    supposed = serializers.CharField(help_text="Why `at` and `state` rest on hours that nobody here knows; empty where they are known.")


class InstrumentDetailSerializer(InstrumentSerializer):
    """An instrument with the state of its newest price, and what sources call it.  Made from `selectors.InstrumentDetail`."""

    state = serializers.SerializerMethodField()
    fetched_at = serializers.SerializerMethodField()
    next_refresh = serializers.SerializerMethodField()
    symbols = serializers.SerializerMethodField()

    class Meta(InstrumentSerializer.Meta):
        fields = (*InstrumentSerializer.Meta.fields, "industry", "state", "fetched_at", "next_refresh", "symbols")  # type: ignore[assignment]

    def __init__(self, detail: InstrumentDetail | None = None, **kwargs: Any) -> None:
        self.detail = detail
        super().__init__(None if detail is None else detail.instrument, **kwargs)

    @extend_schema_field({"type": "string", "enum": [one.value for one in QuoteState]})
    def get_state(self, _: Any) -> str:
        return self._detail.state.value

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_fetched_at(self, _: Any) -> str | None:
        at = self._detail.fetched_at
        return None if at is None else serializers.DateTimeField().to_representation(at)

    @extend_schema_field(NextRefreshSerializer)
    def get_next_refresh(self, _: Any) -> Any:
        return NextRefreshSerializer(self._detail.next_refresh).data

    @extend_schema_field(SymbolSerializer(many=True))
    def get_symbols(self, _: Any) -> Any:
        return SymbolSerializer(self._detail.symbols, many=True).data

    @property
    def _detail(self) -> InstrumentDetail:
        if self.detail is None:
            raise TypeError("There is no instrument to tell of.")
        return self.detail


class ActionQuery(serializers.Serializer[Any]):
    kind = WordField(choices=ActionKind.choices, required=False)
    start = DayField(required=False)
    end = DayField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("start") and attrs.get("end") and attrs["end"] < attrs["start"]:
            raise serializers.ValidationError({"end": "The period ends before it starts."}, code="invalid")
        return attrs


class ActionSerializer(serializers.Serializer[Any]):
    """A split or dividend as its source reports it, in the units of its day."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    ex_date = serializers.DateField(source="ex_day")
    ratio_new = ExactField(allow_null=True, help_text="4 and 1 for 4:1.")
    ratio_old = ExactField(allow_null=True)
    amount = ExactField(allow_null=True, help_text="What one unit is paid before tax.")
    currency = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]

    def get_currency(self, _: Any) -> str:
        return str(self.context["currency"])


class ActionsSerializer(serializers.Serializer[Any]):
    """Oldest first."""

    results = ActionSerializer(many=True)


class IntradaySerializer(serializers.Serializer[Any]):
    """How far a question for the prices within the newest days is.

    `why_not` says why there is nobody to ask; `problem` why the last question of late brought none.
    """

    asking = serializers.BooleanField()
    fetched_at = serializers.DateTimeField(allow_null=True)
    days = serializers.ListField(child=serializers.DateField(), help_text="Trading days that are stored.")
    source = serializers.CharField()  # type: ignore[assignment]
    problem = serializers.CharField()
    why_not = serializers.CharField()

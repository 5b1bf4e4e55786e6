"""Prices of days, and of parts of the newest days."""

from __future__ import annotations

import datetime
from typing import Any

from rest_framework import serializers

from market import services
from market.selectors import Adjustment, Interval, IntradayBar, PriceBar
from market.selectors.intraday import INTERVAL as INTRADAY
from portfolio_site.web.paging import LARGEST_PAGE
from portfolio_site.web.serializers import DayField, ExactField


class BarSerializer(serializers.Serializer[Any]):
    date = serializers.DateField(source="day")
    time = serializers.SerializerMethodField(help_text="When the bar begins, where it is a part of a day.")
    open = ExactField(allow_null=True)
    high = ExactField(allow_null=True)
    low = ExactField(allow_null=True)
    close = ExactField()
    volume = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()

    def get_time(self, bar: PriceBar | IntradayBar) -> datetime.datetime | None:
        return bar.start if isinstance(bar, IntradayBar) else None


INTERVALS = (*(one.value for one in Interval), INTRADAY)


class HistoryQuery(serializers.Serializer[Any]):
    start = DayField(required=False)
    end = DayField(required=False)
    interval = serializers.ChoiceField(
        choices=INTERVALS,
        default=Interval.DAY.value,
        error_messages={"invalid_choice": f"“{{input}}” is no interval. Write one of: {', '.join(INTERVALS)}."},
        help_text="5m: parts of the newest days, as far as somebody asked for them.",
    )
    adjustment = serializers.ChoiceField(
        choices=[one.value for one in Adjustment],
        default=Adjustment.RAW.value,
        error_messages={"invalid_choice": "“{input}” is no adjustment. Write raw or splits."},
        help_text="raw: as quoted on the day; splits: in today's units. Bars of 5m are raw.",
    )
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
    adjustment = serializers.CharField(help_text="What the prices are told in: raw where they cannot be told otherwise.")
    note = serializers.CharField(help_text="What one must know about these prices, such as how they are adjusted.")


class OwnPrice(serializers.Serializer[Any]):
    date = DayField()
    close = ExactField()


class OwnPrices(serializers.Serializer[Any]):
    prices = OwnPrice(many=True, allow_empty=False, max_length=services.MOST_ROWS)  # type: ignore[call-arg]


class Changed(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Rows sent.")
    changed = serializers.IntegerField(help_text="Rows that were new or different.")

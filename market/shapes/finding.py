"""Searches at sources, and what is taken in from them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SearchWanted(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=80, help_text="A name, a symbol or an ISIN.")


class KnownSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(source="id")
    symbol = serializers.CharField()
    name = serializers.CharField()
    asset_class = serializers.CharField()
    currency = serializers.CharField()
    exchange = serializers.CharField()
    own = serializers.BooleanField(source="is_own")


class FoundListingSerializer(serializers.Serializer[Any]):
    """What can be taken in: send `key` and the search's `id` to `POST /instruments/list`."""

    key = serializers.CharField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    asset_class = serializers.CharField()
    exchange = serializers.CharField(help_text="As people call it.")
    currency = serializers.CharField(help_text="Empty where no source told it; it is asked for before the listing is taken in.")
    isin = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())


class SourceFailed(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]
    detail = serializers.CharField()


class SearchSerializer(serializers.Serializer[Any]):
    """How far a search is: `searching` while sources are `waiting`, then `done`."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=["searching", "done"])
    text = serializers.CharField()
    instruments = KnownSerializer(many=True, help_text="That there are, the nearest first.")
    listings = FoundListingSerializer(many=True, help_text="That sources know and nobody has here yet.")
    waiting = serializers.ListField(child=serializers.CharField(), help_text="Sources that have not answered yet.")
    failed = SourceFailed(many=True)


class ListingWanted(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=16, help_text="The search's `id`.")
    key = serializers.CharField(max_length=16, help_text="Of one of its `listings`.")


class ListingSerializer(serializers.Serializer[Any]):
    """How far it is.  `instrument` is there once it is `done`; `detail` says why it was `refused`."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=["working", "done", "refused"])
    name = serializers.CharField()
    instrument = serializers.IntegerField(source="instrument_id", allow_null=True)
    detail = serializers.CharField()

"""Muted publishers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MutedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    publisher = serializers.CharField()


class MuteWanted(serializers.Serializer[Any]):
    publisher = serializers.CharField(max_length=80, help_text="as it stands beside its articles")

"""What the endpoints of the market share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from portfolio_site.web.answers import only_names, read

__all__ = ["read", "read_query"]

_Shape = type[serializers.Serializer[Any]]


def read_query(shape: _Shape, request: Request, *more: str) -> dict[str, Any]:
    """What the query string asks for; `more` are the parameters that are read elsewhere.  Raises ValidationError, also for others."""
    only_names(request, (*shape().fields, *more))
    reader = shape(data=request.query_params)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)

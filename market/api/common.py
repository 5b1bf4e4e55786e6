"""What the endpoints of the market share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from portfolio_site.web.answers import only_names

_Shape = type[serializers.Serializer[Any]]


def read(shape: _Shape, data: Any, *, also: Iterable[str] = ()) -> dict[str, Any]:
    """What a body says.  Raises ValidationError, also for a field that is none of the shape: a slip of the pen must not count as
    leaving it out.  `also` names what is told by the same address, and may be sent back as it was read."""
    reader = shape(data=data)
    if isinstance(data, Mapping):
        known = {*reader.fields, *also}
        unknown = [serializers.ErrorDetail("There is no field of this name. See the documentation for the names.", code="unknown_field")]
        if wrong := {str(name)[:60]: unknown for name in data if name not in known}:
            raise serializers.ValidationError(wrong)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def read_query(shape: _Shape, request: Request, *more: str) -> dict[str, Any]:
    """What the query string asks for; `more` are the parameters that are read elsewhere.  Raises ValidationError, also for others."""
    only_names(request, (*shape().fields, *more))
    reader = shape(data=request.query_params)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)

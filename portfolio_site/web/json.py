"""JSON in and out, exactly: decimals are text both ways, and NaN has no spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from portfolio_site.kernel.decimals import plain


def _default(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: object) -> bytes:
    """UTF-8 JSON; decimals as plain text, dates and times as RFC 3339."""
    return orjson.dumps(value, default=_default, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


class ExactJSONRenderer(BaseRenderer):
    media_type, format, charset = "application/json", "json", None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        return b"" if data is None else dumps(data)


class ExactJSONParser(BaseParser):
    """Numbers with a point are read as their own text, so that no digit is lost to floating point."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            return json.loads(stream.read().decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError) as problem:
            raise ParseError(f"The body is not JSON: {problem}") from None

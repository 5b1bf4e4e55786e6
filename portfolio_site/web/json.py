"""JSON in and out, exactly: decimals are text both ways, and NaN has no spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.utils.functional import Promise
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from portfolio_site.kernel.decimals import plain

LONGEST_WHOLE = 40  # characters; what is kept has 20 digits before the point


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


def _whole(text: str) -> int | Decimal:
    """A number without a point.  One longer than any that is kept is a decimal, so that the field it is meant for refuses it."""
    return int(text) if len(text) <= LONGEST_WHOLE else Decimal(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object.  A name that stands in it twice is refused: nobody can say which of the two was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name “{twice[:60]}” stands twice in one object.")
    return found


class ExactJSONRenderer(BaseRenderer):
    media_type, format, charset = "application/json", "json", None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        return b"" if data is None else dumps(data)


class RequestTooLarge(APIException):
    status_code, default_code = 413, "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit // 1024} KB, the most that is read here. Send it in smaller parts.")


def _body(stream: Any, limit: int) -> bytes:
    """At most `limit` bytes.  What announces more is not read at all; what hides its length is read one byte too far.  Raises RequestTooLarge."""
    announced = str(getattr(stream, "META", {}).get("CONTENT_LENGTH") or "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise RequestTooLarge(limit)
    body = bytes(stream.read(limit + 1))
    if len(body) > limit:
        raise RequestTooLarge(limit)
    return body


class ExactJSONParser(BaseParser):
    """Numbers with a point are read as their own text, so that no digit is lost to floating point.

    A view's `largest_body` (bytes) lowers the limit of all bodies, DATA_UPLOAD_MAX_MEMORY_SIZE.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        body = _body(stream, min(most, getattr((parser_context or {}).get("view"), "largest_body", most)))
        try:
            return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_int=_whole, parse_constant=_refuse, object_pairs_hook=_object)
        except (ValueError, RecursionError) as problem:
            raise ParseError(f"The body is not JSON: {problem}") from None

"""One way to page through lists: by cursor, so that a page does not shift while entries arrive."""

from __future__ import annotations

from base64 import b64decode
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

PAGE, LARGEST_PAGE = 50, 500


def refused(parameter: str, sentence: str) -> serializers.ValidationError:
    """What is wrong with a parameter of the address: 400."""
    return serializers.ValidationError({parameter: [serializers.ErrorDetail(sentence, code="invalid")]})


def bad_cursor() -> serializers.ValidationError:
    return refused("cursor", "This cursor is none that a list gave. Start again without it.")


def page_size_asked(request: Request, usual: int = PAGE) -> int:
    """`page_size` of the address, the usual one where there is none.  Raises ValidationError."""
    text = request.query_params.get("page_size", "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and 1 <= int(text) <= LARGEST_PAGE):
        raise refused("page_size", f"Give a number from 1 to {LARGEST_PAGE}.")
    return int(text)


class CursorPages(CursorPagination):
    """`{"results": […], "next": url|null, "previous": url|null}`; `?page_size=` up to 500."""

    page_size = PAGE
    max_page_size = LARGEST_PAGE
    page_size_query_param = "page_size"
    ordering = "-id"

    def get_page_size(self, request: Request) -> int:
        return page_size_asked(request)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, ValidationError):  # a position that is no value of the column
            raise bad_cursor() from None

    def decode_cursor(self, request: Request) -> Cursor | None:
        given = request.query_params.get(self.cursor_query_param)
        if not given:
            return None
        try:
            # the framework skips what it cannot read, and would answer with the first page
            parts = parse_qs(b64decode(given.encode("ascii"), validate=True).decode("ascii"), keep_blank_values=True, strict_parsing=True)
            if parts.keys() <= {"o", "r", "p"}:
                return super().decode_cursor(request)
        except (ValueError, NotFound):
            raise bad_cursor() from None
        raise bad_cursor()

    def get_paginated_response(self, data: Any) -> Response:
        return Response(OrderedDict(results=data, next=self.get_next_link(), previous=self.get_previous_link()))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {"type": "object", "required": ["results"], "properties": {"results": schema, "next": link, "previous": link}}

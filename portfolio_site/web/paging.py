"""One way to page through lists: by cursor, so that a page does not shift while entries arrive."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

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


def page_size_asked(request: Request) -> int:
    """`page_size` of the address, the standard where there is none.  Raises ValidationError."""
    text = request.query_params.get("page_size", "")
    if not text:
        return PAGE
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

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise bad_cursor() from None

    def get_paginated_response(self, data: Any) -> Response:
        return Response(OrderedDict(results=data, next=self.get_next_link(), previous=self.get_previous_link()))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {"type": "object", "required": ["results"], "properties": {"results": schema, "next": link, "previous": link}}

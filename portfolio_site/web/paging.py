"""One way to page through lists: by cursor, so that a page does not shift while entries arrive."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class CursorPages(CursorPagination):
    """`{"results": […], "next": url|null, "previous": url|null}`; `?page_size=` up to 500."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering = "-id"

    def get_paginated_response(self, data: Any) -> Response:
        return Response(OrderedDict(results=data, next=self.get_next_link(), previous=self.get_previous_link()))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {"type": "object", "required": ["results"], "properties": {"results": schema, "next": link, "previous": link}}

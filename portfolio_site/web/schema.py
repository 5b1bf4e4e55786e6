"""Says in the OpenAPI document what every endpoint answers when it refuses: a problem document."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong and what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "never changes once published"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {"field": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_WORDS = {
    "400": "invalid",
    "401": "not signed in",
    "403": "not allowed",
    "404": "not there, or not yours",
    "409": "it collides",
    "422": "refused by a rule",
    "429": "too many requests",
}


class ByFormat(DefaultContentNegotiation):
    """The document alone is chosen by `?format=yaml` or `?format=json` too."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE="format")  # type: ignore[assignment]


def without_words_of_their_own() -> list[type]:
    """The classes whose first lines tell how the code is built, and not what an endpoint does."""
    from drf_spectacular.plumbing import get_lib_doc_excludes  # it looks at views, which look at settings

    from portfolio_site.web.idempotency import Idempotent

    return [*get_lib_doc_excludes(), Idempotent]  # type: ignore[no-untyped-call]


def problems_everywhere(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular post-processing hook."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            responses = operation.setdefault("responses", {})
            for status, words in _WORDS.items():
                responses.setdefault(status, {"description": words, "content": answer})
    return result

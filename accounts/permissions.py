"""What a limited credential may not do, refused before a view is asked."""

from __future__ import annotations

import re
from typing import Any

from django.urls import resolve
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.scopes import OPEN, Limited, need_of, scope_for

LIMITED = frozenset({"apiKey", "oauth2"})  # schemes of credentials with scopes


class InsufficientScope(PermissionDenied):
    """403 with the scope that was missing (RFC 6750, section 3.1)."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        if scope:
            detail = f"This key or app was not given “{scope}”. Make a key with it, or connect the app again."
            self.auth_header = f'Bearer realm="Plumbline", error="insufficient_scope", scope="{scope}"'
        else:
            detail = "No key and no app may do this. Sign in yourself."
            self.auth_header = 'Bearer realm="Plumbline", error="insufficient_scope"'
        super().__init__(detail)


class WithinScope(BasePermission):
    """For DEFAULT_PERMISSION_CLASSES.  Asked by the name of the address, so that no view can forget it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, Limited):
            match = request.resolver_match
            scope = scope_for((match.url_name or "") if match else "", request.method or "")
            if not scope or scope not in request.auth.scopes:
                raise InsufficientScope(scope)
        return True


def scopes_named(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular post-processing hook: each operation says which scope a key or a connected app needs for it."""
    for path, operations in result.get("paths", {}).items():
        name = resolve(re.sub(r"\{[^}]+\}", "1", path)).url_name or ""
        if need_of(name) is OPEN:
            continue
        for method, operation in operations.items():
            if "security" not in operation:
                continue
            scope = scope_for(name, method)
            kept = [
                {scheme: [scope] if scheme == "oauth2" else []} for one in operation["security"] for scheme in one if scope or scheme not in LIMITED
            ]
            note = f"Scope: `{scope}`." if scope else "For the person alone: no key and no connected app may do it."
            operation["security"], operation["description"] = kept, "\n\n".join(filter(None, [operation.get("description"), note]))
    return result

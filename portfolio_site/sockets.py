"""Routing of sockets."""

from __future__ import annotations

from typing import Any


def with_sockets(http: Any) -> Any:
    """The ASGI application: HTTP by Django, sockets by the consumers."""
    from channels.routing import ProtocolTypeRouter

    return ProtocolTypeRouter({"http": http})

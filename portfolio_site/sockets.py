"""Routing of sockets.  A page of another origin is turned away before anything else happens."""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from analytics.consumers import LiveSocket, PortfolioSocket, PricesSocket
from analytics.consumers.base import same_origin
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

route: Any = path  # typed for views; the router takes ASGI applications
ROUTES = [
    route("ws/prices/", PricesSocket.as_asgi()),
    route("api/v1/ws/live", LiveSocket.as_asgi()),
    route("api/v1/ws/live/", LiveSocket.as_asgi()),
    route("api/v1/ws/portfolio/<id:pk>", PortfolioSocket.as_asgi()),
    route("api/v1/ws/portfolio/<id:pk>/", PortfolioSocket.as_asgi()),
]


class OwnOrigin:
    """Refuses the handshake of a foreign page; says in the scope whether one of ours opens the socket, and by what the server sends.

    A session counts only on a socket that one of our pages opens: the browser sends cookies whoever asks.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        ours = same_origin(scope)
        if ours is False:
            await _refuse(receive, send)
            return
        await self._application(scope | {"same_origin": bool(ours), "wire": send}, receive, send)


async def _refuse(receive: Any, send: Any) -> None:
    """Ends the handshake with 403."""
    if (await receive())["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": 4403})


async def _unknown(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await _refuse(receive, send)


def with_sockets(http: Any) -> Any:
    """The ASGI application: HTTP by Django, sockets by the consumers."""
    sockets = URLRouter([*ROUTES, route("<path:rest>", _unknown), route("", _unknown)])
    return ProtocolTypeRouter({"http": http, "websocket": OwnOrigin(AuthMiddlewareStack(sockets))})

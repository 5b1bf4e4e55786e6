"""Sockets.  Plain ASGI applications: the base class of Channels hops to a thread for each message, which costs most of the speed."""

from analytics.consumers.api import LiveSocket, PortfolioSocket
from analytics.consumers.prices import PricesSocket

__all__ = ["LiveSocket", "PortfolioSocket", "PricesSocket"]

"""What a credential with limits may do: the scopes of the API, in words, and which one each call needs.

A session and an access token of /auth/login have all scopes.  A personal key and an app that was connected have those that the person
gave, and a call that the table below does not name is refused to them: a new address is closed until somebody says what it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

WORDS = {
    "portfolios:read": "See your portfolios, holdings, lots and transactions",
    "portfolios:write": "Change your portfolios: record, edit and import transactions, delete portfolios",
    "market:read": "See instruments, prices, news and your watchlists",
    "market:write": "Change your own instruments, prices, exchange rates and watchlists",
    "analytics:read": "See value, gains, performance, risk and other reports of your portfolios",
    "alerts:read": "See your alerts and notifications",
    "alerts:write": "Make, change and delete alerts, and mark notifications as read",
    "profile:read": "See your name, address and preferences, and the log of your account",
    "profile:write": "Change your name, username and preferences",
}
SCOPES = tuple(WORDS)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PREFIX = "api/v1/"


@runtime_checkable
class Limited(Protocol):
    """A credential that may do less than its person: `request.auth` of a key or of a connected app."""

    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Need:
    """What a call asks of a limited credential: the scope for reading and for everything else; "" is never enough.

    asking    a POST that changes nothing: it reads
    """

    read: str
    write: str
    asking: bool = False

    def scope(self, method: str) -> str:
        return self.read if method.upper() in SAFE or (self.asking and method.upper() == "POST") else self.write


OPEN = Need("", "")  # calls that sign in or describe: no credential is looked at
PERSON_ONLY = Need("", "")  # what gives or takes access, or ends the account: for the person alone


def _area(name: str) -> Need:
    return Need(f"{name}:read", f"{name}:write")


_PORTFOLIOS, _MARKET, _ALERTS, _PROFILE = (_area(name) for name in ("portfolios", "market", "alerts", "profile"))
_ANALYTICS = Need("analytics:read", "")


def _asking(need: Need) -> Need:
    return Need(need.read, need.write, asking=True)


def _table() -> dict[str, Need]:
    """By the name of the address.  A name that ends in * stands for all that begin so; the longest that fits counts."""
    table: dict[str, Need] = {}
    for need, names in (
        (OPEN, "auth-register auth-login auth-refresh auth-logout schema docs public-link"),
        (
            PERSON_ONLY,
            "auth-keys* auth-key auth-key-* auth-export* auth-erase* auth-support* auth-sessions* auth-consents* auth-factors* auth-apps* sharing portfolio-shares* portfolio-links* portfolio-offer offer offers income-calendar",
        ),
        (_PROFILE, "auth-me auth-log"),
        (
            _MARKET,
            "instrument instrument-* instruments instruments-list* stock fx fx-rates news news-* watchlist* market-health benchmark benchmark-*",
        ),
        (_MARKET, "benchmarks"),
        (_asking(_MARKET), "instruments-search* stocks-batch auth-tickets"),
        (
            _PORTFOLIOS,
            "household* portfolio portfolios portfolio-* holding holdings lots lots-methods transaction transactions transaction-* transactions-* export",
        ),
        (_PORTFOLIOS, "import import-* comment suggestion suggestion-*"),
        (_asking(_PORTFOLIOS), "portfolio-actions-preview"),
        (_ANALYTICS, "value* gains* income* performance* projection* risk* drivers* contribution* calendar* drawdowns* attribution* rolling*"),
        (_ANALYTICS, "costs* unusual-days* growth* explain* diversification* comparison* compare benchmark-series"),
        (_asking(_ANALYTICS), "analytics-batch"),
        (Need("analytics:read", "profile:write"), "concentration"),
        (
            _ALERTS,
            "alert alerts alert-* alerts-* notices notice-* delivery delivery-* deliveries deliveries-* notification notifications notification-* notifications-* webhook webhooks webhook-* webhooks-* device devices",
        ),
    ):
        table.update(dict.fromkeys(names.split(), need))
    return table


TABLE = _table()


def need_of(name: str) -> Need | None:
    """What the call with this name of an address (`api-…`) asks for; None where nobody has said it."""
    short = name.removeprefix("api-")
    if short in TABLE:
        return TABLE[short]
    fitting = [pattern for pattern in TABLE if pattern.endswith("*") and short.startswith(pattern[:-1])]
    return TABLE[max(fitting, key=len)] if fitting else None


def scope_for(name: str, method: str) -> str:
    """The scope that a limited credential needs for this call; "" where none is enough."""
    need = need_of(name)
    return need.scope(method) if need is not None else ""


def may(credential: Any, name: str, method: str) -> bool:
    """Whether the credential of a request reaches this call.  What is not limited reaches all."""
    if not isinstance(credential, Limited):
        return True
    scope = scope_for(name, method)
    return bool(scope) and scope in credential.scopes


def in_order(scopes: Collection[str]) -> list[str]:
    """Scopes in the order of the documentation, each once; what is none is left out."""
    return [scope for scope in SCOPES if scope in scopes]


def in_words(scopes: Iterable[str]) -> list[str]:
    return [WORDS[scope] for scope in scopes if scope in WORDS]

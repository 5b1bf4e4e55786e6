"""The way to Yahoo: two hosts that do the same, errors in four envelopes, and the crumb that some of its calls want.

A crumb goes with a cookie; both are got in two calls and are good for about a year, or until Yahoo says otherwise.  `passes` keeps
them: a mapping that several processes share lets them use one crumb.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from market.providers import reading
from market.providers.failures import BadAnswer, NoData, Throttled, UnknownSymbol, Unreachable
from market.providers.web import PAUSE, Reply, Web, classified

BASE, OTHER, COOKIES = "https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com", "https://fc.yahoo.com/"
_ENVELOPES = ("chart", "quoteResponse", "quoteSummary", "spark", "finance")
_CRUMB = re.compile(r"[A-Za-z0-9._/+=~-]{6,64}")
_ESCAPED = re.compile(r"\\u00([0-9a-fA-F]{2})")
_PAGE_TEXT = 200  # characters: what is longer is no refusal in words


class NoCrumb(Unreachable):
    """Yahoo gives no crumb: what needs one cannot be asked for.  `retry_after`: seconds to wait where it was asked too often."""

    code = "provider_no_crumb"

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class BadCrumb(NoCrumb):
    """The crumb is not, or no longer, good."""


@dataclass(slots=True)
class Transport:
    """Calls to Yahoo.

    hosts      addresses that do the same; the next is tried after a fault of the first (5xx), never after “too many”
    cookies    address that sets the cookie; it answers 404
    passes     keeps "cookie" and "crumb"
    """

    web: Web
    hosts: tuple[str, ...]
    cookies: str
    passes: MutableMapping[str, str] = field(default_factory=dict)
    _host: int = 0

    def get(self, path: str, params: Mapping[str, str], what: str, *, crumb: bool = False) -> dict[str, Any]:
        """The answer inside its envelope, or all of it where it has none.  With `crumb` an expired one is renewed once.

        Raises as the status and the body say; NoCrumb where none can be got or the new one is refused as well.
        """
        if not crumb:
            return self._asked(path, params, what)
        fresh = not self.passes.get("crumb")
        try:
            return self._asked(path, {**params, "crumb": self._crumb()}, what, cookie=True)
        except BadCrumb:
            self._forget()
            if fresh:
                raise
        try:
            return self._asked(path, {**params, "crumb": self._crumb()}, what, cookie=True)
        except BadCrumb:
            self._forget()
            raise

    def _asked(self, path: str, params: Mapping[str, str], what: str, *, cookie: bool = False) -> dict[str, Any]:
        headers = {"Cookie": self.passes["cookie"]} if cookie and self.passes.get("cookie") else {}
        return opened(self._reply(path, params, headers), what)

    def _reply(self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        reply = self.web.get(self.hosts[self._host] + path, params, headers=headers)
        if reply.status >= 500 and len(self.hosts) > 1:
            self._host = (self._host + 1) % len(self.hosts)
            reply = self.web.get(self.hosts[self._host] + path, params, headers=headers)
        return reply

    def _crumb(self) -> str:
        """The crumb that is kept, or a new one.  Raises NoCrumb, or NoBudget."""
        if not (kept := self.passes.get("crumb")):
            self._renew_cookie()
            kept = crumb_of(self._reply("/v1/test/getcrumb", headers={"Cookie": self.passes.get("cookie", "")}))
            self.passes["crumb"] = kept
        return kept

    def _renew_cookie(self) -> None:
        if self.passes.get("cookie"):
            return
        self.web.session.cookies.clear()
        with contextlib.suppress(BadAnswer, Unreachable):  # the page behind it does not matter
            reply = self.web.get(self.cookies)
            if reply.status == 429:
                raise Throttled("Yahoo was asked too often.", retry_after=reply.retry_after() or PAUSE)
            _refuse_in_pause(reply)
        cookie = "; ".join(f"{each.name}={each.value}" for each in self.web.session.cookies)
        self.web.session.cookies.clear()  # sent by us from here on, and to Yahoo alone
        if not cookie:
            raise NoCrumb("Yahoo sets no cookie here, and gives no crumb without one.")
        self.passes["cookie"] = cookie

    def _forget(self) -> None:
        for name in ("crumb", "cookie"):
            self.passes.pop(name, None)


def _refuse_in_pause(reply: Reply) -> None:
    """Raises Throttled for an answer that asks for a pause of so many seconds."""
    if reply.status in {429, 503} and (pause := reply.retry_after()) is not None:
        raise Throttled("Yahoo was asked too often.", retry_after=pause)


def crumb_of(reply: Reply) -> str:
    """The crumb in an answer: bare text, slashes perhaps escaped.  A page or “Too Many Requests” is no crumb.

    Raises NoCrumb; Throttled where Yahoo says until when nothing is to be asked, which spark would be too.
    """
    _refuse_in_pause(reply)
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), reply.text.strip().strip('"'))
    if reply.status == 429 or _says_too_many(text):
        raise NoCrumb("Yahoo gives no crumb: it was asked too often.", retry_after=reply.retry_after() or PAUSE)
    if reply.status != 200 or not _CRUMB.fullmatch(text):
        raise NoCrumb("Yahoo gives no crumb.")
    return text


def opened(reply: Reply, what: str) -> dict[str, Any]:
    """What is in the envelope of an answer.  Raises as its error or its status says."""
    if _says_too_many(reply.text[:_PAGE_TEXT]):
        raise Throttled("Yahoo was asked too often.", retry_after=reply.retry_after() or PAUSE)
    try:
        body = reading.fields(reply.json(), "an answer of Yahoo")
    except BadAnswer:
        if reply.status == 401:
            raise BadCrumb("Yahoo refuses the crumb.") from None
        classified(reply, "Yahoo")
        raise
    name = next((each for each in _ENVELOPES if each in body), "")
    inside = reading.fields(body[name], "an envelope") if name and body[name] is not None else body
    if name and inside.get("error"):
        _refused(reading.fields(inside["error"], "an error"), reply, what)
    classified(reply, "Yahoo")
    return inside


def _refused(error: dict[str, Any], reply: Reply, what: str) -> NoReturn:
    """Says by an error what was wrong with the question."""
    code, text = str(error.get("code") or ""), str(error.get("description") or "")
    said = text.casefold()
    if code == "Unauthorized" or reply.status == 401 or "crumb" in said:
        raise BadCrumb("Yahoo refuses the crumb.")
    if "doesn't exist" in said or "date range" in said or "no fundamentals data" in said or code == "Unprocessable Entity":
        raise NoData(f"Yahoo has nothing of {what}.")
    if code == "Not Found" or reply.status == 404:
        raise UnknownSymbol(f"Yahoo does not know {what}.")
    if "too many" in said or code == "Too Many Requests":
        raise Throttled("Yahoo was asked too often.", retry_after=reply.retry_after() or PAUSE)
    classified(reply, "Yahoo")
    raise BadAnswer(f"Yahoo refuses the question about {what}.")


def _says_too_many(text: str) -> bool:
    """Yahoo says it in bare words, under several statuses."""
    return len(text) <= _PAGE_TEXT and "too many requests" in text.casefold() and not text.lstrip().startswith(("{", "["))

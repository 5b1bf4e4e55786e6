"""Calls to sources over HTTP: bounded in time and size, numbers exact, keys never in an error or a log.

`Web.get` answers with the body as it came, whatever its status: a source's own file knows its errors and looks at the body
first and at the status second (`classified`).  A call costs budget before it is made: `gate` refuses it with Throttled.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
import urllib3

from market.providers.failures import BadAnswer, Failure, NotConfigured, ProviderFailed, Throttled, Unreachable
from portfolio_site.web.outgoing import LeadsInside, NoAddress

CONNECT, READ, WHOLE = 3.05, 10.0, 25.0  # seconds: to connect, between two pieces of a body, for all of it
LARGEST = 8 * 1024 * 1024  # bytes of a body after decompression; the longest daily history has about a fifth of that
PAUSE = 60.0  # seconds to wait where a source says “too many” and not for how long
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
_PIECE = 64 * 1024
Answer = TypeVar("Answer")
_LONGEST_NUMBER = 400  # digits: more is an attack on the parser

logging.getLogger("urllib3").setLevel(logging.WARNING)  # its lines below that hold addresses, and these hold keys


@dataclass(frozen=True, slots=True)
class Reply:
    """A body as it came, at most LARGEST long."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The body as JSON with exact numbers.  Raises BadAnswer for anything else, HTML and half a document included."""
        if self.body.lstrip()[:1] not in {b"{", b"[", b'"'}:
            raise BadAnswer(f"The source answered with {self.content_type or 'something'} where JSON was expected.")
        try:
            return json.loads(self.body, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise BadAnswer("The source answered with JSON that is broken.") from None

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds until the source may be asked again, from its header; None where it has none that can be read."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdigit():
            return float(value[:9])
        with contextlib.suppress(ValueError, TypeError):
            until = parsedate_to_datetime(value)
            return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - (now or datetime.now(UTC))).total_seconds())
        return None

    @property
    def said_at(self) -> datetime:
        """The source's own clock at this answer; ours where it does not tell."""
        with contextlib.suppress(ValueError, TypeError):
            if (said := parsedate_to_datetime(self.headers.get("date", ""))).tzinfo:
                return said
        return datetime.now(UTC)


def _decimal(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


@contextlib.contextmanager
def _pause_kept(head: Reply) -> Iterator[None]:
    """A pause that a source asked for holds, also where the rest of its answer is lost on the way.  Raises Throttled."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ProviderFailed):
        if head.status in {429, 503} and (pause := head.retry_after()) is not None:
            raise Throttled("The source asks for a pause.", retry_after=pause) from None
        raise


def classified(reply: Reply, what: str = "The source") -> Reply:
    """The reply where its status says that all is well.  To be called after the body was looked at.

    Raises Throttled, NotConfigured (401, 403), Unreachable (5xx) or BadAnswer.
    """
    status = reply.status
    if status == 429:
        raise Throttled(f"{what} was asked too often.", retry_after=reply.retry_after() or PAUSE)
    if status in {401, 403}:
        raise NotConfigured(f"{what} refuses the key.")
    if status == 503 and (pause := reply.retry_after()) is not None:
        raise Throttled(f"{what} asks for a pause.", retry_after=pause)
    if status >= 500:
        raise Unreachable(f"{what} has a fault of its own (status {status}).")
    if not 200 <= status < 300:
        raise BadAnswer(f"{what} answered with status {status}.")
    return reply


@dataclass(slots=True)
class Web:
    """The way to one source.

    base       address without a slash at the end; the emulator's in tests
    secrets    texts that must never appear in an error
    gate       called with the cost of a call before it is made; raises Throttled where there is no budget left
    """

    base: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    gate: Callable[[int], None] = lambda cost: None
    largest: int = LARGEST
    whole: float = field(default_factory=lambda: WHOLE)
    session: requests.Session = field(default_factory=requests.Session)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        cost: int = 1,
        largest: int | None = None,
        follow: bool = False,
    ) -> Reply:
        """One call.  Raises Throttled without budget, Unreachable without an answer, BadAnswer for one that is too long.

        Redirects are not followed unless asked: a key must not reach another host.
        """
        self.gate(cost)
        address = path if path.startswith(("http://", "https://")) else self.base + path
        sent = {
            "User-Agent": AGENT,
            "Accept": "application/json, text/plain, */*",
            "Accept-Encoding": "gzip, deflate",
            **self.headers,
            **(headers or {}),
        }
        try:
            with self.session.get(address, params=params, headers=sent, timeout=(CONNECT, READ), stream=True, allow_redirects=follow) as response:
                kept = {name.lower(): value for name, value in response.headers.items()}
                head = Reply(response.status_code, kept.get("content-type", ""), b"", kept)
                with _pause_kept(head):
                    return replace(head, body=self._body(response, largest or self.largest))
        except LeadsInside as problem:
            raise NotConfigured(problem.detail) from None
        except NoAddress as problem:
            raise Unreachable(problem.detail) from None
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise Unreachable("The source did not answer in time.") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            raise Unreachable(f"The source could not be reached ({type(problem).__name__}).") from None

    def _body(self, response: requests.Response, largest: int) -> bytes:
        """All of the body, unpacked.  A drip that takes too long is as good as no answer."""
        until, pieces, length = time.monotonic() + self.whole, [], 0
        while piece := response.raw.read1(_PIECE, decode_content=True):  # what is there already: a drip must not hold the clock up
            pieces.append(piece)
            length += len(piece)
            if length > largest:
                raise BadAnswer(f"The source answered with more than {largest // 1024} KB.")
            if time.monotonic() > until:
                raise Unreachable("The source sent its answer too slowly.")
        return b"".join(pieces)

    def scrubbed(self, text: str) -> str:
        """The text without a secret, and not longer than a sentence."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "…")
        return " ".join(text.split())[:300]


def one_by_one(symbols: Iterable[str], ask: Callable[[str], Answer]) -> dict[str, Answer | Failure]:
    """Answers of a source that takes one symbol a call.

    What fails about one symbol is its failure; what fails about all (throttled, refused, unreachable) ends the round, and the
    symbols that were not asked get the same failure.
    """
    answers: dict[str, Answer | Failure] = {}
    ended: Failure | None = None
    for symbol in symbols:
        if ended is not None:
            answers[symbol] = ended
            continue
        try:
            answers[symbol] = ask(symbol)
        except (Throttled, NotConfigured, Unreachable) as problem:
            answers[symbol] = ended = problem.failure
        except ProviderFailed as problem:
            answers[symbol] = problem.failure
    return answers

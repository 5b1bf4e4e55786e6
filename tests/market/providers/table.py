"""What is expected of a recorded file: one entry of a table `EXPECTED: dict[file name, Expected]` in `expected_<source>.py`.

    EXPECTED = {
        "quote-aapl.json": Expected(lambda r: Finnhub(r.web).quotes(["AAPL"], NOW)["AAPL"], SymbolQuote("AAPL", Decimal("255.78"), …)),
        "error-429.json": Expected(lambda r: Finnhub(r.web).quotes(["AAPL"], NOW)["AAPL"], fails=RATE_LIMITED, pause=60.0),
        "peers-aapl.json": Expected(unused="peers are shown nowhere"),
    }

`ask` gets the file as `Played`: `web` answers every call with it under its recorded status; `reply`, `text` and `json` are the same
for parsers that are called without a client (websocket frames).  It gives what is compared with `gives`: the answer itself, or
`outline(history)` of a long one.  A call that raises ProviderFailed gives its `Failure`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from market.providers.base import ActionRow, History, PriceRow
from market.providers.failures import Failure, FailureKind, ProviderFailed
from market.providers.web import Reply
from tests.emulator.recorded import Recording
from tests.market.providers.replay import Replay, replay


@dataclass(frozen=True, slots=True)
class Played:
    recording: Recording

    @property
    def reply(self) -> Reply:
        return Reply(self.recording.status, self.recording.content_type, self.recording.body)

    @property
    def web(self) -> Replay:
        return replay(self.reply)

    @property
    def text(self) -> str:
        return self.reply.text

    @property
    def json(self) -> Any:
        return self.reply.json()


@dataclass(frozen=True, slots=True)
class Expected:
    """ask, gives   what is asked of the source, and what it must answer, exactly
    fails, pause    the kind of failure it must answer, and its `retry_after`
    unused          why nothing is asked of this file
    """

    ask: Callable[[Played], Any] | None = None
    gives: Any = None
    fails: FailureKind | None = None
    pause: float | None = None
    unused: str = ""

    def check(self, recording: Recording) -> None:
        """Raises AssertionError where the file does not give what is expected."""
        if self.ask is None:
            assert self.unused and self.gives is None and self.fails is None, "an entry says what it gives, or why the file is unused"
            return
        try:
            found = self.ask(Played(recording))
        except ProviderFailed as problem:
            found = problem.failure
        if self.fails is None:
            assert found == self.gives
        else:
            assert isinstance(found, Failure), f"expected {self.fails}, found {found!r}"
            assert (found.kind, found.retry_after) == (self.fails, self.pause)


@dataclass(frozen=True, slots=True)
class Outline:
    """A long history in short: its number of days, the first and the last, and all of its actions."""

    currency: str
    days: int
    first: PriceRow
    last: PriceRow
    actions: tuple[ActionRow, ...] = ()


def outline(found: History | Failure) -> Outline | Failure:
    """The outline of a history; a failure as it is."""
    if isinstance(found, Failure):
        return found
    return Outline(found.currency, len(found.prices), found.prices[0], found.prices[-1], found.actions)

"""What can go wrong with a source, as switches that a test turns.  All are off at first; each stays on until it is turned off.

The server does the first group for every source.  The second is data, done for every source by `Ask`; a format need only write what
it is given.  The third is up to the format, where its source has such a thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Switches:
    # ── the way ──
    latency: float = 0.0  # seconds before each answer
    limit: int | None = None  # calls in `window` seconds; those beyond are answered as the source does (429, or 200 with an error)
    window: float = 60.0
    retry_after: float | None = None  # seconds told with a refusal; None: until the window has room
    html: bool = False  # a page in place of the answer, with status 200
    truncated: bool = False  # half a body under the length of the whole
    drip: float = 0.0  # seconds between any two bytes of a body
    reset: bool = False  # the connection is reset when half of the body is sent
    down: bool = False  # the connection is closed without a word
    fault: int | None = None  # this status with an empty body, such as 500
    disconnect_after: int | None = None  # messages after which a websocket is cut

    # ── the data ──
    unknown: set[str] = field(default_factory=set)  # symbols of the world that the source does not know
    empty_window: bool = False  # no bar in any window
    null_holes: bool = False  # every seventh finished bar is empty
    duplicate_last_bar: bool = False  # the running day twice, with slightly different volume
    hundredfold_bars: set[str] = field(default_factory=set)  # symbols whose third bar from the end is 100 times too high
    hundredfold_quotes: set[str] = field(default_factory=set)  # symbols whose newest price is 100 times too high
    stuck_quotes: dict[str, str] = field(default_factory=dict)  # symbol → price in major units, in place of the world's

    # ── the format ──
    crumb_calls: int | None = None  # calls for which a crumb is good
    error_in_200: str = ""  # the kind of error told with status 200: "daily", "burst", "premium", "hourly", … as the format names them
    wrong_key: bool = False  # every key is refused
    plan: bool = False  # the key does not buy this

    def reset_all(self) -> None:
        """Turns everything off."""
        new = Switches()
        for each in fields(self):
            setattr(self, each.name, getattr(new, each.name))

    def turn(self, **values: object) -> None:
        """Sets switches by name, as they come from JSON.  Raises KeyError for one that is not there."""
        for name, value in values.items():
            if name not in {each.name for each in fields(self)}:
                raise KeyError(name)
            setattr(self, name, set(value) if isinstance(getattr(self, name), set) else value)  # type: ignore[call-overload]

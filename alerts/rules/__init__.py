"""Rules of alerts: which kinds there are, what a person sets of each, and when one comes true.

Pure: a rule, what is seen of what it watches and the time in; a new state and a sentence out.  Each kind is declared once (`KINDS`);
the form, the API, the dry run and docs/alerts.md read it from there.
"""

from __future__ import annotations

from alerts.rules import events, portfolios, prices
from alerts.rules.deciding import at_first, cooled, holds, is_back, step
from alerts.rules.portfolios import off_target
from alerts.rules.reading import Wrong, read, written
from alerts.rules.rehearsing import Rehearsal, rehearse
from alerts.rules.shapes import (
    PLAIN,
    Cause,
    Field,
    FieldType,
    Happening,
    Kind,
    Level,
    Number,
    State,
    Step,
    Subject,
    Target,
    Terms,
    Watch,
    Words,
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*prices.KINDS, *portfolios.KINDS, *events.KINDS)}


def caused_by(cause: Cause) -> list[str]:
    """The kinds that are worth a look when this happens."""
    return [name for name, kind in KINDS.items() if cause in kind.causes]


__all__ = [
    "KINDS",
    "PLAIN",
    "Cause",
    "Field",
    "FieldType",
    "Happening",
    "Kind",
    "Level",
    "Number",
    "Rehearsal",
    "State",
    "Step",
    "Subject",
    "Target",
    "Terms",
    "Watch",
    "Words",
    "Wrong",
    "at_first",
    "caused_by",
    "cooled",
    "holds",
    "is_back",
    "off_target",
    "read",
    "rehearse",
    "step",
    "written",
]

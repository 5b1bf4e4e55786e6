"""Weights of the parts of a whole as an explanation tells them: of the value, and of the gross exposure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from analytics.selectors.amounts import Slice
from analytics.selectors.explaining.common import MOST_LINES
from analytics.selectors.explanations import Line, Term
from portfolio_site.kernel.figures import Figure, Unit

UNCLASSIFIED = "Unclassified"
ZERO = Decimal(0)


def weights_told(slices: Sequence[Slice], whole: Figure, part: str, said: str) -> tuple[Figure, dict[str, Any]]:
    """All weights added up, and the fields of the explanation: each part over the whole.

    part, said  what a part and the whole are called: "exposure", "gross exposure"
    """
    known = [one for one in slices if one.weight.known]
    every = Figure("weight", Unit.FRACTION, _sum(known)) if known else Figure.undefined("weight", Unit.FRACTION, _why_none(slices, whole))
    lines = [Line(one.name or UNCLASSIFIED, (one.value, one.weight), terms=of_slice(one, whole, part, said)) for one in known]
    rest = lines[MOST_LINES - 1 :] if len(lines) > MOST_LINES else []
    if rest:
        lines = [*lines[: MOST_LINES - 1], Line(f"{len(rest)} more", ("", Figure("weight", Unit.FRACTION, _sum(known[MOST_LINES - 1 :]))))]
    return every, {
        "terms": (Term("", "weights, added up", every), Term("=", "all weights", every)) if every.known else (),
        "rows_title": "Parts",
        "columns": (part.capitalize(), "Weight"),
        "lines": tuple(lines),
        "more_lines": len(rest),
    }


def _why_none(slices: Sequence[Slice], whole: Figure) -> str:
    """Why there are no weights."""
    return next((one.weight.why_not for one in slices), "") or whole.why_not or "Nothing is held."


def of_slice(one: Slice, whole: Figure, part: str, said: str) -> tuple[Term, ...]:
    """The weight of one part."""
    return (Term("", part, one.value), Term("÷", said, whole), Term("=", "weight", one.weight))


def _sum(slices: Iterable[Slice]) -> Decimal:
    return sum((one.weight.value for one in slices if isinstance(one.weight.value, Decimal)), ZERO)

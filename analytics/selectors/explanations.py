"""What an explanation of a figure is made of.  Frozen; the rules of `shapes` hold here too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portfolio_site.kernel.figures import Figure

MOST_SIDE_BY_SIDE = 3  # cells beside the name of a line on a phone


@dataclass(frozen=True, slots=True)
class Term:
    """One number of a calculation: "− cost €1,200.00".  `operator` is "", "+", "−", "×", "÷" or "="."""

    operator: str
    label: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Source:
    """One input: what it is, its number where it has one, who says so, and since when."""

    label: str
    figure: Figure | None
    source: str
    as_of: date | datetime | None
    stale: bool = False
    kind: str = "price"  # "price", "rate", "entries", "series"


@dataclass(frozen=True, slots=True)
class Line:
    """One row behind a figure.  Cells follow the columns of the explanation.

    entry_id  the transaction that the row is of
    terms     how the last cell comes about, where it is itself a calculation
    """

    label: str
    cells: tuple[Figure | date | str, ...]
    instrument_id: int | None = None
    entry_id: int | None = None
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a figure is what it is, from the same computation.

    words    one sentence
    terms    the calculation with its numbers; the last one is the result
    columns  heads of the rows' cells; lines and their total
    checks   sums that must meet: each the terms of one equation, the last one its right side
    left_out what the figure does not count, in sentences
    """

    name: str
    title: str
    figure: Figure
    as_of: date | datetime
    words: str
    terms: tuple[Term, ...]
    rows_title: str = ""
    columns: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    more_lines: int = 0  # rows that are not listed; their sum stands in the last line
    inputs: tuple[Source, ...] = ()
    checks: tuple[tuple[Term, ...], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[Line, list[tuple[str, Figure | date | str]]]]:
        """Each line with its cells, and the head of each."""
        return [(line, list(zip(self.columns, line.cells, strict=False))) for line in self.lines]

    @property
    def is_wide(self) -> bool:
        """More than a phone shows side by side."""
        return len(self.columns) > MOST_SIDE_BY_SIDE


class Explanations(Mapping[str, Explanation]):
    """Explanations by name, each made when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Explanation]]) -> None:
        self.makers = dict(makers)

    def __getitem__(self, name: str) -> Explanation:
        return self.makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)

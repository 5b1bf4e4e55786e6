"""Importers: a broker's file in, drafts of entries and problems with their row and column out.  Pure: no database, no clock.

`read_file` recognises the format by the names of the columns; what no broker matches is read as a generic table.
"""

from portfolios.importers.base import (
    CellProblem,
    Charge,
    Draft,
    Exchange,
    Facts,
    Folded,
    InstrumentHint,
    Layout,
    Options,
    Parsed,
    Question,
    Repair,
    RowError,
    Unreadable,
)
from portfolios.importers.registry import FORMATS, Format, detect, label_of, read_file

__all__ = [
    "FORMATS",
    "CellProblem",
    "Charge",
    "Draft",
    "Exchange",
    "Facts",
    "Folded",
    "Format",
    "InstrumentHint",
    "Layout",
    "Options",
    "Parsed",
    "Question",
    "Repair",
    "RowError",
    "Unreadable",
    "detect",
    "label_of",
    "read_file",
]

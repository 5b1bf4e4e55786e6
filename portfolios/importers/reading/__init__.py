"""Reading what people upload: bytes to text, text to rows, cells to numbers and days.  Nothing is guessed silently."""

from portfolios.importers.reading.cells import Cells, cells_of
from portfolios.importers.reading.dates import Moment, day_order, read_moment
from portfolios.importers.reading.numbers import Decimals, Evidence, decimal_evidence, read_number
from portfolios.importers.reading.table import Row, Table, normal, records_of, sniff_delimiter
from portfolios.importers.reading.text import Text, decode, refuse_foreign

__all__ = [
    "Cells",
    "Decimals",
    "Evidence",
    "Moment",
    "Row",
    "Table",
    "Text",
    "cells_of",
    "day_order",
    "decimal_evidence",
    "decode",
    "normal",
    "read_moment",
    "read_number",
    "records_of",
    "refuse_foreign",
    "sniff_delimiter",
]

"""What the import pages show, put into shapes that templates can print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from portfolio_site.web.numbers import count
from portfolios.importers import label_of
from portfolios.importers.generic_names import FIELDS
from portfolios.imports.forms import currency_choices, kind_choices
from portfolios.imports.selectors import STATE_LABELS, Counts
from portfolios.models import ImportBatch

_ALWAYS_SHOWN = ("date", "type", "isin", "symbol", "quantity", "price", "currency", "amount", "fees")  # the other fields only where they are matched
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_DOTS = {"unknown": "down", "error": "down", "check": "dot--stale", "duplicate": "dot--off", "ready": "up", "out": "dot--off"}
_CHIP_LABELS = {**STATE_LABELS, "unknown": "To resolve", "error": "Errors", "check": "To check", "duplicate": "Duplicates"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of the review with its count."""

    state: str
    label: str
    count: int
    dot: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of the columns page."""

    field: str
    label: str
    hint: str
    column: str
    samples: tuple[str, ...]
    question: str
    required: bool


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One type of the file and what it means."""

    place: int
    text: str
    rows: int
    kind: str


def chips_of(counts: Counts, chosen: str) -> list[Chip]:
    """All rows, then each state that has any."""
    chips = [Chip("", "All", counts.listed, "", not chosen)]
    for state in STATE_LABELS:
        number = getattr(counts, state)
        if number or state == chosen:
            chips.append(Chip(state, _CHIP_LABELS[state], number, _DOTS[state], state == chosen))
    return chips


def facts_of(batch: ImportBatch) -> list[str]:
    """What is known of the file, in short texts."""
    facts = batch.facts or {}
    said = []
    if batch.format:
        said.append(label_of(batch.format))
    if batch.rows_total:
        said.append(f"{count(batch.rows_total)} {'row' if batch.rows_total == 1 else 'rows'}")
    if facts.get("columns"):
        said.append(f"{count(len(facts['columns']))} columns")
        said.append(f"separated by {_SEPARATORS.get(facts['delimiter'], facts['delimiter'])}")
        said.append(facts["encoding"])
    said.append(f"into {batch.portfolio.name}")
    return said


def columns_page(batch: ImportBatch) -> dict[str, Any]:
    """The context of the columns page."""
    facts = batch.facts or {}
    layout = facts.get("layout") or {}
    answered = (batch.mapping or {}).get("layout") or {}  # what the person said before, to be shown again
    columns = layout.get("columns", {})
    questions = dict(facts.get("questions", []))
    samples = facts.get("samples", {})
    lines = [
        FieldLine(
            field=field,
            label=label,
            hint=_hint(field, hint, facts),
            column=columns.get(field, ""),
            samples=tuple(samples.get(columns.get(field, ""), ())),
            question=questions.get(field, ""),
            required=field in questions,
        )
        for field, (label, hint) in FIELDS.items()
    ]
    types = [
        TypeLine(place, text, number, layout.get("types", {}).get(text, "")) for place, (text, number) in enumerate(facts.get("types", {}).items())
    ]
    used = set(columns.values())
    return {
        "groups": (
            ("", [line for line in lines if line.column or line.question or line.field in _ALWAYS_SHOWN]),
            ("More fields", [line for line in lines if not (line.column or line.question or line.field in _ALWAYS_SHOWN)]),
        ),
        "file_columns": facts.get("columns", []),
        "matched": sum(1 for line in lines if line.column),
        "of_fields": len([line for line in lines if line.column or line.required]),
        "unused": ", ".join(name for name in facts.get("columns", []) if name not in used),
        "types": types,
        "types_open": sum(1 for line in types if not line.kind),
        "kinds": kind_choices(),
        "questions": questions,
        "asks_decimals": "decimals" in questions or bool(answered.get("decimals")),
        "asks_days": "day_first" in questions or answered.get("day_first") is not None,
        "asks_currency": "currency" in questions or bool(layout.get("currency")),
        "asks_rate": "rate_direction" in questions or bool(answered.get("rate_direction")),
        "currencies": currency_choices(),
        "currency": layout.get("currency") or batch.portfolio.base_currency,
        "base": batch.portfolio.base_currency,
        "decimals": answered.get("decimals", ""),
        "days": {True: "day", False: "month"}.get(answered.get("day_first"), ""),  # type: ignore[arg-type]
        "rate_direction": answered.get("rate_direction", ""),
        "rate_sample": next(iter(samples.get(columns.get("fx_rate", ""), ())), ""),
    }


def _hint(field: str, hint: str, facts: dict[str, Any]) -> str:
    if field == "date" and facts.get("day_first") is not None:
        return "day first" if facts["day_first"] else "month first"
    if field in ("quantity", "price") and facts.get("decimals"):
        return f"decimal {facts['decimals']}"
    if field == "type" and facts.get("types"):
        return f"{len(facts['types'])} values, below"
    return hint


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[\d.,' ]+", re.ASCII)


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; reading it back in gives the same text.  Numbers stay as they are."""
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text

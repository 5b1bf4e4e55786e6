"""The fields of a rule, read from what a form, a program or the database holds, and written back.

Each field is read by its type; what is wrong with one is a sentence that says what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alerts.rules.shapes import Field, FieldType, Kind, Target
from portfolio_site.kernel.decimals import NotExact, exact, plain

MOST_TARGETS = 50
_DAYS_OF = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field."""

    field: str
    code: str
    detail: str


class _Refused(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def read(kind: Kind, raw: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Wrong, ...]]:
    """The values of a kind's fields, and what is wrong with the others.  A field that no such rule has is wrong too."""
    values, wrong = dict[str, Any](), list[Wrong]()
    for field in kind.fields:
        given = raw.get(field.name)
        try:
            values[field.name] = _missing(field) if given in (None, "", []) else _READERS[field.type](field, given)
        except _Refused as problem:
            wrong.append(Wrong(field.name, problem.code, problem.detail))
    known = {field.name for field in kind.fields}
    wrong += [Wrong(str(name)[:60], "unknown", f"A rule of this kind has no {str(name)[:60]}.") for name in raw if name not in known]
    return values, tuple(wrong)


def written(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON: numbers as text, so that `read` gives them back to the last digit."""
    return {field.name: _plain(values[field.name]) for field in kind.fields if field.name in values}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return [{"name": one.name, "weight": plain(one.weight), "band": plain(one.band)} for one in value]
    return value


def _missing(field: Field) -> Any:
    if field.default is None:
        raise _Refused("required", f"{field.label}: give this field.")
    return field.default


def _number(field: Field, given: Any) -> Decimal:
    try:
        value = exact(given)
    except NotExact as problem:
        raise _Refused("not_exact", str(problem)) from None
    least, most = field.least, field.most
    if value <= 0 and least is None:
        what = {FieldType.PRICE: "The price", FieldType.MONEY: "The amount"}.get(field.type, field.label)
        raise _Refused("not_positive", f"{what} must be above zero.")
    if least is not None and value < least:
        raise _Refused("too_small", f"{field.label}: at least {_said(field, least)}.")
    if most is not None and value > most:
        raise _Refused("too_large", f"{field.label}: at most {_said(field, most)}.")
    return value


def _said(field: Field, number: Any) -> str:
    value = Decimal(str(number))
    return f"{plain(value * 100)} %" if field.type is FieldType.PERCENT else plain(value)


def _count(field: Field, given: Any) -> int:
    value = _number(field, given)
    if value != int(value):
        raise _Refused("not_whole", f"{field.label}: write a whole number.")
    return int(value)


def _choice(field: Field, given: Any) -> str:
    names = [name for name, _ in field.choices]
    text = str(given).strip().lower()
    if text not in names:
        raise _Refused("invalid_choice", f"{field.label}: choose one of {', '.join(names)}.")
    return text


def _text(field: Field, given: Any) -> str:
    text = " ".join(str(given).split())
    if field.most is not None and len(text) > field.most:
        raise _Refused("too_long", f"{field.label}: at most {field.most} characters; these are {len(text)}.")
    return text


def _month_day(field: Field, given: Any) -> str:
    month, dash, day = str(given).strip().partition("-")
    written = dash and len(month) == len(day) == 2 and (month + day).isascii() and (month + day).isdigit()
    if written and 1 <= int(month) <= 12 and 1 <= int(day) <= _DAYS_OF[int(month) - 1]:
        return f"{month}-{day}"
    raise _Refused("invalid", f"{field.label}: write month and day like 04-06.")


def _targets(field: Field, given: Any) -> tuple[Target, ...]:
    if not isinstance(given, list | tuple) or not given:
        raise _Refused("invalid", f"{field.label}: name at least one part, with its weight and how far off it may be.")
    if len(given) > MOST_TARGETS:
        raise _Refused("too_many", f"{field.label}: at most {MOST_TARGETS} parts.")
    found = tuple(_target(field, one) for one in given)
    if len({one.name for one in found}) != len(found):
        raise _Refused("twice", f"{field.label}: a part stands there twice.")
    if sum((one.weight for one in found), Decimal(0)) > 1:
        raise _Refused("too_large", f"{field.label}: together the weights are more than everything (100 %).")
    return found


def _target(field: Field, one: Any) -> Target:
    if isinstance(one, Target):
        return one
    try:
        name, weight, band = str(one["name"]).strip(), exact(one["weight"]), exact(one["band"])
    except (NotExact, KeyError, TypeError):
        raise _Refused("invalid", f"{field.label}: each part has a name, a weight and a band; weight and band are fractions such as 0.10.") from None
    if not name or len(name) > 60 or not 0 <= weight <= 1 or not 0 < band <= 1:
        raise _Refused("out_of_range", f"{field.label}: a weight is from 0 to 1 (100 %), a band above 0, and the name is not empty.")
    return Target(name, weight, band)


_READERS = {
    FieldType.PRICE: _number,
    FieldType.MONEY: _number,
    FieldType.PERCENT: _number,
    FieldType.COUNT: _count,
    FieldType.CHOICE: _choice,
    FieldType.TEXT: _text,
    FieldType.MONTH_DAY: _month_day,
    FieldType.TARGETS: _targets,
}

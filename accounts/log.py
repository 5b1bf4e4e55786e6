"""The log of an account: its audit entries as a person reads them, with what things are called now.

An entry tells what kind of thing was done and to which thing, never an amount; names are looked up among what the person may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.models import AuditEntry
from accounts.querysets import AuditEntryQuerySet
from accounts.selectors import audit_of
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web import deeds
from portfolio_site.web.times import day

if TYPE_CHECKING:
    from accounts.models import User

_COUNTED = (("recorded", "recorded"), ("voided", "voided"), ("entries", "in all"), ("transactions", "deleted with it"), ("times", "times"))
_GUESSED = frozenset({"session.refused", "factor.refused"})  # by whoever had the name; an API key or a role is always somebody's

_BY_SUPPORT = frozenset({"support.view_started", "support.page_refused"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that was done.  `by`: "you", "Plumbline" where nobody asked for it, or who else it was, without a name."""

    id: int  # its place in the account's log, from 1
    at: datetime
    action: str
    words: str
    group: str
    by: str
    about: deeds.Named | None
    object_type: str
    object_id: str
    details: tuple[str, ...]


def groups() -> list[str]:
    """The groups that the log can be narrowed to."""
    return sorted({deed.group for deed in deeds.known.values()})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the log is asked for: one group, and days in the person's time zone, both included.  What was refused is not used."""

    group: str = ""
    since: date | None = None
    until: date | None = None
    refused: tuple[FieldError, ...] = ()


def asked_of(query: Mapping[str, str]) -> Asked:
    """Reads `group`, `from` and `to` of an address; the same for page, file and API."""
    refused, known = [], groups()
    if (group := query.get("group", "")) and group not in known:
        shown = group if len(group) <= 40 else f"{group[:39]}…"
        refused.append(FieldError("group", "unknown", f"There is no group “{shown}” in the log. Use one of: {', '.join(known)}."))
        group = ""
    days: dict[str, date | None] = {"from": None, "to": None}
    for name in days:
        text = query.get(name, "")
        days[name] = _day(text) if len(text) == 10 else None
        if text and ((found := days[name]) is None or not 1970 <= found.year < 2200):
            refused.append(FieldError(name, "invalid", "Write the day as year, month and day, such as 2026-11-21."))
            days[name] = None
    since, until = days["from"], days["to"]
    if since is not None and until is not None and until < since:
        refused.append(FieldError("to", "invalid", f"{day(until)} is before {day(since)}. Write a day that is not before the first one."))
        until = None
    return Asked(group, since, until, tuple(refused))


def log_of(user: User, asked: Asked | None = None) -> AuditEntryQuerySet:
    """What was done with the person's things, newest first; the part that is asked for."""
    entries, asked, zone = audit_of(user), asked or Asked(), timezone.get_current_timezone()
    if asked.group:
        entries = entries.filter(action__in=[action for action, deed in deeds.known.items() if deed.group == asked.group])
    if asked.since is not None:
        entries = entries.filter(at__gte=datetime.combine(asked.since, time.min, zone))
    if asked.until is not None:
        entries = entries.filter(at__lte=datetime.combine(asked.until, time.max, zone))
    return entries


def lines_of(user: User, entries: Iterable[AuditEntry]) -> list[LogLine]:
    """The entries in words.  One query for each type of thing that they name."""
    entries = list(entries)
    named = deeds.named(user, _wanted(entries))
    return [_line(user, entry, named) for entry in entries]


def _things(entry: AuditEntry) -> Iterable[tuple[str, int]]:
    """What an entry is about, the thing itself first: an entry of a ledger is told by its portfolio."""
    if entry.object_id.isascii() and entry.object_id.isdigit():
        yield entry.object_type, int(entry.object_id)
    for object_type in ("portfolio", "instrument"):
        number = entry.data.get(object_type)
        if isinstance(number, int) and not isinstance(number, bool):
            yield object_type, number


def _wanted(entries: Sequence[AuditEntry]) -> dict[str, set[int]]:
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        for object_type, number in _things(entry):
            wanted.setdefault(object_type, set()).add(number)
    return wanted


def _line(user: User, entry: AuditEntry, named: Mapping[tuple[str, int], deeds.Named]) -> LogLine:
    deed = deeds.known.get(entry.action) or deeds.Deed(entry.action.replace(".", " ").replace("_", " ").capitalize(), "")
    return LogLine(
        id=entry.sequence,
        at=entry.at,
        action=entry.action,
        words=deed.words,
        group=deed.group,
        by=_by(user, entry),
        about=next((named[thing] for thing in _things(entry) if thing in named), None),
        object_type=entry.object_type,
        object_id=entry.object_id,
        details=tuple(_details(entry.data)),
    )


def _by(user: User, entry: AuditEntry) -> str:
    if entry.actor is None:
        return "somebody who was not signed in" if entry.action in _GUESSED else "Plumbline"
    if entry.actor == user.pk:
        return "you"
    return "support" if entry.action in _BY_SUPPORT and entry.actor is not None else "somebody else"


def _details(data: Mapping[str, Any]) -> Iterable[str]:
    """What else an entry says, in words."""
    until, before = _day(data.get("until")), _day(data.get("before"))
    if until is not None:
        yield f"up to {day(until)}"
    if before is not None:
        yield f"was locked up to {day(before)}"
    if isinstance(fields := data.get("fields"), list) and fields:
        yield ", ".join(str(field).replace("_", " ") for field in fields)
    for name, words in _COUNTED:
        if isinstance(number := data.get(name), int) and number > 1:
            yield f"{number:,} {words}"


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None

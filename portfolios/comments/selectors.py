"""Threads of comments as pages and calls tell them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from portfolios.errors import CommentNotFound
from portfolios.models import Comment, Portfolio, Transaction
from portfolios.roles import Action, Role, may
from portfolios.selectors.access import role_of
from portfolios.sharing.selectors import called

MOST_SHOWN = 200  # comments on the page, the newest; the API has all


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment.  `own` and `removable`: what whoever asked may do with it."""

    id: int
    portfolio: int
    instrument: int | None
    entry: int | None
    author: str
    text: str
    written_at: datetime
    changed_at: datetime | None
    own: bool
    removable: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """Comments about one thing, oldest first.  `title` names it; `about` is what the form of a further one carries."""

    title: str
    instrument: int | None
    entry: int | None
    comments: tuple[CommentView, ...]


def comments_of(user: Any, portfolio: Portfolio, *, instrument: int | None = None, entry: int | None = None) -> Any:
    """The rows, newest first, of everything or of one thing."""
    rows = Comment.objects.visible_to(user).filter(portfolio=portfolio).select_related("author", "instrument").order_by("-id")
    if instrument is not None:
        rows = rows.filter(instrument=instrument)
    return rows if entry is None else rows.filter(entry=entry)


def views_of(user: Any, portfolio: Portfolio, rows: Any) -> list[CommentView]:
    """No query for the owner, one for everybody else."""
    role = role_of(user, portfolio)
    speaks, shares = may(role, Action.COMMENT), may(role, Action.SHARE)
    return [
        CommentView(
            one.pk, one.portfolio_id, one.instrument_id, one.entry, called(one.author), one.text, one.written_at, one.changed_at,
            speaks and one.author_id == user.pk, shares or (speaks and one.author_id == user.pk),
        )
        for one in rows
    ]  # fmt: skip


def threads_of(user: Any, portfolio: Portfolio, *, instrument: int | None = None, entry: int | None = None) -> list[Thread]:
    """Threads with what is newest in them first.  At most four queries."""
    rows = list(comments_of(user, portfolio, instrument=instrument, entry=entry)[:MOST_SHOWN])
    names = {one.instrument_id: one.instrument.name for one in rows if one.instrument_id is not None}
    entries = {one.entry for one in rows if one.entry is not None}
    titles = entry_titles(portfolio, entries) if entries else {}
    newest = {(one.instrument_id or 0, one.entry or 0): place for place, one in reversed(list(enumerate(rows)))}
    views = sorted(views_of(user, portfolio, rows), key=lambda one: (newest[one.instrument or 0, one.entry or 0], one.id))
    found = []
    for (about, number), group in groupby(views, key=lambda one: (one.instrument, one.entry)):
        title = names[about] if about is not None else titles.get(number, f"Entry {number}") if number is not None else "The portfolio"
        found.append(Thread(title, about, number, tuple(group)))
    return found


def entry_titles(portfolio: Portfolio, entries: set[int]) -> dict[int, str]:
    """What entries are called, by number: the version that was recorded last.  One query."""
    rows = Transaction.objects.filter(portfolio=portfolio, pk__in=entries) | Transaction.objects.filter(portfolio=portfolio, origin__in=entries)
    found = {}
    for one in rows.select_related("instrument").order_by("pk"):
        what = one.instrument.name if one.instrument is not None else one.currency
        found[one.entry] = f"{one.get_kind_display()}, {what}, {one.traded_on.isoformat()}"
    return found


def get_comment(user: Any, pk: int) -> Comment:
    """Raises CommentNotFound, also where it is in a portfolio of somebody else's."""
    found: Comment | None = Comment.objects.visible_to(user).select_related("portfolio__owner", "author").filter(pk=pk).first()
    if found is None:
        raise CommentNotFound("There is no such comment.").of("comment", pk)
    return found


def may_comment(user: Any, portfolio: Portfolio) -> bool:
    return may(role_of(user, portfolio) or Role.VIEWER, Action.COMMENT)

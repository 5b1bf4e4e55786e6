"""What was kept of some portfolios, as scopes ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from analytics.models import Snapshot
from analytics.snapshots.kept import digest, unpacked
from portfolios.ledger.book import Book


class Stored:
    """The snapshots of some portfolios.  One query, when something is first asked for, none for slices; permission was asked before."""

    def __init__(self, portfolios: Iterable[Any]) -> None:
        self._ids = [one.pk for one in portfolios if one.only is None and not one.is_restated]

    @cached_property
    def _rows(self) -> dict[int, tuple[str, bytes | None, str, bytes | None]]:
        rows = Snapshot.objects.filter(pk__in=self._ids).values_list("pk", "book_rests_on", "book", "series_rests_on", "series")
        return {pk: tuple(rest) for pk, *rest in rows}

    def books(self, keys: Mapping[int, str]) -> dict[int, Book]:
        """The replayed ledgers that are kept under these versions, by portfolio."""
        found = {pk: self._taken(pk, 0, key) for pk, key in keys.items()}
        return {pk: book for pk, book in found.items() if book is not None}

    def series(self, portfolio: int, key: object) -> Any:
        """The series kept under a key; None without."""
        return self._taken(portfolio, 2, key)

    def _taken(self, portfolio: int, place: int, key: object) -> Any:
        row = self._rows.get(portfolio)
        if row is None or row[place + 1] is None or row[place] != (wanted := digest(key)):
            return None
        return unpacked(row[place + 1], wanted)  # type: ignore[arg-type]

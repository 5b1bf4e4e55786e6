"""The two ways in which a program's commands reach the product: the public services, and the API and pages over HTTP."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.json import dumps
from portfolios import selectors, services
from portfolios.exports import csv_of
from portfolios.imports import services as imports
from portfolios.imports import tasks
from portfolios.ledger.events import LotChoice
from portfolios.models import Portfolio, Transaction
from portfolios.services import LegDraft, TransactionDraft
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.truth.entries import Entry
from tests.truth.world import World


class Refused(Exception):
    """The product said no.  `status` is that of HTTP."""

    def __init__(self, code: str, detail: str, status: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.status = code, status


def _live(number: int) -> Transaction:
    row: Transaction | None = Transaction.objects.live().of_entry(number).select_related("portfolio__owner", "instrument").first()
    if row is None:
        raise Refused("already_voided", "no version of it counts")
    return row


class Services:
    """Calls the verbs that pages and API call."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _try(self, verb: Any, *args: Any, **more: Any) -> Any:
        try:
            return verb(*args, **more)
        except DomainError as refused:
            raise Refused(refused.code, refused.detail) from refused

    def _portfolio(self, pk: int) -> Portfolio:
        return Portfolio.objects.select_related("owner").get(pk=pk)

    def open(self, **rules: Any) -> int:
        return int(services.create_portfolio(self.world.person, name="Program", **rules).pk)

    def record(self, portfolio: int, entry: Entry) -> int:
        return int(self._try(services.record_transaction, self.world.person, self._portfolio(portfolio), **entry.draft).entry)

    def record_many(self, portfolio: int, entries: list[Entry]) -> list[int]:
        drafts = [TransactionDraft(**entry.draft) for entry in entries]
        return [row.entry for row in self._try(services.record_many, self.world.person, self._portfolio(portfolio), drafts)]

    def transfer(self, source: int, target: int, instrument: Any, day: date, quantity: Decimal) -> tuple[int, int]:
        """The numbers of what leaves and of what arrives."""
        draft = TransferDraft(instrument=instrument, quantity=quantity, day=day)
        made = self._try(transfer_units, self.world.person, self._portfolio(source), self._portfolio(target), draft)
        return made.leaving.entry, made.arriving.entry

    def edit(self, number: int, changes: dict[str, Any]) -> None:
        self._try(services.edit_transaction, self.world.person, _live(number), **changes)

    def void(self, number: int) -> None:
        self._try(services.void_transaction, self.world.person, _live(number))

    def restore(self, number: int) -> None:
        row = Transaction.objects.of_entry(number).select_related("portfolio__owner", "instrument").order_by("-pk").first()
        self._try(services.restore_transaction, self.world.person, row)

    def turn(self, number: int) -> None:
        """A transfer goes the other way, by either of its entries."""
        self._try(services.turn_transfer, self.world.person, _live(number))

    def take_back(self, number: int) -> None:
        """The edit of an entry, as the last thing that happened to it."""
        self._try(services.take_back_edit, self.world.person, _live(number))

    def change_rules(self, portfolio: int, **rules: Any) -> None:
        self._try(services.update_portfolio, self.world.person, self._portfolio(portfolio), **rules)

    def rebuild(self, portfolio: int) -> None:
        services.rebuild_projection(self._portfolio(portfolio))

    def lots(self, portfolio: int) -> dict[int, list[tuple[Any, ...]]]:
        """Open lots by instrument, as pages show them: day, units, cost."""
        table = selectors.lots_of(self._portfolio(portfolio))
        return {pk: [(lot.opened_on, lot.quantity, lot.cost) for lot in lots] for pk, lots in table.lots.items() if lots}

    def export(self, portfolio: int) -> bytes:
        rows = Transaction.objects.live().filter(portfolio=portfolio).select_related("instrument").order_by("traded_on", "pk")
        return "".join(csv_of(sorted(rows, key=lambda row: (row.traded_on, row.entry)))).encode()

    def read_file(self, portfolio: int, content: bytes) -> dict[str, int]:
        """Upload a file and have it read.  The rows by verdict."""
        self.batch = self._try(imports.start_import, self.world.person, self._portfolio(portfolio), file_name="x.csv", content=content)
        tasks.read_batch(self.batch.pk)
        self.batch.refresh_from_db()
        found: dict[str, int] = {}
        for row in self.batch.rows.all():
            said = f"{row.verdict}: {row.reason}" if row.verdict == "error" else row.verdict
            found[said] = found.get(said, 0) + 1
        return found

    def record_file(self) -> list[int]:
        """Record what was read.  The numbers of the new entries, in the order of the rows."""
        self._try(imports.confirm_import, self.world.person, self.batch)
        tasks.commit_batch(self.batch.pk)
        return [row.entry for row in Transaction.objects.live().filter(batch=self.batch).order_by("pk")]


_LEG = ("instrument", "ratio_new", "ratio_old", "cost_share")
_NAMES = {"kind": "type", "traded_on": "date", "traded_at": "time"}


def _said(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, LegDraft):
        return {name: _said(part) for name in _LEG if (part := getattr(value, name)) is not None}
    if isinstance(value, LotChoice):
        name = {"opened_on": value.opened_on and value.opened_on.isoformat(), "nth": value.nth}
        return {"transaction": value.event_id, "quantity": plain(value.quantity), **name}
    if isinstance(value, tuple):
        return [_said(part) for part in value]
    return value.pk if hasattr(value, "pk") else value


class Http(Services):
    """The same over HTTP.  What has no endpoint is asked of the page; what has neither, of the service."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        from rest_framework.test import APIClient

        self.client = APIClient()
        self.client.force_login(world.person)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else dumps(body)
        answer = getattr(self.client, method)(f"/api/v1{path}", data, content_type="application/json")
        told = json.loads(answer.content) if answer.content else {}
        if answer.status_code >= 500:
            raise AssertionError(f"{method} {path} answered {answer.status_code}")
        if answer.status_code >= 400:
            raise Refused(str(told.get("code")), str(told), answer.status_code)
        return told

    def _body(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {_NAMES.get(name, name): _said(value) for name, value in fields.items()}

    def open(self, **rules: Any) -> int:
        return int(self._send("post", "/portfolios", {"name": "Program", "tracks_cash": True, **rules})["id"])

    def record(self, portfolio: int, entry: Entry) -> int:
        return int(self._send("post", f"/portfolios/{portfolio}/transactions", self._body(entry.draft))["id"])

    def record_many(self, portfolio: int, entries: list[Entry]) -> list[int]:
        rows = [self._body(entry.draft) for entry in entries]
        return [row["id"] for row in self._send("post", f"/portfolios/{portfolio}/transactions/batch", {"transactions": rows})["transactions"]]

    def transfer(self, source: int, target: int, instrument: Any, day: date, quantity: Decimal) -> tuple[int, int]:
        body = {"target": target, "instrument": instrument.pk, "date": day.isoformat(), "quantity": plain(quantity)}
        told = self._send("post", f"/portfolios/{source}/transfers", body)
        return told["leaving"], told["arriving"]

    def edit(self, number: int, changes: dict[str, Any]) -> None:
        self._send("patch", f"/transactions/{number}", self._body(changes))

    def void(self, number: int) -> None:
        self._send("delete", f"/transactions/{number}")

    def restore(self, number: int) -> None:
        counted = Transaction.objects.live().of_entry(number).exists()
        self.client.post(f"/transactions/{number}/restore/")
        if counted or not Transaction.objects.live().of_entry(number).exists():
            raise Refused("refused", "the page took it not back")

    def change_rules(self, portfolio: int, **rules: Any) -> None:
        self._send("patch", f"/portfolios/{portfolio}", rules)

    def lots(self, portfolio: int) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = {}
        for lot in self._send("get", f"/portfolios/{portfolio}/lots")["open"]:
            day = date.fromisoformat(lot["opened_on"])
            found.setdefault(lot["instrument"], []).append((day, Decimal(lot["quantity"]), Decimal(lot["cost"])))
        return found

    def export(self, portfolio: int) -> bytes:
        answer = self.client.get(f"/api/v1/portfolios/{portfolio}/export?format=csv")
        assert answer.status_code == 200, answer.content
        return b"".join(answer.streaming_content) if answer.streaming else answer.content

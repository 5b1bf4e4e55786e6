"""Ledgers when a merge of two instruments is taken back (docs/decisions/0006).

Every version of an entry names again what it named.  A ledger in which somebody recorded something of the one that stayed since is
not touched: which of the two was meant nobody knows, so that the merge stays and the sentence names the entry, by number alone.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.services import record_audit
from market.errors import CannotPart
from market.models import CorporateAction
from market.services.listing.journal import put_back
from market.services.listing.recorded import Parter
from portfolios.ledger.replay import replay
from portfolios.models import ActionProposal, Portfolio, Reconciliation, Transaction, TransactionLeg
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.selectors.portfolios import linked_meanwhile, locked_portfolios
from portfolios.services.afterwards import follow_and_check
from portfolios.services.comparing import Told, told_of
from portfolios.services.projections import write_all
from portfolios.signals import ledger_changed

_AT_ONCE = 1_000
_MEANWHILE = "Somebody recorded something in these portfolios at the same moment. Nothing was changed; undo the merge again."


class PartedLedgers(Parter):
    """The part of portfolios in taking a merge back."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.entries = self.keys(Transaction, "instrument")
        self.legs = self.keys(TransactionLeg, "instrument")
        self.of_entry: set[int] = set()  # numbers of the entries that named it
        self.of_leg: set[int] = set()
        self.named: dict[int, date] = {}  # the portfolios that named the one that went, by key: since when
        self.locked: dict[int, Portfolio] = {}
        self.before: dict[int, Told] = {}

    def lock(self) -> None:
        self._read_entries()
        wanted = list(Portfolio.objects.filter(pk__in=self.named).defer("name", "description").order_by("pk"))
        self.locked = locked_portfolios(wanted) if wanted else {}

    def prepare(self) -> None:
        if linked_meanwhile(self.locked):
            raise CannotPart(_MEANWHILE)
        self._refuse_what_came_since()
        for pk in self.named:
            self.before[pk] = told_of(self.locked[pk], self.stays, self.goes)

    def finish(self) -> None:
        changed = [row.pk for row in self._newer(instrument=self.stays) if row.entry in self.of_entry]
        Transaction.objects.filter(pk__in=changed).update(instrument=self.goes)
        legs = [row.pk for row in self._newer(legs__instrument=self.stays) if row.entry in self.of_leg]
        TransactionLeg.objects.filter(instrument=self.stays, transaction__in=legs).update(instrument=self.goes)
        self._restore_proposals()
        Transaction.objects.filter(pk__in=self.memory["splits"], voided_at=F("recorded_at")).update(voided_at=None)
        self._restore_statements()
        now = timezone.now()
        Portfolio.objects.filter(pk__in=self.named).update(revision=F("revision") + 1, updated_at=now)
        for done, pk in enumerate(self.named):
            self.progress(done, 2 * len(self.named))
            self.locked[pk].revision += 1
            self.locked[pk].updated_at = now
            self._tell_anew(self.locked[pk])
        for done, (pk, first) in enumerate(self.named.items()):
            self.progress(len(self.named) + done, 2 * len(self.named))
            follow_and_check(self.actor, self.locked[pk], CannotPart, "apart")
            self._publish(self.locked[pk], first)

    # ── which entries ───────────────────────────────────────────────────────

    def _read_entries(self) -> None:
        """Which portfolios and which entries, by their numbers.  Two queries for each thousand rows."""
        for name, moved, numbers in (("pk", self.entries, self.of_entry), ("legs", self.legs, self.of_leg)):
            for start in range(0, len(moved), _AT_ONCE):
                rows = Transaction.objects.filter(**{f"{name}__in": moved[start : start + _AT_ONCE]})
                for portfolio, day, pk, origin in rows.values_list("portfolio", "traded_on", "pk", "origin"):
                    numbers.add(origin or pk)
                    self.named[portfolio] = min(day, self.named.get(portfolio, day))

    def _newer(self, **naming: int) -> Any:
        """Rows written by the merge itself and since, that name an instrument."""
        return Transaction.objects.filter(portfolio__in=self.locked, pk__gt=self.memory["newest"], **naming).order_by("portfolio", "pk")

    def _refuse_what_came_since(self) -> None:
        """An entry that was only changed is known by its number: what it named is clear."""
        for known, naming in ((self.of_entry, "instrument"), (self.of_leg, "legs__instrument")):
            for row in self._newer(**{naming: self.stays}).filter(portfolio__in=self.named, voided_at=None):
                if row.entry not in known:
                    raise CannotPart(
                        f"In portfolio {row.portfolio_id}, entry {row.entry} was recorded after the merge, and nobody can tell which of the two it "
                        "means. Its owner has to take it out first, and can record it again afterwards; or leave the two as one."
                    )

    # ── what hangs on entries ───────────────────────────────────────────────

    def _restore_proposals(self) -> None:
        saved = {row["id"]: row for row in self.memory["proposals"]}
        there = set(ActionProposal.objects.filter(pk__in=saved).values_list("pk", flat=True))
        actions = set(CorporateAction.objects.filter(pk__in={row["action_id"] for row in saved.values()}).values_list("pk", flat=True))
        usable = {pk: row for pk, row in saved.items() if row["action_id"] in actions}
        entries = {pk: proposal for pk, proposal in self.memory["proposed"] if proposal in usable}
        Transaction.objects.filter(pk__in=entries).update(proposal=None)
        for pk in there & usable.keys():
            ActionProposal.objects.filter(pk=pk).update(action=usable[pk]["action_id"])
        put_back(ActionProposal, [row for pk, row in usable.items() if pk not in there])
        for pk, proposal in entries.items():
            Transaction.objects.filter(pk=pk).update(proposal=proposal)

    def _restore_statements(self) -> None:
        """Those that nobody changed since."""
        known = {pk: (before, after) for pk, before, after in self.memory["statements"]}
        for statement in Reconciliation.objects.filter(pk__in=known).only("pk", "positions"):
            before, after = known[statement.pk]
            if statement.positions == after:
                statement.positions = before
                statement.save(update_fields=["positions"])

    # ── told anew ───────────────────────────────────────────────────────────

    def _tell_anew(self, portfolio: Portfolio) -> None:
        after, before = told_of(portfolio, self.stays, self.goes), self.before[portfolio.pk]
        if after.refused or after.units != before.units:
            raise CannotPart(
                f"In portfolio {portfolio.pk} the two do not come to the same units apart as together: a change that was made since counts on both. "
                "Its owner has to take that back first; or leave the two as one."
            )
        if after != before:
            raise CannotPart(
                f"Portfolio {portfolio.pk} is locked up to {portfolio.locked_until}, and apart the two would have other gains in that time. "
                "Its owner has to unlock it first."
            )
        write_all(portfolio, replay(events_of(portfolio), rules_of(portfolio)))

    def _publish(self, portfolio: Portfolio, since: date) -> None:
        record_audit(
            self.actor,
            "portfolio.instruments_parted",
            subject=portfolio.owner_id,
            object_type="portfolio",
            object_id=portfolio.pk,
            revision=portfolio.revision,
            stays=self.stays,
            back=self.goes,
        )
        transaction.on_commit(partial(ledger_changed.send, Transaction, portfolio_id=portfolio.pk, since=since))

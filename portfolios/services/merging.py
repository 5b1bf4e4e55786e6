"""Ledgers when two instruments turn out to be one (docs/decisions/0006).

The entries themselves stay word for word: only the key of the instrument that they name is another one afterwards, in all their
versions.  Ledgers that name both are replayed before and after, and must come to the same units of everything, and to what they told
of a locked time; else the merge is refused.  Sentences go to an administrator: they name portfolios by number, and no amount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone

from accounts.services import record_audit
from market.errors import CannotMerge
from market.services.listing.recorded import Counted, Recorder, records
from portfolio_site.kernel.decimals import EXACT, plain
from portfolios.actions import ratios
from portfolios.actions.settling import join_proposals
from portfolios.choices import TransactionKind
from portfolios.ledger.replay import replay
from portfolios.models import ActionProposal, Holding, Portfolio, Reconciliation, Transaction, TransactionLeg
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.selectors.portfolios import linked_meanwhile, locked_portfolios
from portfolios.services.afterwards import follow_and_check
from portfolios.services.comparing import Told, told_of
from portfolios.services.parting import PartedLedgers
from portfolios.services.projections import write_all
from portfolios.signals import ledger_changed

ZERO = Decimal(0)
_MEANWHILE = "Somebody recorded something of these instruments at the same moment. Nothing was changed; merge them again."


@records
class Ledgers(Recorder):
    """The part of portfolios in a merge."""

    name, parter, rebuilt = "ledgers", PartedLedgers, (Holding,)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.locked: dict[int, Portfolio] = {}
        self.both: dict[int, Told] = {}  # of the portfolios that name both, by key
        self.named: dict[int, tuple[int, date]] = {}  # of those that name the one that goes: how many entries, since when
        self.dropped: dict[int, int] = defaultdict(int)  # splits that were there twice, by portfolio

    @staticmethod
    def counted(instruments: Collection[int]) -> Mapping[int, Counted]:
        """Entries that count, and the portfolios that they are in.  One query for each instrument."""
        found = {}
        for pk in instruments:
            live = Transaction.objects.live().filter(Q(instrument=pk) | Q(legs__instrument=pk))
            told = live.aggregate(entries=Count("pk", distinct=True), ledgers=Count("portfolio", distinct=True))
            found[pk] = Counted(told["entries"], told["ledgers"])
        return found

    def lock(self) -> None:
        """The portfolios that name the one that goes, with all that transfers link them to, in the order of their keys."""
        wanted = list(Portfolio.objects.filter(pk__in=_naming(self.goes)).defer("name", "description").order_by("pk"))
        self.locked = locked_portfolios(wanted) if wanted else {}

    def prepare(self, same: Mapping[int, int]) -> None:
        naming = _naming(self.goes)
        if not naming <= self.locked.keys() or linked_meanwhile(self.locked):
            raise CannotMerge(_MEANWHILE)
        self.named = _entries_since(self.goes)
        self.memory = {"newest": Transaction.objects.aggregate(newest=Max("pk"))["newest"] or 0, "splits": [], **_proposed(same)}
        _refuse_turning_into_itself(self.stays, self.goes)
        both = sorted(naming & _naming(self.stays))
        for done, pk in enumerate(both):
            self.progress(done, 2 * len(both))
            self.both[pk] = self._told(self.locked[pk])
        for pk in both:
            self._drop_second_splits(self.locked[pk])
        join_proposals(same)

    def finish(self) -> None:
        """Gone-only ledgers are as they were under another key; those that name both are told anew and compared."""
        now = timezone.now()
        Portfolio.objects.filter(pk__in=self.named).update(revision=F("revision") + 1, updated_at=now)
        for pk in self.named:
            self.locked[pk].revision += 1
            self.locked[pk].updated_at = now
        for done, (pk, before) in enumerate(self.both.items()):
            self.progress(len(self.both) + done, 2 * len(self.both))
            self._tell_anew(self.locked[pk], before)
        for pk in self.both:
            follow_and_check(self.actor, self.locked[pk], CannotMerge, "as one")
        for pk, (entries, since) in sorted(self.named.items()):
            self._publish(self.locked[pk], entries, since)
        self.memory["statements"] = _rename_in_statements(self.stays, self.goes)

    # ── ledgers that name both ──────────────────────────────────────────────

    def _told(self, portfolio: Portfolio) -> Told:
        found = told_of(portfolio, self.stays, self.goes)
        if found.refused:
            raise CannotMerge(f"The ledger of portfolio {portfolio.pk} refuses the two as one ({found.refused}). Its owner has to see to that first.")
        return found

    def _tell_anew(self, portfolio: Portfolio, before: Told) -> None:
        after = self._told(portfolio)
        if after.units != before.units:
            raise CannotMerge(
                f"In portfolio {portfolio.pk} the two would come to another number of units than apart: a split, a spin-off or the like stands there "
                "for one of the two and would be of both, or for each of the two and would count twice. Its owner has to put that right first."
            )
        if after != before:
            until = portfolio.locked_until
            raise CannotMerge(
                f"Portfolio {portfolio.pk} is locked up to {until}, and as one the two would have other gains in that time. "
                "Its owner has to unlock it first."
            )
        write_all(portfolio, replay(events_of(portfolio), rules_of(portfolio)))

    def _drop_second_splits(self, portfolio: Portfolio) -> None:
        """Of a split that stands there for each of the two, the one recorded later goes, as of when it was recorded: it never counted."""
        splits = Transaction.objects.live().filter(portfolio=portfolio, kind=TransactionKind.SPLIT)
        own = list(splits.filter(instrument=self.stays).order_by("traded_on", "pk"))
        for one in splits.filter(instrument=self.goes).order_by("traded_on", "pk"):
            twin = next((other for other in own if abs(other.traded_on - one.traded_on) <= ratios.NEAR and _as_much(one, other)), None)
            if twin is None:
                continue
            own.remove(twin)
            stays, goes = sorted((one, twin), key=lambda row: (row.recorded_at, row.pk))
            if portfolio.locked_until is not None and goes.traded_on <= portfolio.locked_until:
                raise CannotMerge(
                    f"Portfolio {portfolio.pk} is locked up to {portfolio.locked_until}, and has a split of each of the two in that time, of which one "
                    "has to go. Its owner has to unlock it first."
                )
            Transaction.objects.filter(pk=goes.pk).update(voided_at=goes.recorded_at)
            self.memory["splits"].append(goes.pk)
            if goes.proposal_id is not None and stays.proposal_id is None:
                Transaction.objects.filter(pk=stays.pk).update(proposal=goes.proposal_id)
            self.dropped[portfolio.pk] += 1

    def _publish(self, portfolio: Portfolio, entries: int, since: date) -> None:
        record_audit(
            self.actor,
            "portfolio.instruments_merged",
            subject=portfolio.owner_id,
            object_type="portfolio",
            object_id=portfolio.pk,
            revision=portfolio.revision,
            stays=self.stays,
            gone=self.goes,
            entries=entries,
            voided=self.dropped.get(portfolio.pk, 0),
        )
        transaction.on_commit(partial(ledger_changed.send, Transaction, portfolio_id=portfolio.pk, since=since))


def _naming(instrument: int) -> set[int]:
    """The portfolios whose entries name an instrument, in any version.  Two queries."""
    own = Transaction.objects.filter(instrument=instrument).order_by().values_list("portfolio", flat=True).distinct()
    legs = TransactionLeg.objects.filter(instrument=instrument).order_by().values_list("transaction__portfolio", flat=True).distinct()
    return {*own, *legs}


def _entries_since(instrument: int) -> dict[int, tuple[int, date]]:
    """How many versions of entries name an instrument, and since when, by portfolio.  One query."""
    rows = Transaction.objects.filter(Q(instrument=instrument) | Q(legs__instrument=instrument)).order_by()
    told = rows.values("portfolio").annotate(entries=Count("pk", distinct=True), since=Min("traded_on"))
    return {row["portfolio"]: (row["entries"], row["since"]) for row in told}


def _refuse_turning_into_itself(stays: int, goes: int) -> None:
    """One query for each way in which an entry that counts names both.  What was voided says no more than that somebody once thought so."""
    live = Transaction.objects.live()
    turning = live.filter(instrument=goes, legs__instrument=stays) | live.filter(instrument=stays, legs__instrument=goes)
    if (one := turning.order_by("portfolio", "pk").first()) is not None:
        raise CannotMerge(
            f"In portfolio {one.portfolio_id}, entry {one.entry} turns units of one of the two into the other: as one it would turn into itself. "
            "Its owner has to void that entry first; or leave the two apart, where it was a real change."
        )
    giving = live.filter(legs__instrument=goes).filter(legs__instrument=stays)
    if (one := giving.order_by("portfolio", "pk").first()) is not None:
        raise CannotMerge(
            f"In portfolio {one.portfolio_id}, entry {one.entry} gives units of both for one: as one it would give the same twice. "
            "Its owner has to change that entry first, so that it names one of the two."
        )


def _proposed(same: Mapping[int, int]) -> dict[str, Any]:
    """Proposals of actions that are about to become one, and the entries that are theirs, as they stand.  Two queries."""
    proposals = list(ActionProposal.objects.filter(action__in={*same, *same.values()}).values())
    entries = Transaction.objects.filter(proposal__in=[row["id"] for row in proposals]).values_list("pk", "proposal")
    return {"proposals": proposals, "proposed": list(entries)}


def _rename_in_statements(stays: int, goes: int) -> list[tuple[int, Any, Any]]:
    """In statements to compare with, whose holdings are sealed: units of both are added up.  One query, and one for each that names it.

    Answers the key of each that changed, with what it held before and after.
    """
    changed = []
    for statement in Reconciliation.objects.only("pk", "positions").iterator(chunk_size=500):
        if all(row["instrument"] != goes for row in statement.positions):
            continue
        units: dict[int, Decimal] = {}
        for row in statement.positions:
            pk = stays if row["instrument"] == goes else row["instrument"]
            units[pk] = EXACT.add(units.get(pk, ZERO), Decimal(row["quantity"]))
        before = statement.positions
        statement.positions = [{"instrument": pk, "quantity": plain(quantity)} for pk, quantity in units.items()]
        statement.save(update_fields=["positions"])
        changed.append((statement.pk, before, statement.positions))
    return changed


def _as_much(one: Transaction, other: Transaction) -> bool:
    if None in (one.ratio_new, one.ratio_old, other.ratio_new, other.ratio_old):
        return False
    return ratios.same(one.ratio_new, one.ratio_old, other.ratio_new, other.ratio_old)

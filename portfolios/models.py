"""What people own and did.  Names, notes, quantities, prices and fees are sealed; type, instrument and date stay readable."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from market.models import Benchmark, CorporateAction, Instrument
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.packed import PackedField
from portfolio_site.web.sealed import SealedBytesField, SealedDecimalField, SealedJSONField, SealedTextField
from portfolios.choices import CostMethod, DividendTreatment, ImportStatus, ProposalStatus, RateSource, TransactionKind, Verdict
from portfolios.comments.models import Comment
from portfolios.querysets import ImportBatchQuerySet, PortfolioQuerySet, ProposalQuerySet, ReconciliationQuerySet, TransactionQuerySet
from portfolios.roles import Action, Role, codename_of, may
from portfolios.sharing.models import Invitation, Membership, OwnershipOffer, PortfolioUserObjectPermission, PublicLink, PublicVisit
from portfolios.suggestions.models import Suggestion

__all__ = [
    "ActionProposal",
    "CashBalance",
    "Comment",
    "Holding",
    "ImportBatch",
    "ImportRow",
    "IntegrityReport",
    "Invitation",
    "Membership",
    "OwnershipOffer",
    "Portfolio",
    "PortfolioUserObjectPermission",
    "PublicLink",
    "PublicVisit",
    "Reconciliation",
    "Suggestion",
    "Transaction",
    "TransactionLeg",
]


class Portfolio(models.Model):
    """A ledger with its rules.  Its row is what writers lock; `revision` is raised by each write."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="portfolios")
    name = SealedTextField(longest=120)
    description = SealedTextField(longest=2000, default="", blank=True)
    base_currency = models.CharField(max_length=3)
    cost_method = models.CharField(max_length=12, choices=CostMethod, default=CostMethod.AVERAGE)
    dividend_treatment = models.CharField(max_length=12, choices=DividendTreatment, default=DividendTreatment.INCOME)
    tracks_cash = models.BooleanField(default=True)
    allows_short = models.BooleanField(default=False)
    locked_until = models.DateField(null=True, blank=True)  # entries of this day and before cannot be changed, added or removed
    applies_splits = models.BooleanField(default=False)  # proposals of splits are accepted by themselves
    applies_dividends = models.BooleanField(default=False)  # proposals of dividends are accepted by themselves
    # compared with an instrument, or with a blend of its owner's; not with both
    benchmark = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    blend = models.ForeignKey(Benchmark, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    is_sample = models.BooleanField(default=False)
    is_linked = models.BooleanField(default=False)  # it has, or had, a leg of a transfer: it is locked together with the others that do
    revision = models.PositiveBigIntegerField(default=0)
    writes = models.JSONField(default=list, blank=True)  # the last ones, each with the first day that it changed: portfolios/writes.py
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    is_restated = False  # no column: a copy that a report tells under the cost method it was asked for
    shared_role: str | None = None  # no column: the role of whoever asked, where it is not their own (querysets.py)
    only: frozenset[int] | None = None  # no column: of a copy that a report tells of these instruments alone

    objects: ClassVar[Any] = PortfolioQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="compared_with_one", condition=Q(benchmark=None) | Q(blend=None))]
        permissions = [(codename_of(action), f"May {action.words}") for action in Action]  # of objects: portfolios/sharing/memberships.py

    def __str__(self) -> str:
        return f"portfolio {self.pk}"

    @property
    def may(self) -> dict[str, bool]:
        """What whoever asked for it may do here, by action, for pages: `portfolio.may.share`.  The services ask the database again."""
        return {action.name.lower(): may(self.shared_role or Role.OWNER, action) for action in Action}


class ImportBatch(models.Model):
    """One uploaded statement, from the file to the entries made of it, and back."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="imports")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")  # None: erased since
    file_name = SealedTextField(longest=255)
    content = SealedBytesField(null=True)  # dropped once recorded
    format = models.CharField(max_length=40, blank=True)
    mapping = SealedJSONField(null=True)  # how to read a generic file, and the cells that the person corrected
    facts = SealedJSONField(null=True)  # what the file is, the open questions, what the import would change
    status = models.CharField(max_length=12, choices=ImportStatus, default=ImportStatus.UPLOADED)
    problem = models.CharField(max_length=500, blank=True)  # why it failed, for the person
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)  # of the present job; a file that kills its reader is given up
    touched_at = models.DateTimeField(null=True, blank=True)  # the lease of the job: it is at work while this is fresh
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "import batches"
        ordering = ["-id"]
        indexes = [models.Index(name="import_waiting", fields=["status", "created_at"])]  # the sweeper

    def __str__(self) -> str:
        return f"import {self.pk}"


class Transaction(models.Model):
    """One entry of a ledger.  Append-only: an edit voids it and records another that `replaces` it; a delete voids.

    All versions of an entry share its `entry` number, the key of the first: that is the number people and programs know it
    by, and its place among the entries of its day.

    `price` is in `currency`.  `amount`, `fees` and `taxes` are in the settlement currency (`settlement_currency`, or
    `currency` where that is blank).  `amount` is the cash that moved, without sign; where it is missing it is
    quantity × price ± fees and taxes.  `fx_rate` is units of the portfolio's base currency for one unit of the
    settlement currency, fixed when the entry is recorded.
    """

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="transactions", db_index=False)
    instrument = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    kind = models.CharField(max_length=20, choices=TransactionKind)
    traded_on = models.DateField()
    traded_at = models.DateTimeField(null=True, blank=True)  # where the time is known
    settles_on = models.DateField(null=True, blank=True)  # when units and money change hands; the ledger goes by the trade date
    currency = models.CharField(max_length=3)
    settlement_currency = models.CharField(max_length=3, blank=True)
    fx_source = models.CharField(max_length=10, choices=RateSource, default=RateSource.NONE, blank=True)
    costs_currency = models.CharField(max_length=3, blank=True)  # of fees and taxes, where it is another than the settlement currency
    ratio_new = ExactDecimalField(null=True, blank=True)
    ratio_old = ExactDecimalField(null=True, blank=True)
    acquired_on = models.DateField(null=True, blank=True)  # of units transferred in
    method = models.CharField(max_length=12, choices=CostMethod, blank=True)  # of this sale alone; blank: the portfolio's
    tag_keys = models.CharField(max_length=700, blank=True)  # keyed hashes of the tags, each between spaces: finding by tag
    link = models.UUIDField(null=True, blank=True)  # the two legs of a transfer share it
    proposal = models.ForeignKey("ActionProposal", null=True, blank=True, on_delete=models.SET_NULL, related_name="entries", db_index=False)

    # what is sealed, all of it as one value (web/packed.py); the order is how it is stored, so that new ones come last
    sealed = PackedField()
    quantity = sealed.decimal()
    price = sealed.decimal()
    amount = sealed.decimal()
    fees = sealed.decimal()
    taxes = sealed.decimal()
    fx_rate = sealed.decimal()
    notes = sealed.text(longest=4000)
    external_id = sealed.text(longest=200)  # the broker's own number
    accrued = sealed.decimal()  # interest paid or received on top of the price of a bond
    given_amount = sealed.decimal()  # of a currency exchange: what `amount` was received for
    reinvested_quantity = sealed.decimal()  # units that a dividend bought in one step
    costs_rate = sealed.decimal()  # units of the portfolio's base currency for one unit of `costs_currency`
    cost_share = sealed.decimal()  # of a merger or spin-off: the fraction of cost that its cash stands for
    reference = sealed.text(longest=500)  # where the document is: a page, a contract note's number
    tags = sealed.json()  # a list of words
    lots = sealed.json()  # lots named by a sale, or carried by a transfer in (services/lot_records.py)

    source = models.CharField(max_length=40, blank=True)  # "", or the format it was imported from
    source_key = models.CharField(max_length=64, blank=True)  # keyed hash of what makes the row itself (see importers)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="transactions", db_index=False)

    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    voided_at = models.DateTimeField(null=True, blank=True)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by")
    origin = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="versions", db_index=False)  # the first version

    objects: ClassVar[Any] = TransactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="import_row_once", fields=["portfolio", "source_key"], condition=~Q(source_key="") & Q(voided_at=None)),
            models.UniqueConstraint(name="proposal_applied_once", fields=["proposal"], condition=Q(proposal__isnull=False, voided_at=None)),
        ]
        indexes = [
            models.Index(name="ledger_by_day", fields=["portfolio", "traded_on"]),  # ledger replay, lists by day
            models.Index(name="ledger_of_instrument", fields=["instrument", "portfolio", "traded_on"]),  # one holding; who uses an instrument
            models.Index(name="entries_of_import", fields=["batch"], condition=Q(batch__isnull=False)),
            models.Index(name="versions_of_entry", fields=["origin"], condition=Q(origin__isnull=False)),
            models.Index(name="entries_of_proposal", fields=["proposal"], condition=Q(proposal__isnull=False)),
            models.Index(name="both_legs", fields=["link"], condition=Q(link__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entry}"

    @property
    def entry(self) -> int:
        """The number of the entry that this row is a version of."""
        return int(self.origin_id or self.pk)

    @property
    def settles_in(self) -> str:
        """The currency of `amount`, `fees` and `taxes`."""
        return self.settlement_currency or self.currency


class TransactionLeg(models.Model):
    """What one version of a spin-off, merger or symbol change gives for the units held: `ratio_new` for each `ratio_old`."""

    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="legs")
    place = models.PositiveSmallIntegerField()  # from 0, in the order entered
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    ratio_new = ExactDecimalField()
    ratio_old = ExactDecimalField()
    cost_share = SealedDecimalField()  # fraction of the cost that goes with the units, 0 to 1
    local_rate = SealedDecimalField(null=True, blank=True)  # the leg's currency for one unit of the source's; null: the same currency
    fraction = SealedDecimalField(null=True, blank=True)  # units of it that were paid in cash
    cash = SealedDecimalField(null=True, blank=True)  # for the fraction, in the settlement currency of the entry

    class Meta:
        ordering = ["transaction", "place"]
        constraints = [models.UniqueConstraint(name="leg_once", fields=["transaction", "place"])]

    def __str__(self) -> str:
        return f"leg {self.place} of {self.transaction_id}"


class ActionProposal(models.Model):
    """A corporate action that the market reported, for one portfolio that held the instrument; applied only by consent."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="proposals")
    action = models.ForeignKey(CorporateAction, on_delete=models.CASCADE, related_name="proposals")
    status = models.CharField(max_length=10, choices=ProposalStatus, default=ProposalStatus.OPEN)
    reason = models.CharField(max_length=200, blank=True)  # why it was not applied by itself, or was dismissed
    by_rule = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(name="proposal_once", fields=["portfolio", "action"])]
        indexes = [models.Index(name="proposal_inbox", fields=["portfolio", "status"])]  # the inbox and its count

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class Reconciliation(models.Model):
    """What a statement says was there at the end of a day, to be compared with the ledger.  The comparison is made when it is shown."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="reconciliations")
    day = models.DateField()
    positions = SealedJSONField()  # [{"instrument": id, "quantity": "12.5"}], as entered
    cash = SealedJSONField()  # [{"currency": "EUR", "amount": "10.00"}]
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-id"]

    def __str__(self) -> str:
        return f"reconciliation {self.pk}"


class Holding(models.Model):
    """What a portfolio holds, or held, of one instrument; a projection of the ledger.  Money is in the base currency."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="holdings")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="holdings")
    quantity = SealedDecimalField()
    cost = SealedDecimalField()  # of the units still held
    cost_local = SealedDecimalField()  # the same in the instrument's currency
    realised = SealedDecimalField()
    income = SealedDecimalField()
    expenses = SealedDecimalField()  # fees and taxes not in cost
    is_open = models.BooleanField()
    opened_on = models.DateField()
    changed_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(name="holding_once", fields=["portfolio", "instrument"])]

    def __str__(self) -> str:
        return f"holding {self.pk}"


class CashBalance(models.Model):
    """Cash of one currency; a projection of the ledger."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="cash")
    currency = models.CharField(max_length=3)
    amount = SealedDecimalField()
    cost = SealedDecimalField()  # what the balance cost in the base currency (pooled)

    class Meta:
        constraints = [models.UniqueConstraint(name="cash_once", fields=["portfolio", "currency"])]

    def __str__(self) -> str:
        return f"cash {self.pk}"


class ImportRow(models.Model):
    """One row of an uploaded statement, as read, with what the review says of it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # the line in the file, from 1
    part = models.PositiveSmallIntegerField(default=0)  # a row that books two entries has parts 0 and 1
    verdict = models.CharField(max_length=20, choices=Verdict)
    draft = SealedJSONField()  # the entry it would make, and the cells it was read from
    reason = SealedTextField(default="", blank=True)
    remarked = models.BooleanField(default=False)  # it can be recorded, but `reason` says what to look at
    instrument = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    instrument_key = models.CharField(max_length=64, blank=True)  # keyed hash of ISIN or symbol: resolve all rows of one at once
    source_key = models.CharField(max_length=64, blank=True)
    chosen = models.BooleanField(default=True)  # false: the person leaves it out

    class Meta:
        constraints = [models.UniqueConstraint(name="row_once", fields=["batch", "number", "part"])]
        indexes = [models.Index(name="row_verdict", fields=["batch", "verdict", "number"])]  # the review, problems first

    def __str__(self) -> str:
        return f"row {self.number} of import {self.batch_id}"


class IntegrityReport(models.Model):
    """What one check of all ledgers found.  Names portfolios and instruments by number, and no amount."""

    checked_at = models.DateTimeField()
    portfolios = models.PositiveIntegerField()  # how many were checked
    findings = models.JSONField(default=list)  # [{"portfolio": 1, "what": "the balance in EUR differs from the ledger"}]

    class Meta:
        ordering = ["-checked_at"]
        indexes = [models.Index(name="integrity_newest", fields=["-checked_at"])]

    def __str__(self) -> str:
        return f"check of {self.checked_at:%Y-%m-%d %H:%M}"

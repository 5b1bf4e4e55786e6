"""What the log of an account calls what is done with portfolios and their entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse

from portfolio_site.web.deeds import Named, describe, names, owned
from portfolios.models import ActionProposal, ImportBatch, Portfolio, Transaction

describe(
    "Portfolios",
    {
        "portfolio.created": "Portfolio made",
        "portfolio.changed": "Portfolio’s settings changed",
        "portfolio.deleted": "Portfolio deleted with everything in it",
        "portfolio.locked": "Portfolio locked",
        "portfolio.unlocked": "Portfolio unlocked",
        "portfolio.instruments_merged": "Two instruments of it made one by the administration",
        "portfolio.instruments_parted": "Two instruments of it that were made one are two again",
        "portfolio.reconciled": "Statement compared with the ledger",
        "reconciliation.discarded": "Comparison with a statement removed",
        "share.invited": "Somebody invited to a portfolio",
        "share.accepted": "Invitation to a portfolio accepted",
        "share.declined": "Invitation to a portfolio declined",
        "share.withdrawn": "Invitation to a portfolio withdrawn",
        "share.changed": "Role of somebody in a portfolio changed",
        "share.ended": "Somebody’s role in a portfolio ended",
        "link.made": "Public link to a portfolio made",
        "link.revoked": "Public link to a portfolio revoked",
    },
)
describe(
    "Transactions",
    {
        "transaction.recorded": "Transaction recorded",
        "transaction.edited": "Transaction changed",
        "transaction.voided": "Transaction voided",
        "transaction.restored": "Void undone",
        "transactions.recorded": "Transactions recorded",
        "transactions.voided": "Transactions voided",
        "transactions.followed": "Other sides of transfers brought in line",
        "proposal.open": "Corporate action put back into the inbox",
        "proposal.accepted": "Corporate action accepted",
        "proposal.dismissed": "Corporate action ignored",
        "import.uploaded": "File uploaded for import",
        "import.confirmed": "Import confirmed",
        "import.recorded": "Import recorded",
        "import.reverted": "Import undone",
        "import.discarded": "Import discarded",
    },
)


@names("portfolio")
def _portfolios(user: Any, numbers: Collection[int]) -> Mapping[int, Named]:
    return {one.pk: Named(one.name, reverse("portfolio-edit", args=[one.pk])) for one in Portfolio.objects.visible_to(user).filter(pk__in=numbers)}


@owned("portfolio")
def _owner(number: int) -> int | None:
    return Portfolio.objects.filter(pk=number).values_list("owner_id", flat=True).first()


@owned("transaction")
def _owner_of_transaction(number: int) -> int | None:
    return Transaction.objects.of_entry(number).values_list("portfolio__owner_id", flat=True).first()


@owned("import")
def _owner_of_import(number: int) -> int | None:
    return ImportBatch.objects.filter(pk=number).values_list("portfolio__owner_id", flat=True).first()


@owned("proposal")
def _owner_of_proposal(number: int) -> int | None:
    return ActionProposal.objects.filter(pk=number).values_list("portfolio__owner_id", flat=True).first()

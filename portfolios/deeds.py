"""What the log of an account calls what is done with portfolios and their entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse

from portfolio_site.web.deeds import Named, describe, names, owned, owned_in
from portfolios.models import (
    ActionProposal,
    Comment,
    ImportBatch,
    Invitation,
    OwnershipOffer,
    Portfolio,
    PublicLink,
    Reconciliation,
    Suggestion,
    Transaction,
)

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
        "ownership.offered": "Portfolio offered to somebody",
        "ownership.taken_back": "Offer of a portfolio taken back",
        "ownership.declined": "Offer of a portfolio declined",
        "ownership.given": "Portfolio given to another owner",
        "comment.written": "Comment on a portfolio written",
        "comment.changed": "Comment on a portfolio changed",
        "comment.removed": "Comment on a portfolio removed",
        "suggestion.made": "Something suggested for a portfolio",
        "suggestion.accepted": "Suggestion for a portfolio accepted",
        "suggestion.declined": "Suggestion for a portfolio declined",
        "suggestion.taken_back": "Suggestion for a portfolio taken back",
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


@owned("transaction")
def _owner_of_transaction(number: int) -> int | None:
    return Transaction.objects.of_entry(number).values_list("portfolio__owner_id", flat=True).first()


owned_in("portfolio", Portfolio)
owned_in("import", ImportBatch, "portfolio__owner_id")
owned_in("invitation", Invitation, "portfolio__owner_id")
owned_in("offer", OwnershipOffer, "to_id")
owned_in("proposal", ActionProposal, "portfolio__owner_id")
owned_in("public_link", PublicLink, "portfolio__owner_id")
owned_in("reconciliation", Reconciliation, "portfolio__owner_id")
owned_in("suggestion", Suggestion, "portfolio__owner_id")


@owned("comment")
def _owner_of_comment(number: int) -> int | None:
    return Comment.objects.filter(pk=number).values_list("portfolio__owner_id", flat=True).first()

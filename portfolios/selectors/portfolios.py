"""Which portfolios a person has.  Everything starts at `visible_to`; a stranger's question finds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Q, QuerySet

from market.models import Instrument
from market.selectors import BenchmarkView, benchmark_of_instrument, blend_views, described
from portfolios.errors import OtherOwner, PortfolioNotFound, TransactionNotFound
from portfolios.models import Holding, Portfolio, Transaction
from portfolios.roles import Action, Role
from portfolios.selectors.access import refuse_unless
from portfolios.selectors.shapes import InstrumentView
from portfolios.tags import tag_key


def portfolios_of(user: Any, *, archived: bool = False) -> QuerySet[Portfolio]:
    """A person's own portfolios, oldest first; archived ones only if asked for.  What others share with them stays apart."""
    found = Portfolio.objects.owned_by(user).select_related("benchmark__listing__twin", "owner")
    return found if archived else found.open()


def shared_portfolios(user: Any) -> QuerySet[Portfolio]:
    """What others share with a person, oldest first, each with the role that they have in it."""
    return Portfolio.objects.shared_with(user).with_role(user).select_related("benchmark__listing__twin", "owner").open()


def visible_portfolios(user: Any, *, archived: bool = False) -> QuerySet[Portfolio]:
    """A person's own portfolios and those shared with them, oldest first, each with its role."""
    found = Portfolio.objects.visible_to(user).with_role(user).select_related("benchmark__listing__twin", "owner")
    return found if archived else found.open()


def writable_portfolios(user: Any, action: Action = Action.WRITE) -> list[Portfolio]:
    """Where a person may record entries, or do something else: their own first, then those of others.  One query."""
    found = Portfolio.objects.where_may(user, action).with_role(user).select_related("benchmark__listing__twin", "owner").open()
    return sorted(found, key=lambda one: (one.owner_id != user.pk, one.pk))


def get_portfolio(user: Any, pk: int, *, to: Action = Action.VIEW) -> Portfolio:
    """One portfolio, the person's own or shared with them, with their role.  One query.

    to  what they are about to do with it: who may look at it but not do that is told so before anything else
    Raises NotFound, also for a stranger's; NotAllowedForRole.
    """
    seen = Portfolio.objects.visible_to(user).with_role(user).select_related("benchmark__listing__twin", "owner")
    found: Portfolio | None = seen.filter(pk=pk).first()
    if found is None:
        raise PortfolioNotFound("There is no such portfolio.").of("portfolio", pk)
    refuse_unless(Role(found.shared_role or Role.OWNER), to, found.pk)
    return found


def refuse_other_owners(portfolios: Iterable[Portfolio]) -> None:
    """Raises OtherOwner where these are not all of one person: figures rest on the rates and words of one owner."""
    if len({one.owner_id for one in portfolios}) > 1:
        raise OtherOwner(
            "These portfolios belong to different people, each with rates of their own. Look at one person's at a time, or at the household."
        )


def chosen_portfolios(user: Any, choice: str | int | None) -> list[Portfolio]:
    """The portfolios that `?p=` names: one, or all where it is missing or "all".  Raises NotFound."""
    if choice in (None, "", "all"):
        return list(portfolios_of(user))
    text = str(choice)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise PortfolioNotFound("There is no such portfolio.")
    return [get_portfolio(user, int(text))]


def compared_with(portfolios: Sequence[Portfolio]) -> BenchmarkView | None:
    """What the first of them that is compared with anything is compared with.  Two queries where one has a blend, else none.

    A blend that was deleted is nothing to compare with, until it is brought back.
    """
    return next((found for found in compared_with_each(portfolios).values() if found is not None), None)


def compared_with_each(portfolios: Sequence[Portfolio]) -> dict[int, BenchmarkView | None]:
    """What each of them is compared with, by portfolio.  Queries as `compared_with`, however many portfolios."""
    blends = blend_views([one.blend_id for one in portfolios if one.blend_id is not None])
    found: dict[int, BenchmarkView | None] = {}
    for one in portfolios:
        if one.blend_id in blends:
            found[one.pk] = blends[one.blend_id]
        else:
            found[one.pk] = None if one.benchmark is None else benchmark_of_instrument(one.benchmark)
    return found


def compared_with_blend(user: Any, blend: int) -> list[Portfolio]:
    """The person's portfolios that are compared with a blend, archived ones too.  One query."""
    return list(Portfolio.objects.owned_by(user).filter(blend=blend))


def locked_portfolios(wanted: Sequence[Portfolio]) -> dict[int, Portfolio]:
    """These portfolios of one person with their rows locked until the transaction ends, by key; one that is gone is missing.

    Where one of them has entries that are linked to another portfolio's, all of the person's that have such entries are locked
    with them; each knows them all as `locked_with`.  What is read after this call includes every write before.  Only inside
    `atomic`.  One query.
    """
    keys = [one.pk for one in wanted]
    others = Q(Exists(Portfolio.objects.filter(pk__in=keys, is_linked=True)), is_linked=True, owner__in={one.owner_id for one in wanted})
    found = Portfolio.objects.select_for_update(of=("self",)).select_related("owner").filter(Q(pk__in=keys) | others).order_by("pk")
    locked = {one.pk: one for one in found}
    for one in locked.values():
        one.locked_with = locked
    return locked


def linked_meanwhile(locked: Mapping[int, Portfolio]) -> bool:
    """Whether one that belongs to these was linked while their locks were waited for: it is not among them.

    A query sees the database as it was when it began to wait.  One query, where one of them is linked and rows are locked singly.
    """
    owners = {one.owner_id for one in locked.values() if one.is_linked}
    if not owners or not connection.features.has_select_for_update:
        return False
    return Portfolio.objects.filter(owner__in=owners, is_linked=True).exclude(pk__in=locked).exists()


def revisions_of(portfolio_ids: Iterable[int]) -> dict[int, int]:
    """How often each ledger was written to.  One query, none for no portfolios."""
    wanted = set(portfolio_ids)
    return dict(Portfolio.objects.filter(pk__in=wanted).values_list("pk", "revision")) if wanted else {}


def ledger_version(portfolio: Portfolio) -> str:
    """A key that is new after each write to the ledger or its rules, and never used for two states, not even after a rollback."""
    of = "" if portfolio.only is None else f".of{digest(sorted(portfolio.only))}"
    return f"{portfolio.pk}.{portfolio.revision}.{portfolio.updated_at.timestamp():.6f}.{portfolio.cost_method}{of}"


def digest(numbers: Iterable[int]) -> str:
    """A short name of some numbers, for a key."""
    return sha256(" ".join(map(str, numbers)).encode()).hexdigest()[:16]


def under_method(portfolios: Sequence[Portfolio], method: str) -> list[Portfolio]:
    """The portfolios as they would be told under another cost method; copies, nothing that is stored changes."""
    told = [copy(portfolio) for portfolio in portfolios]
    for portfolio in told:
        portfolio.cost_method, portfolio.is_restated = method, True
    return told


def under_slice(portfolios: Sequence[Portfolio], instruments: Iterable[int]) -> list[Portfolio]:
    """The portfolios as they would be told of these instruments alone, without cash; copies, nothing that is stored changes.

    See portfolios.ledger.slices.
    """
    only, told = frozenset(instruments), [copy(portfolio) for portfolio in portfolios]
    for portfolio in told:
        portfolio.only, portfolio.tracks_cash = only, False
    return told


def get_transaction(user: Any, number: int, *, with_voided: bool = False, to: Action = Action.VIEW) -> Transaction:
    """The version of an entry that counts.  Raises NotFound; NotAllowedForRole; a voided entry is found only if asked for."""
    versions = Transaction.objects.visible_to(user).with_role(user).of_entry(number).select_related("instrument", "portfolio__owner")
    found: Transaction | None = versions.live().first()
    if found is None and with_voided:
        found = versions.order_by("-id").first()
    if found is None:
        raise TransactionNotFound("There is no such transaction.").of("transaction", number)
    found.portfolio.shared_role = found.shared_role  # type: ignore[attr-defined]
    refuse_unless(Role(found.portfolio.shared_role or Role.OWNER), to, found.portfolio_id)
    return found


def holdings_counts(portfolios: Iterable[Portfolio]) -> dict[int, int]:
    """Open holdings by portfolio; one query."""
    ids = [portfolio.pk for portfolio in portfolios]
    rows = Portfolio.objects.filter(pk__in=ids).annotate(n=Count("holdings", filter=Q(holdings__is_open=True))).values_list("pk", "n")
    return dict(rows)


def held_instrument_ids(portfolios: Iterable[Portfolio]) -> list[int]:
    """Instruments with an open holding in any of the portfolios; one query."""
    ids = [portfolio.pk for portfolio in portfolios]
    found = Portfolio.objects.filter(pk__in=ids, holdings__is_open=True).values_list("holdings__instrument", flat=True).distinct()
    return sorted(found)


def instruments_ever(portfolios: Sequence[Portfolio]) -> tuple[InstrumentView, ...]:
    """Everything that stands in the ledgers of one person, held or not, as its holder tells it.  Two queries."""
    held = Holding.objects.filter(portfolio__in=[portfolio.pk for portfolio in portfolios]).order_by().values_list("instrument", flat=True).distinct()
    instruments, words = described(held, {portfolio.owner_id for portfolio in portfolios})
    owner = portfolios[0].owner_id if portfolios else 0
    return tuple(InstrumentView.of(one, words.get((owner, pk))) for pk, one in sorted(instruments.items()))


def tagged_instruments(portfolios: Sequence[Portfolio], tag: str) -> frozenset[int]:
    """The instruments of which an entry has the tag.  One query."""
    entries = Transaction.objects.live().filter(portfolio__in=[portfolio.pk for portfolio in portfolios], instrument__isnull=False)
    return frozenset(entries.filter(tag_keys__contains=f" {tag_key(tag)} ").order_by().values_list("instrument", flat=True).distinct())


def held_instrument(portfolio: Portfolio, asked: int | str) -> Instrument | None:
    """The instrument by id or symbol, if the portfolio holds it or held it; an open holding before a closed one.  One query."""
    found = Holding.objects.filter(portfolio=portfolio).select_related("instrument").order_by("-is_open", "pk")
    row = found.filter(instrument=asked).first() if isinstance(asked, int) else found.filter(instrument__symbol__iexact=asked).first()
    return None if row is None else row.instrument

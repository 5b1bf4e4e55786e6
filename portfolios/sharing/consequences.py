"""What changes hands with a portfolio, what stays behind and what ends: said before, and done by handover.py.

What an owner adds to the figures of a portfolio: instruments and prices of their own, exchange rates of their own, what they say of
instruments, a blend to compare with.  The ledger itself, with its imports, tags and statements, is the portfolio's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from market.models import BlendPart, Instrument
from market.selectors import in_blends, own_among, rates_among, words_about
from portfolios.models import Holding, Invitation, OwnershipOffer, Portfolio, PublicLink, Transaction, TransactionLeg
from portfolios.roles import Role, grants


@dataclass(frozen=True, slots=True)
class Consequences:
    """Of giving a portfolio away.

    hindered    why it cannot be, each with what to do; empty where nothing is in the way
    instruments symbols of the owner's own instruments, which go along with their prices
    transfers   how many transfers to the owner's other portfolios end to follow one another
    rates       how many exchange rates of the owner's own tell its figures
    words       how many instruments the owner describes in words of their own
    blend       what becomes of the comparison with a blend: "copied", "ends" or "" where there is none
    links       how many public links end
    invitations how many open invitations end
    """

    hindered: tuple[str, ...]
    instruments: tuple[str, ...]
    transfers: int
    rates: int
    words: int
    blend: str
    links: int
    invitations: int


HINDERED = "Its owner has to settle something first. Ask them to open “Give away”, which says what."  # to whom it is offered


@dataclass(frozen=True, slots=True)
class Used:
    """What the ledger of a portfolio names."""

    instruments: frozenset[int]
    currencies: frozenset[str]


def used_by(portfolio: Portfolio) -> Used:
    """Every instrument and currency that stands in any version of an entry.  Four queries."""
    rows = Transaction.objects.filter(portfolio=portfolio).order_by()
    named = set(rows.filter(instrument__isnull=False).values_list("instrument", flat=True).distinct())
    named |= set(TransactionLeg.objects.filter(transaction__portfolio=portfolio).order_by().values_list("instrument", flat=True).distinct())
    named = {pk for pk in (*named, portfolio.benchmark_id) if pk is not None}
    codes = {portfolio.base_currency}
    for found in rows.values_list("currency", "settlement_currency", "costs_currency").distinct():
        codes |= set(found)
    codes |= set(Instrument.objects.filter(pk__in=named).order_by().values_list("currency", flat=True).distinct())
    return Used(frozenset(named), frozenset(codes - {""}))


def consequences_of(portfolio: Portfolio, *, stays: bool) -> Consequences:
    """For its owner, before it is offered and again when it is accepted.  Some fifteen queries, however large it is."""
    owner, used = portfolio.owner, used_by(portfolio)
    own = own_among(owner, used.instruments)
    return Consequences(
        hindered=_hindered(portfolio, own),
        instruments=tuple(one.symbol for one in own),
        transfers=len(linked_elsewhere(portfolio)),
        rates=rates_among(owner, used.currencies).count(),
        words=words_about(owner, used.instruments - {one.pk for one in own}).count(),
        blend=_blend(portfolio),
        links=ending_links(portfolio, stays=stays).count(),
        invitations=ending_invitations(portfolio, stays=stays).count(),
    )


def told_to_taker(offer: OwnershipOffer) -> Consequences:
    """The same for whoever it is offered to: what is in the way names other portfolios of the owner, and is the owner's to read."""
    means = consequences_of(offer.portfolio, stays=offer.stays)
    return replace(means, hindered=(HINDERED,) if means.hindered else ())


def _hindered(portfolio: Portfolio, own: list[Instrument]) -> tuple[str, ...]:
    found = []
    if portfolio.is_sample:
        found.append("This is the sample. Make a portfolio of your own to give away.")
    keys, symbols = [one.pk for one in own], {one.pk: one.symbol for one in own}
    others = Portfolio.objects.owned_by(portfolio.owner).exclude(pk=portfolio.pk)
    for instrument, other in sorted(_also_in(others, keys)):
        found.append(
            f"{symbols[instrument]} is an instrument of your own that also stands in “{other}”. Such an instrument has one owner: record it there "
            "under another one of your own first."
        )
    for instrument in sorted(in_blends(portfolio.owner, keys)):
        found.append(f"{symbols[instrument]} is an instrument of your own and part of a blend of yours. Take it out of the blend first.")
    return tuple(found)


def _also_in(others: Any, instruments: list[int]) -> set[tuple[int, str]]:
    """Which of these stand in which of the others, by key and name; replaced entries count, since they can be brought back."""
    if not instruments:
        return set()
    names = {one.pk: one.name for one in others}
    rows = Transaction.objects.filter(portfolio__in=names, instrument__in=instruments).order_by().values_list("instrument", "portfolio").distinct()
    legs = TransactionLeg.objects.filter(transaction__portfolio__in=names, instrument__in=instruments).order_by()
    held = Holding.objects.filter(portfolio__in=names, instrument__in=instruments).values_list("instrument", "portfolio")
    compared = Portfolio.objects.filter(pk__in=names, benchmark__in=instruments).order_by().values_list("benchmark", "pk")
    found = {*rows, *legs.values_list("instrument", "transaction__portfolio").distinct(), *held, *compared}
    return {(instrument, names[pk]) for instrument, pk in found}


def linked_elsewhere(portfolio: Portfolio) -> list[Any]:
    """The links of its transfers, in any version.  One query."""
    rows = Transaction.objects.filter(portfolio=portfolio, link__isnull=False).order_by()
    return list(rows.values_list("link", flat=True).distinct())


def _blend(portfolio: Portfolio) -> str:
    if portfolio.blend_id is None:
        return ""
    private = BlendPart.objects.filter(blend=portfolio.blend_id, instrument__owner__isnull=False)
    return "ends" if private.exists() else "copied"


def ending_links(portfolio: Portfolio, *, stays: bool) -> Any:
    """Public links that the owner made and would not be allowed to as what they are afterwards."""
    mine = PublicLink.objects.filter(portfolio=portfolio, made_by=portfolio.owner)
    return mine.filter(with_amounts=True) if stays else mine


def ending_invitations(portfolio: Portfolio, *, stays: bool) -> Any:
    """Open invitations of the owner to roles that they could not give afterwards."""
    kept = [role.value for role in grants(Role.MANAGER)] if stays else []
    return Invitation.objects.filter(portfolio=portfolio, invited_by=portfolio.owner).exclude(role__in=kept)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What taking a portfolio over means for whoever is offered it.

    rates, words  how many of the giver's can be copied so that its figures stay as they are
    own_rates     how many rates of the taker's own would tell its figures from then on
    own_words     and how many instruments in it the taker describes
    """

    rates: int
    words: int
    own_rates: int
    own_words: int


def arrival_of(offer: OwnershipOffer) -> Arrival:
    """Some nine queries."""
    used = used_by(offer.portfolio)
    giver, taker = offer.portfolio.owner, offer.to
    own = {one.pk for one in own_among(giver, used.instruments)}
    return Arrival(
        rates=rates_among(giver, used.currencies).count(),
        words=words_about(giver, used.instruments - own).count(),
        own_rates=rates_among(taker, used.currencies).count(),
        own_words=words_about(taker, used.instruments).count(),
    )

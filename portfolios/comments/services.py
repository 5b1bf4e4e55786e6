"""Saying something about a portfolio, changing it, taking it away.  Who takes part in a thread is told of what is new in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.selectors import times_done
from accounts.services import one_at_a_time
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.errors import CommentNotFound, TooManyComments
from portfolios.models import Comment, Holding, Membership, Portfolio, Transaction
from portfolios.roles import Action
from portfolios.selectors.access import allowed, require
from portfolios.sharing.selectors import called
from portfolios.sharing.services import audit
from portfolios.sharing.speaking import held_to, tidied
from portfolios.sharing.telling import tell_people

MOST_AN_HOUR = 60  # of one person


@transaction.atomic
def write_comment(actor: Any, portfolio: Portfolio, *, text: str, instrument: int | None = None, entry: int | None = None) -> Comment:
    """Say something about the portfolio, or about an instrument or an entry in it.

    Raises NotAllowedForRole; Invalid by field; TooManyComments.
    """
    require(actor, portfolio, Action.COMMENT)
    said = tidied(text)
    portfolio = held_to(actor, portfolio, Action.COMMENT)
    _refuse_elsewhere(portfolio, instrument, entry)
    one_at_a_time(actor)
    now = timezone.now()
    if times_done(actor, "comment.written", since=now - timedelta(hours=1)) >= MOST_AN_HOUR:
        raise TooManyComments(f"You have written {MOST_AN_HOUR} comments within an hour. Go on a little later.")
    made: Comment = Comment.objects.create(portfolio=portfolio, instrument_id=instrument, entry=entry, author=actor, text=said, written_at=now)
    audit(actor, portfolio, "comment.written", comment=made.pk)
    _tell(actor, made)
    return made


@transaction.atomic
def change_comment(actor: Any, comment: Comment, *, text: str) -> Comment:
    """Put one's own comment in other words.  Raises NotAllowedForRole, CommentNotFound for that of somebody else; Invalid."""
    held_to(actor, comment.portfolio, Action.COMMENT)
    if comment.author_id != actor.pk:
        raise CommentNotFound("Only who wrote a comment changes it.")
    comment.text, comment.changed_at = tidied(text), timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    audit(actor, comment.portfolio, "comment.changed", comment=comment.pk)
    return comment


@transaction.atomic
def remove_comment(actor: Any, comment: Comment) -> None:
    """Take away one's own comment; or, who shares the portfolio, anybody's.  Raises NotAllowedForRole, CommentNotFound."""
    portfolio = held_to(actor, comment.portfolio, Action.COMMENT)
    if comment.author_id != actor.pk and not allowed(actor, portfolio, Action.SHARE):
        raise CommentNotFound("Only who wrote a comment, and who shares the portfolio, takes it away.")
    number = comment.pk
    comment.delete()
    audit(actor, comment.portfolio, "comment.removed", comment=number)


def _refuse_elsewhere(portfolio: Portfolio, instrument: int | None, entry: int | None) -> None:
    """What is not in this portfolio is told the same whether it is anywhere else or not."""
    if instrument is not None and entry is not None:
        said = "A comment is about an instrument or about an entry, not both."
        raise Invalid(said, errors=[FieldError("entry", "both", said)])
    if instrument is not None and not Holding.objects.filter(portfolio=portfolio, instrument=instrument).exists():
        said = "This portfolio holds and held no such instrument."
        raise Invalid(said, errors=[FieldError("instrument", "not_found", said)])
    if entry is not None and not Transaction.objects.of_entry(entry).filter(portfolio=portfolio).exists():
        said = "There is no such entry in this portfolio."
        raise Invalid(said, errors=[FieldError("entry", "not_found", said)])


def _tell(actor: Any, made: Comment) -> None:
    """The owner, and everybody who said something in the thread and still sees the portfolio.  The words themselves stay where they are."""
    portfolio = made.portfolio
    thread = Comment.objects.filter(portfolio=portfolio, instrument=made.instrument_id, entry=made.entry)
    members = Membership.objects.filter(portfolio=portfolio, user__in=thread.order_by().values("author")).values_list("user", flat=True)
    people = {portfolio.owner_id, *members} - {actor.pk}
    path = reverse("portfolio-comments", args=[portfolio.pk])
    tell_people(people, key=f"comment:{made.pk}", sentence=f"{called(actor)} commented in “{portfolio.name}”.", path=f"{path}#comment-{made.pk}")

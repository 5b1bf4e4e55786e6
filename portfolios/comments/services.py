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
from portfolio_site.kernel.words import unwritable
from portfolios.comments.models import LONGEST
from portfolios.errors import CommentNotFound, PortfolioNotFound, TooManyComments
from portfolios.models import Comment, Holding, Membership, Portfolio, Transaction
from portfolios.roles import Action
from portfolios.selectors.access import allowed, require
from portfolios.sharing.selectors import called
from portfolios.sharing.services import audit
from portfolios.sharing.telling import tell_people

MOST_AN_HOUR = 60  # of one person


@transaction.atomic
def write_comment(actor: Any, portfolio: Portfolio, *, text: str, instrument: int | None = None, entry: int | None = None) -> Comment:
    """Say something about the portfolio, or about an instrument or an entry in it.

    Raises NotAllowedForRole; Invalid by field; TooManyComments.
    """
    require(actor, portfolio, Action.COMMENT)
    said = _tidied(text)
    portfolio = _held(actor, portfolio)
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
    _held(actor, comment.portfolio)
    if comment.author_id != actor.pk:
        raise CommentNotFound("Only who wrote a comment changes it.")
    comment.text, comment.changed_at = _tidied(text), timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    audit(actor, comment.portfolio, "comment.changed", comment=comment.pk)
    return comment


@transaction.atomic
def remove_comment(actor: Any, comment: Comment) -> None:
    """Take away one's own comment; or, who shares the portfolio, anybody's.  Raises NotAllowedForRole, CommentNotFound."""
    portfolio = _held(actor, comment.portfolio)
    if comment.author_id != actor.pk and not allowed(actor, portfolio, Action.SHARE):
        raise CommentNotFound("Only who wrote a comment, and who shares the portfolio, takes it away.")
    number = comment.pk
    comment.delete()
    audit(actor, comment.portfolio, "comment.removed", comment=number)


def _held(actor: Any, portfolio: Portfolio) -> Portfolio:
    """The portfolio as it is now.  It stays so until the transaction ends, and so does the role of whoever speaks: nothing is said on
    one that ended meanwhile.  Raises PortfolioNotFound, NotAllowedForRole."""
    rows = Portfolio.objects.select_for_update(of=("self",), no_key=True).select_related("owner")
    locked: Portfolio | None = rows.filter(pk=portfolio.pk).first()
    if locked is None:
        raise PortfolioNotFound("There is no such portfolio.")
    Membership.objects.select_for_update(of=("self",), no_key=True).filter(portfolio=locked, user=actor).first()
    require(actor, locked, Action.COMMENT)
    return locked


def _tidied(text: str) -> str:
    """The text with line ends as they are kept.  Raises Invalid."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
    said = "\n".join(lines)
    wrong = "" if said else "Write something."
    if len(said) > LONGEST:
        wrong = f"Write at most {LONGEST} characters; these are {len(said)}."
    wrong = wrong or next((fault for line in lines if (fault := unwritable(line.replace("\t", " ")))), "")
    if wrong:
        raise Invalid(wrong, errors=[FieldError("text", "invalid", wrong)])
    return said


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

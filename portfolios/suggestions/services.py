"""Suggesting an entry, a change or a void; accepting it, which records it as any other; declining it, taking it back.

What is suggested is judged as an entry is: what the ledger would refuse is not kept.  It is judged again when it is accepted.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.selectors import times_done
from accounts.services import one_at_a_time
from portfolio_site.kernel.errors import Invalid
from portfolios.errors import AlreadyDecided, SuggestionNotFound, SuggestionOutdated, TooManySuggestions
from portfolios.models import Membership, Portfolio, Suggestion, Transaction
from portfolios.roles import Action, roles_that_may
from portfolios.services import edit_transaction, preview_edit, preview_transaction, record_transaction, void_transaction
from portfolios.services.drafts import TransactionDraft
from portfolios.services.edits import draft_of
from portfolios.services.impact import impact_of_void
from portfolios.services.locking import only_writer
from portfolios.sharing.selectors import called
from portfolios.sharing.services import audit
from portfolios.sharing.speaking import held_to, tidied
from portfolios.sharing.telling import tell_people
from portfolios.suggestions.keeping import as_kept, as_meant
from portfolios.suggestions.models import Deed, State

MOST_AN_HOUR = 60  # of one person
MOST_OPEN = 200  # in one portfolio


# ── suggesting ──────────────────────────────────────────────────────────────


@transaction.atomic
def suggest_entry(actor: Any, portfolio: Portfolio, *, note: str = "", **fields: Any) -> Suggestion:
    """Suggest a new entry: `fields` are those of TransactionDraft.

    Raises NotAllowedForRole; Invalid by field, also for what the ledger refuses; TooManySuggestions.
    """
    portfolio = held_to(actor, portfolio, Action.SUGGEST)
    said = tidied(note, field="note", needed=False)
    _refuse(preview_transaction(actor, portfolio, TransactionDraft(**{**fields, "currency": fields.get("currency") or ""})))
    named = {name: value for name, value in as_kept(fields).items() if value not in (None, "", [])}
    return _kept(actor, portfolio, deed=Deed.ENTRY, fields=named, note=said)


@transaction.atomic
def suggest_change(actor: Any, entry: Transaction, *, note: str = "", **changes: Any) -> Suggestion:
    """Suggest another version of an entry: what is not named stays.  Raises as suggest_entry."""
    portfolio = held_to(actor, entry.portfolio, Action.SUGGEST)
    said = tidied(note, field="note", needed=False)
    old = draft_of(entry)
    changed = {name: value for name, value in changes.items() if value != getattr(old, name)}
    if not changed:
        raise Invalid("Nothing of the entry is changed. Change a field, or suggest voiding it.", errors=[])
    _refuse(preview_edit(actor, entry, **changed))
    return _kept(actor, portfolio, deed=Deed.CHANGE, entry=entry.entry, version=entry.pk, fields=as_kept(changed), note=said)


@transaction.atomic
def suggest_void(actor: Any, entry: Transaction, *, note: str = "") -> Suggestion:
    """Suggest that an entry counts no more.  Raises as suggest_entry."""
    portfolio = held_to(actor, entry.portfolio, Action.SUGGEST)
    said = tidied(note, field="note", needed=False)
    _refuse(impact_of_void(actor, entry))
    return _kept(actor, portfolio, deed=Deed.VOID, entry=entry.entry, version=entry.pk, note=said)


def _refuse(preview: Any) -> None:
    """Raises Invalid with what would keep it from being recorded."""
    if preview.problem:
        raise Invalid(preview.problem, errors=getattr(preview, "errors", ()))


def _kept(actor: Any, portfolio: Portfolio, **fields: Any) -> Suggestion:
    one_at_a_time(actor)
    now = timezone.now()
    if times_done(actor, "suggestion.made", since=now - timedelta(hours=1)) >= MOST_AN_HOUR:
        raise TooManySuggestions(f"You have made {MOST_AN_HOUR} suggestions within an hour. Go on a little later.")
    if Suggestion.objects.filter(portfolio=portfolio, state=State.OPEN).count() >= MOST_OPEN:
        raise TooManySuggestions(f"{MOST_OPEN} suggestions wait in this portfolio. Wait until some are decided.")
    made: Suggestion = Suggestion.objects.create(portfolio=portfolio, author=actor, suggested_at=now, **fields)
    audit(actor, portfolio, "suggestion.made", suggestion=made.pk)
    writers = Membership.objects.filter(portfolio=portfolio, role__in=[role.value for role in roles_that_may(Action.WRITE)])
    people = {portfolio.owner_id, *writers.values_list("user", flat=True)} - {actor.pk}
    tell_people(people, key=f"suggestion:{made.pk}", sentence=f"{called(actor)} suggested something for “{portfolio.name}”.", path=_page(made))
    return made


# ── deciding ────────────────────────────────────────────────────────────────


@transaction.atomic
def accept_suggestion(actor: Any, suggestion: Suggestion) -> Suggestion:
    """Record what was suggested, as `actor`, by the ordinary services.

    Raises NotAllowedForRole, AlreadyDecided, SuggestionOutdated; and what recording raises.
    """
    with only_writer(suggestion.portfolio, by=actor) as portfolio:
        row = _open(suggestion)
        if row.deed == Deed.ENTRY:
            fields: dict[str, Any] = {"traded_on": None, **as_meant(actor, portfolio, row.fields)}
            number = record_transaction(actor, portfolio, **fields).entry
        else:
            entry = current_entry(portfolio, row)
            number = entry.entry
            if row.deed == Deed.CHANGE:
                edit_transaction(actor, entry, **as_meant(actor, portfolio, row.fields))
            else:
                void_transaction(actor, entry)
        return _decided(actor, row, State.ACCEPTED, recorded=number)


@transaction.atomic
def decline_suggestion(actor: Any, suggestion: Suggestion, *, reason: str) -> Suggestion:
    """Leave the ledger as it is, and say why.  Raises NotAllowedForRole, AlreadyDecided; Invalid."""
    held_to(actor, suggestion.portfolio, Action.WRITE)
    return _decided(actor, _open(suggestion), State.DECLINED, reason=tidied(reason, field="reason"))


@transaction.atomic
def take_back_suggestion(actor: Any, suggestion: Suggestion) -> Suggestion:
    """Nobody needs to decide about it any more.  Raises SuggestionNotFound for somebody else's, NotAllowedForRole, AlreadyDecided."""
    held_to(actor, suggestion.portfolio, Action.SUGGEST)
    if suggestion.author_id != actor.pk:
        raise SuggestionNotFound("Only who made a suggestion takes it back.")
    return _decided(actor, _open(suggestion), State.TAKEN_BACK)


def _open(suggestion: Suggestion) -> Suggestion:
    """The row as it is now, under the lock of its portfolio.  Raises AlreadyDecided."""
    row: Suggestion | None = Suggestion.objects.select_related("author", "portfolio__owner").filter(pk=suggestion.pk).first()
    if row is None:
        raise SuggestionNotFound("There is no such suggestion any more.")
    if row.state != State.OPEN:
        raise AlreadyDecided(f"This suggestion was {State(row.state).label.lower()} already.")
    return row


def current_entry(portfolio: Portfolio, row: Suggestion) -> Transaction:
    """The entry that it is about, if it is still as it was.  Raises SuggestionOutdated."""
    entries = Transaction.objects.live().filter(portfolio=portfolio).select_related("instrument", "portfolio__owner")
    entry: Transaction | None = None if row.entry is None else entries.of_entry(row.entry).first()
    if entry is None or entry.pk != row.version:
        raise SuggestionOutdated("The entry was changed or voided since this was suggested. Decline it, and say what still has to be done.")
    return entry


def _decided(actor: Any, row: Suggestion, state: State, **more: Any) -> Suggestion:
    row.state, row.decided_by, row.decided_at = state, actor, timezone.now()
    for name, value in more.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "decided_by", "decided_at", *more])
    portfolio = row.portfolio
    audit(actor, portfolio, f"suggestion.{state.value}", suggestion=row.pk, **{"transaction": row.recorded} if row.recorded else {})
    people = {row.author_id, portfolio.owner_id} - {actor.pk}
    if state != State.TAKEN_BACK:
        sees = {pk for pk in people if pk == portfolio.owner_id or Membership.objects.filter(portfolio=portfolio, user=pk).exists()}
        sentence = f"{called(actor)} {state.label.lower()} a suggestion for “{portfolio.name}”."
        tell_people(sees, key=f"suggestion:{row.pk}:{state.value}", sentence=sentence, path=_page(row))
    return row


def _page(row: Suggestion) -> str:
    return reverse("suggestion", args=[row.pk])

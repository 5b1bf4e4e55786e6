"""What a person does with their watchlists.  Each deed leaves an audit line, but for the order of a list.

Limits are kept under a lock: on the person's row where a list comes or is renamed, on the list's row where instruments come or move.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from market.errors import InvalidWatchlist, NotWatched, TooManyWatchlists, UnknownInstrument, UnknownWatchlist, WatchlistFull, WatchlistTaken
from market.models import Instrument, Watchlist, WatchlistItem
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.words import unwritable
from portfolio_site.web.deeds import tell

MOST_WATCHLISTS, MOST_WATCHED = 50, 200
LONGEST_NAME = 60


@transaction.atomic
def create_watchlist(actor: Any, *, name: str, instruments: Sequence[Instrument] = ()) -> Watchlist:
    """A new list, with these instruments in their order.  Raises InvalidWatchlist, WatchlistTaken, TooManyWatchlists, WatchlistFull,
    UnknownInstrument for what is somebody else's."""
    name = _tidied(name)
    taken = _locked_names(actor)
    if len(taken) >= MOST_WATCHLISTS:
        raise TooManyWatchlists(f"You have {MOST_WATCHLISTS} watchlists. Delete one before you add another.", most=MOST_WATCHLISTS)
    _refuse_taken(name, taken)
    wanted = list(dict.fromkeys(instruments))
    for one in wanted:
        _check_seen(actor, one)
    if len(wanted) > MOST_WATCHED:
        raise _full(name)
    made = Watchlist.objects.create(owner=actor, name=name)
    WatchlistItem.objects.bulk_create(WatchlistItem(watchlist=made, instrument=one, position=n) for n, one in enumerate(wanted, start=1))
    tell(actor, "watchlist.created", object_type="watchlist", object_id=made.pk, count=len(wanted))
    return made


@transaction.atomic
def rename_watchlist(actor: Any, watchlist: Watchlist, *, name: str) -> Watchlist:
    """Raises InvalidWatchlist, WatchlistTaken, UnknownWatchlist."""
    name = _tidied(name)
    taken = _locked_names(actor)
    current = _locked(actor, watchlist)
    taken.pop(current.pk, None)
    _refuse_taken(name, taken)
    if current.name != name:
        current.name = name
        current.save(update_fields=["name"])
        tell(actor, "watchlist.changed", object_type="watchlist", object_id=current.pk, fields=["name"])
    return current


@transaction.atomic
def delete_watchlist(actor: Any, watchlist: Watchlist) -> None:
    """Removes the list; the instruments stay.  Raises UnknownWatchlist."""
    current = _locked(actor, watchlist)
    tell(actor, "watchlist.removed", object_type="watchlist", object_id=current.pk)
    current.delete()


@transaction.atomic
def add_to_watchlist(actor: Any, watchlist: Watchlist, instrument: Instrument, *, place: int | None = None) -> bool:
    """Puts an instrument at the end of the list, or at a place of it; False where it stands there already, and stays where it is.

    Raises WatchlistFull, UnknownWatchlist, UnknownInstrument for what is somebody else's.
    """
    _check_seen(actor, instrument)
    current = _locked(actor, watchlist)
    standing = dict(current.items.values_list("instrument", "position"))
    if instrument.pk in standing:
        return False
    if len(standing) >= MOST_WATCHED:
        raise _full(current.name)
    current.items.create(instrument=instrument, position=max(standing.values(), default=0) + 1)
    if place is not None:
        _put(current, instrument.pk, place)
    tell(actor, "watchlist.instrument_added", object_type="watchlist", object_id=current.pk, instrument=instrument.pk)
    return True


@transaction.atomic
def remove_from_watchlist(actor: Any, watchlist: Watchlist, instrument_id: int) -> None:
    """Takes an instrument off the list.  Raises NotWatched, UnknownWatchlist."""
    current = _locked(actor, watchlist)
    removed, _ = current.items.filter(instrument=instrument_id).delete()
    if not removed:
        raise _not_watched(current)
    tell(actor, "watchlist.instrument_removed", object_type="watchlist", object_id=current.pk, instrument=instrument_id)


@transaction.atomic
def move_in_watchlist(actor: Any, watchlist: Watchlist, instrument_id: int, *, place: int) -> None:
    """Moves an instrument to a place of the list: 1 is its top, and what is past its end is its end.  Raises NotWatched, UnknownWatchlist."""
    current = _locked(actor, watchlist)
    if _put(current, instrument_id, place):
        tell(actor, "watchlist.changed", object_type="watchlist", object_id=current.pk, fields=["order"])


# ── what they share ─────────────────────────────────────────────────────────


def _tidied(name: str) -> str:
    """In one form of Unicode, without outer or double spaces.  Raises InvalidWatchlist."""
    text = " ".join(unicodedata.normalize("NFC", name).split())
    fault = None
    if not text:
        fault = FieldError("name", "required", "Give the watchlist a name.")
    elif len(text) > LONGEST_NAME:
        fault = FieldError("name", "too_long", f"The name has at most {LONGEST_NAME} characters; these are {len(text)}.")
    elif said := unwritable(text):
        fault = FieldError("name", "invalid", said)
    if fault is not None:
        raise InvalidWatchlist(fault.detail, errors=[fault])
    return text


def _locked_names(actor: Any) -> dict[int, str]:
    """The names of the person's lists, which stay as they are until the transaction ends.  Two queries."""
    get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=actor.pk).values_list("pk").first()
    return dict(Watchlist.objects.visible_to(actor).values_list("pk", "name"))


def _refuse_taken(name: str, taken: dict[int, str]) -> None:
    """Names that differ in case alone are one."""
    same = next((pk for pk, other in taken.items() if other.casefold() == name.casefold()), None)
    if same is not None:
        fault = FieldError("name", "watchlist_exists", f"You have a watchlist “{name}” already. Choose another name.")
        raise WatchlistTaken(fault.detail, errors=[fault], watchlist=same)


def _locked(actor: Any, watchlist: Watchlist) -> Watchlist:
    current: Watchlist | None = Watchlist.objects.visible_to(actor).select_for_update().filter(pk=watchlist.pk).first()
    if current is None:
        raise UnknownWatchlist("There is no such watchlist. It may have been deleted.")
    return current


def _put(watchlist: Watchlist, instrument_id: int, place: int) -> bool:
    """Whether anything moved."""
    items = list(watchlist.items.order_by("position", "pk"))
    moved = next((item for item in items if item.instrument_id == instrument_id), None)
    if moved is None:
        raise _not_watched(watchlist)
    items.remove(moved)
    items.insert(max(place - 1, 0), moved)
    changed = [(item, number) for number, item in enumerate(items, start=1) if item.position != number]
    for item, number in changed:
        item.position = number
    WatchlistItem.objects.bulk_update([item for item, _ in changed], ["position"])
    return bool(changed)


def _check_seen(actor: Any, instrument: Instrument) -> None:
    if instrument.owner_id not in {None, actor.pk}:
        raise UnknownInstrument("There is no such instrument. Search for it by name, symbol or ISIN.")


def _full(name: str) -> WatchlistFull:
    return WatchlistFull(
        f"“{name}” holds {MOST_WATCHED} instruments, as many as a watchlist can. Take one off, or use another list.", most=MOST_WATCHED
    )


def _not_watched(watchlist: Watchlist) -> NotWatched:
    return NotWatched(f"The instrument is not on “{watchlist.name}”. It may have been taken off.")

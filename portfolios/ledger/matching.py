"""Cost-basis methods: which units leave when units leave.  One line each, in the table at the end.

A method says how the open lots of one instrument are kept and taken.  `add` puts a lot among them; `take` takes units out of
them, of which there are enough, for the event `taker`, and returns these as lots of their own, without an event where they come
from a pool; `in_order` lists what is open, oldest first; `refill` makes such a list into what the method keeps.  Units that are short are kept and taken in the same way: “highest cost” is then what
they were sold for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from heapq import heapify, heappop, heappush
from operator import itemgetter
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolios.errors import LotNotOpen, LotNotTold
from portfolios.ledger.events import ZERO, LotChoice, Sale, TransferOut
from portfolios.ledger.lots import OpenLot, apart, drawn, nth_of, pour
from portfolios.ledger.section104 import Log, Shares
from portfolios.ledger.words import facts_of, in_units, in_words

MOST_TOLD = 10  # lots that a refusal lists in words
MOST_FACTS = 100  # and in its data

_opened_on = itemgetter(1)

# ── lots in the order of their dates ────────────────────────────────────────


def by_date(lots: deque[OpenLot], lot: OpenLot) -> None:
    """Keep the lot as it is, behind all that are as old or older; a lot that was transferred in brings its own date."""
    if not lots or lots[-1][1] <= lot[1]:
        lots.append(lot)
    else:
        lots.insert(bisect_right(lots, lot[1], key=_opened_on), lot)


def from_pool(lots: deque[OpenLot], units: Decimal, taker: int) -> list[OpenLot]:
    """Units of the one pool, at its average cost."""
    return drawn(lots, units)


def oldest(lots: deque[OpenLot], units: Decimal, taker: int) -> list[OpenLot]:
    """The units held longest."""
    taken = []
    while units:
        lot = lots[0]
        if lot[2] > units:
            part, lots[0] = apart(lot, units)
            taken.append(part)
            break
        taken.append(lots.popleft())
        units -= lot[2]
    return taken


def newest(lots: deque[OpenLot], units: Decimal, taker: int) -> list[OpenLot]:
    """The units held shortest; of one day, those that came last."""
    taken = []
    while units:
        lot = lots[-1]
        quantity = lot[2]
        if quantity > units:
            part, lots[-1] = apart(lot, units)
            taken.append(part)
            break
        taken.append(lots.pop())
        units -= quantity
    return taken


# ── lots in the order of what one unit cost ─────────────────────────────────


class Ranked:
    """Lots in a heap by the cost of one unit, exactly; of equal ones the oldest first, of one day the one that came first."""

    __slots__ = ("came", "heap", "sign")

    def __init__(self, sign: int, lots: Iterable[OpenLot] = ()) -> None:
        self.sign = sign
        self.heap = [self._entry(lot, number) for number, lot in enumerate(lots)]
        self.came = len(self.heap)
        heapify(self.heap)

    def _entry(self, lot: OpenLot, number: int) -> tuple[Decimal, date, int, OpenLot]:
        return (self.sign * lot[3] / lot[2], lot[1], number, lot)

    def add(self, lot: OpenLot) -> None:
        heappush(self.heap, self._entry(lot, self.came))
        self.came += 1

    def take(self, units: Decimal, taker: int) -> list[OpenLot]:
        taken = []
        while units:
            _, _, number, lot = heappop(self.heap)
            if lot[2] > units:
                lot, rest = apart(lot, units)
                heappush(self.heap, self._entry(rest, number))
            taken.append(lot)
            units -= lot[2]
        return taken

    def in_order(self) -> list[OpenLot]:
        return [entry[3] for entry in sorted(self.heap, key=itemgetter(1, 2))]


def highest_first(lots: Iterable[OpenLot] = ()) -> Ranked:
    return Ranked(-1, lots)


def lowest_first(lots: Iterable[OpenLot] = ()) -> Ranked:
    return Ranked(1, lots)


# ── the table ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Method:
    """How lots are kept when units come, and taken when units leave.

    become  what is kept when all lots are replaced, as by a split; where missing, `refill` of the new ones
    pools   units forget which purchase they are of
    """

    add: Callable[[Any, OpenLot], None]
    take: Callable[[Any, Decimal, int], list[OpenLot]]
    refill: Callable[[Iterable[OpenLot]], Any] = deque
    in_order: Callable[[Any], list[OpenLot]] = list
    become: Callable[[Any, Sequence[OpenLot]], Any] | None = None
    pools: bool = False


METHODS: dict[str, Method] = {
    "average": Method(pour, from_pool, pools=True),
    "fifo": Method(by_date, oldest),
    "lifo": Method(by_date, newest),
    "hifo": Method(Ranked.add, Ranked.take, highest_first, Ranked.in_order),
    "lofo": Method(Ranked.add, Ranked.take, lowest_first, Ranked.in_order),
    "specific": Method(by_date, oldest),
    "section104": Method(Shares.add, Shares.take, Shares, Shares.in_order, Shares.become, pools=True),
}
LOOKING_AHEAD = Method(Log.add, Log.take, Log, Log.in_order, Log.become, pools=True)  # before a replay under section104


# ── what a sale asks for by itself ──────────────────────────────────────────


def taking(event: Sale | TransferOut) -> str:
    """What takes units out, in a word."""
    return "sale" if isinstance(event, Sale) else "transfer"


def take_as_asked(
    lots: list[OpenLot], units: Decimal, sale: Sale | TransferOut, method: Method, *, only_asked: bool = False
) -> tuple[list[OpenLot], list[OpenLot]]:
    """What leaves of `lots`, which are all that is open, and what stays: the lots that the sale names, then by the method.

    only_asked  a report asks for the method: of a named lot that it has taken from before, what is left is taken
    Raises LotNotOpen, LotNotTold.
    """
    taken: list[OpenLot] = []
    for choice in sale.lots:
        if only_asked:
            open_units = sum((lot[2] for lot in lots if is_named(lot, choice)), ZERO)
            choice = choice._replace(quantity=min(choice.quantity, open_units, units))
            if not choice.quantity:
                continue
        if choice.quantity > units:
            raise LotNotOpen(
                f"The {taking(sale)} of {in_words(sale.day)} names lots of more than its {in_units(sale.quantity)}. Name fewer.",
                **facts_of(sale), lot=choice.event_id, left=units, quantity=choice.quantity,
            )  # fmt: skip
        part, lots = _from_lot(lots, choice, sale)
        taken += part
        units -= choice.quantity
    kept = method.refill(lots)
    return taken + method.take(kept, units, sale.id), method.in_order(kept)


def is_named(lot: OpenLot, choice: LotChoice) -> bool:
    """Whether the name fits the lot; one that leaves out the day, or which of that day, may fit several."""
    event_id, opened_on, nth = choice.name
    return lot[0] == event_id and opened_on in (None, lot[1]) and nth in (None, nth_of(lot[0]))


def _from_lot(lots: list[OpenLot], choice: LotChoice, sale: Sale | TransferOut) -> tuple[list[OpenLot], list[OpenLot]]:
    """The units that were chosen of the lots of one name, and all lots without them."""
    wanted = choice.quantity
    if choice.sole:
        _refuse_several([lot for lot in lots if is_named(lot, choice)], choice, sale)
    taken, left = [], []
    for lot in lots:
        if not wanted or not is_named(lot, choice):
            left.append(lot)
            continue
        if lot[2] > wanted:
            lot, rest = apart(lot, wanted)
            left.append(rest)
        taken.append(lot)
        wanted -= lot[2]
    if wanted or choice.quantity <= 0:
        raise lot_not_open(sale, choice, choice.quantity - wanted, lots)
    return taken, left


def _refuse_several(found: list[OpenLot], choice: LotChoice, sale: Sale | TransferOut) -> None:
    if len(found) < 2:
        return
    several = any(nth_of(lot[0]) > 1 for lot in found)
    raise LotNotTold(
        f"The {taking(sale)} of {in_words(sale.day)} names a lot by an entry that has {len(found)} of them open: {in_a_list(found)}. "
        f"Say which by its day, `opened_on`{', and its number, `nth`' if several else ''}.",
        **facts_of(sale), lot=choice.event_id, lots=_as_facts(found),
    )  # fmt: skip


def lot_not_open(sale: Sale | TransferOut, choice: LotChoice, left: Decimal, lots: Sequence[OpenLot] = ()) -> LotNotOpen:
    """For the caller to raise: so many units of the lot are left, and these lots are open."""
    open_then = f"that are open on that day: {in_a_list(lots, by_entry=True)}" if lots else "that are open on that day; there are none"
    return LotNotOpen(
        f"The {taking(sale)} of {in_words(sale.day)} names {in_units(choice.quantity)} of a lot of which {plain(left)} were left then. "
        f"Choose lots {open_then}.",
        **facts_of(sale), lot=choice.event_id, left=left, quantity=choice.quantity, lots=_as_facts(lots),
    )  # fmt: skip


def in_a_list(lots: Sequence[OpenLot], *, by_entry: bool = False) -> str:
    """The first few by their day, with the units that are left: “of 3 Jun 2024 (5 units); of 4 Jun 2024, number 2 (1 unit)”.

    by_entry  say also which entry brought each, as far as that has a number yet
    """
    several = {lot[1] for lot in lots if nth_of(lot[0]) > 1}
    said = []
    for lot in lots[:MOST_TOLD]:
        entry = f", transaction {int(lot[0])}" if by_entry and lot[0] is not None and lot[0] > 0 else ""
        said.append(f"of {in_words(lot[1])}{f', number {nth_of(lot[0])}' if lot[1] in several else ''} ({in_units(lot[2])}{entry})")
    return "; ".join(said) + (f" and {len(lots) - MOST_TOLD} more" if len(lots) > MOST_TOLD else "")


def _as_facts(lots: Sequence[OpenLot]) -> list[dict[str, Any]]:
    return [{"transaction": lot[0] and int(lot[0]), "opened_on": lot[1], "nth": nth_of(lot[0]), "quantity": lot[2]} for lot in lots[:MOST_FACTS]]

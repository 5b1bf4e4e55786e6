"""What a likely cause is, in a sentence that says what to do.  Amounts are written by the caller: pages hide them where that is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from portfolio_site.kernel.decimals import plain
from portfolios.reconciling import cash_causes as cash
from portfolios.reconciling import causes as units
from portfolios.reconciling.shapes import CauseView, Line

Writer = Callable[[Decimal], str]
Days = Callable[[date], str]

_SENTENCES = {
    units.DUPLICATE: "{these} stand{s} here twice. Void the second.",
    units.VOIDED: "{this} was voided, and the statement counts it. Count it again.",
    units.WRONG_WAY: "{this} may have gone the other way. {turn} if so.",
    units.NOT_SETTLED: "{these} had not settled by that day: the statement does not have {it} yet. Nothing is wrong.",
    units.DATED_LATER: "{these} {is_} dated after the statement, which has {it} already. Correct the date if it is wrong.",
    units.SPLIT_TWICE: "The split of {day} stands here twice. Void the second.",
    units.SPLIT_NOT_THERE: "The statement does not know the split of {day}. Void it if it did not happen.",
    units.NOT_THERE: "{this} is not on the statement. Void it if it did not happen, or was booked elsewhere.",
    cash.FEE_NOT_THERE: "The statement is without the fee or tax of this: {this}. Take it out if it was not charged.",
    cash.FEE_MORE: "As much as the fee or tax of this is missing once more: {this}. It was charged twice, or is left out of another entry: correct the one that is wrong.",
}


def plain_day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def sentence(line: Line, view: CauseView, amount: Writer = plain, day: Days = plain_day) -> str:
    """One cause.  `amount` writes units, or money of the line's currency; `day` writes days."""
    template = _SENTENCES.get(view.code)
    if template is not None:
        several = len(view.entries) > 1
        named = _named(view, day)
        words = {
            "this": named,
            "these": named,
            "s": "" if several else "s",
            "is_": "are" if several else "is",
            "it": "them" if several else "it",
            "day": day(view.entries[0].day) if view.entries else "that day",
            "turn": _turning(view),
        }
        return _capital(template.format(**words))
    return _special(line, view, amount, day)


def _turning(view: CauseView) -> str:
    if view.fix != "turn":
        return "Void it, and record what happened"
    beside = view.entries[0].beside
    return f"Turn it round, with its other side in “{beside}”," if beside else "Turn it round"


def _special(line: Line, view: CauseView, amount: Writer, day: Days) -> str:
    cause, size = view.cause, abs(view.cause.amount or Decimal(0))
    ratios = " and ".join(f"the {plain(one.new)}:{plain(one.old)} split of {day(one.day)}" for one in cause.splits)
    more = line.difference > 0
    match cause.code:
        case units.MISSING_SPLIT:
            return _capital(f"{ratios}, which the market reports, {'is' if len(cause.splits) == 1 else 'are'} missing here. Record it.")
        case units.SPLIT_UNREPORTED:
            ratio = cause.splits[0]
            return (
                f"The units are as {plain(ratio.new)} to {plain(ratio.old)}: a split may be missing that the market did not report. Record it if so."
            )
        case units.MISSING_TRADE:
            return f"A {'purchase' if more else 'sale'} of {amount(size)} unit{'' if size == 1 else 's'} is missing, or as many were moved {'in' if more else 'out'}. Record it."
        case cash.DIVIDEND | cash.DIVIDEND_NET:
            symbol = view.instrument.symbol if view.instrument is not None else "a holding"
            when = day(cause.paid[1]) if cause.paid is not None else "that time"
            rest = " less tax" if cause.code == cash.DIVIDEND_NET else ""
            return f"The dividend of {symbol} of {when}{rest} comes to the difference, and is not recorded. Record it."
        case cash.RATE:
            return f"The broker exchanged at another rate: {_named(view, day)} comes to {amount(size)} on the statement. Correct its amount if so."
        case _:
            return f"{'A deposit or income' if more else 'A withdrawal or fee'} of {amount(size)} is missing. Record it."


def _named(view: CauseView, day: Days) -> str:
    names = [f"the {entry.label.lower()} of {day(entry.day)}" for entry in view.entries]
    if len(names) > 3:
        return f"{len(names)} entries"
    return " and ".join(([", ".join(names[:-1])] if len(names) > 1 else []) + names[-1:]) or "an entry"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

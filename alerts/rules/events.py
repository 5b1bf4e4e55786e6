"""Kinds of rules on what happens: unusual days, dividends, news, old prices, imports that failed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from alerts.rules.shapes import Cause, Field, FieldType, Happening, Kind, Level, Subject, Values, Watch, Words

INCOME, DATA, NEWS = "Income", "Data", "News"
PORTFOLIOS = frozenset({Watch.PORTFOLIO, Watch.ALL})
ANY = frozenset(Watch)
AT_ONCE = timedelta(0)


def _unusual(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    return f"{words.day(one.day)} was unlike the past of {subject.name}{one.text}."


def _ex_day(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    amount = "" if one.amount is None else f", {words.price(one.amount, one.unit)} a share"
    return f"{one.name} goes without its dividend from {words.day(one.day)} on{amount}."


def _announced(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    amount = "a dividend" if one.amount is None else f"a dividend of {words.price(one.amount, one.unit)} a share"
    return f"{one.name} announced {amount}; shares go without it from {words.day(one.day)} on."


def _paid(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    amount = "" if one.amount is None else f" {words.money(one.amount, one.unit)}"
    return f"{one.name} paid{amount} on {words.day(one.day)}: {one.text.lower()}."


def _told(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    return f"News of {one.name}: {one.text}" if one.name else f"News: {one.text}"


def _old(values: Values, level: Level, subject: Subject, words: Words) -> str:
    names = ", ".join(level.named) or subject.name
    return f"The price of {names} is {int(level.value or 0)} days old; your alert is for {values['threshold']} days or more."


def _failed(values: Values, one: Happening, subject: Subject, words: Words) -> str:
    return f"An import into {one.name} could not be read: {one.text}"


def _wanted(values: Values) -> str:
    return f" with “{values['words']}”" if values.get("words") else ""


KINDS = (
    Kind(
        "unusual_day",
        "Unusual day",
        "Risk",
        PORTFOLIOS,
        frozenset({Cause.NIGHT, Cause.DAY}),
        (),
        "A day’s return was unlike the portfolio’s own past; found on the night after it.",
        lambda values, subject, words: "has a day unlike its past",
        tell=_unusual,
        cool_down=AT_ONCE,
    ),
    Kind(
        "ex_dividend",
        "Ex-dividend day is near",
        INCOME,
        ANY,
        frozenset({Cause.DAY, Cause.ACTIONS, Cause.LEDGER}),
        (Field("days", "Days before", FieldType.COUNT, "Told once for each dividend", default=3, least=1, most=60, example="3"),),
        "A dividend that the market reported goes ex within so many days; of portfolios, of what is held.",
        lambda values, subject, words: f"goes without a dividend within {values['days']} days",
        tell=_ex_day,
        cool_down=AT_ONCE,
    ),
    Kind(
        "dividend_announced",
        "Dividend announced",
        INCOME,
        ANY,
        frozenset({Cause.DAY, Cause.ACTIONS}),
        (),
        "The market reports a dividend that it did not report before; of portfolios, of what is held.",
        lambda values, subject, words: "announces a dividend",
        tell=_announced,
        cool_down=AT_ONCE,
        why_no_past="On which day the market first reported a dividend is not known: the past ones came in together with the history.",
    ),
    Kind(
        "dividend_paid",
        "Dividend paid",
        INCOME,
        PORTFOLIOS,
        frozenset({Cause.LEDGER, Cause.DAY}),
        (),
        "An entry of a dividend, coupon or interest is recorded, by hand, import or the inbox of corporate actions.",
        lambda values, subject, words: "is paid a dividend or interest",
        tell=_paid,
        cool_down=AT_ONCE,
    ),
    Kind(
        "news",
        "News",
        NEWS,
        ANY,
        frozenset({Cause.NEWS, Cause.DAY}),
        (
            Field(
                "words",
                "With the words",
                FieldType.TEXT,
                "Any news where empty; else all of these words stand in it",
                default="",
                most=100,
                example="recall",
            ),
        ),
        "An article about the instrument, or about what is held, is stored; one story is told once.",
        lambda values, subject, words: f"is in the news{_wanted(values)}",
        tell=_told,
        cool_down=AT_ONCE,
    ),
    Kind(
        "stale_price",
        "Price grows old",
        DATA,
        ANY,
        frozenset({Cause.DAY, Cause.LEDGER}),
        (Field("threshold", "Days", FieldType.COUNT, "Days without a new price", default=5, least=1, most=3660, example="5"),),
        "So many days have gone by since the newest price; of portfolios, of the oldest of what is held.",
        lambda values, subject, words: f"has had no price for {values['threshold']} days",
        lambda values, value: (value, Decimal(values["threshold"])),
        _old,
        why_no_past="When each price came in is not kept: a gap that was filled later looks as if there had been none.",
    ),
    Kind(
        "import_failed",
        "Import fails",
        DATA,
        PORTFOLIOS,
        frozenset({Cause.IMPORT, Cause.DAY}),
        (),
        "A statement that was uploaded could not be read.",
        lambda values, subject, words: "has an import that fails",
        tell=_failed,
        cool_down=AT_ONCE,
    ),
)

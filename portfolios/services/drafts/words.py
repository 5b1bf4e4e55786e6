"""How checks of drafts speak."""

from __future__ import annotations

from datetime import date

from portfolios.choices import TransactionKind as Kind

WORDS = {
    "quantity": "quantity",
    "price": "price",
    "amount": "amount",
    "fees": "fee",
    "taxes": "tax",
    "fx_rate": "exchange rate",
    "ratio_new": "number of new units",
    "ratio_old": "number of old units",
    "accrued": "accrued interest",
    "costs_currency": "currency of its own for fees and taxes",
    "costs_rate": "rate for its fees and taxes",
    "given_amount": "amount given",
    "reinvested_quantity": "number of units bought with it",
    "cost_share": "share of cost",
    "acquired_on": "date of purchase",
    "settles_on": "settlement date",
    "method": "cost method of its own",
    "lots": "lots",
    "legs": "other instruments",
}


def word_of(kind: str) -> str:
    """The kind inside a sentence."""
    return str(Kind(kind).label).lower()


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def a(noun: str) -> str:
    """With its article."""
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"

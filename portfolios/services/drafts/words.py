"""How checks of drafts speak, and the words that people mark entries with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from portfolio_site.web.sealed import fingerprint
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
MOST_TAGS, LONGEST_TAG = 20, 50
_KEY_DIGITS = 32


def word_of(kind: str) -> str:
    """The kind inside a sentence."""
    return str(Kind(kind).label).lower()


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def a(noun: str) -> str:
    """With its article."""
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: in one form of Unicode, without outer or double spaces, each once whatever its case."""
    found: dict[str, str] = {}
    for tag in tags:
        text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", tag)).strip()
        if text:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def tag_key(tag: str) -> str:
    """The keyed hash by which entries with a tag are found, in any case."""
    return "".join(fingerprint(text.casefold(), "tag")[:_KEY_DIGITS] for text in tidy_tags([tag]))


def tag_keys(tags: Iterable[str]) -> str:
    """The keys of all tags, each between spaces."""
    keys = " ".join(tag_key(tag) for tag in tags)
    return f" {keys} " if keys else ""

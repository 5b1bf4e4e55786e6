"""What is asked of a projection, read from an address: by the page and the API alike."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analytics.selectors.projection import (
    LARGEST_SEED,
    LEAST_FUTURES,
    MOST_FUTURES,
    MOST_MONEY,
    MOST_YEARS,
    MOST_YEARS_OF_FUTURES,
    ProjectionAsked,
)
from analytics.selectors.risk.asked import Unreadable

NAMES = ("years", "contribution", "goal", "chance", "seed", "futures")
MONEY = "Write an amount of money, such as 250."
_NUMBER = re.compile(r"[+\-−]?\d{1,13}([.,]\d{1,12})?")


def projection_asked(given: Mapping[str, str]) -> ProjectionAsked:
    """The question; what is missing or blank is as `ProjectionAsked` has it.  Raises Unreadable, naming the parameter."""
    years = _whole(given, "years", 10, 1, MOST_YEARS)
    futures = _whole(given, "futures", 1000, LEAST_FUTURES, MOST_FUTURES)
    if years * futures > MOST_YEARS_OF_FUTURES:
        raise Unreadable("futures", f"At most {MOST_YEARS_OF_FUTURES // years} futures for {years} years. Ask for fewer of either.")
    chance = _number(given, "chance", 1, 99, "Write per cent from 1 to 99, such as 75.")
    return ProjectionAsked(
        years=years,
        contribution=_number(given, "contribution", -MOST_MONEY, MOST_MONEY, MONEY) or 0.0,
        goal=_number(given, "goal", 0, MOST_MONEY, MONEY),
        chance=0.75 if chance is None else chance / 100,
        seed=_whole(given, "seed", 1, 0, LARGEST_SEED),
        futures=futures,
    )


def _whole(given: Mapping[str, str], name: str, otherwise: int, least: int, most: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):
        raise Unreadable(name, f"“{text[:20]}” cannot be used for {name}. Write a whole number from {least} to {most}.")
    return int(text)


def _number(given: Mapping[str, str], name: str, least: float, most: float, words: str) -> float | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not least <= (number := float(text.replace("−", "-").replace(",", "."))) <= most:
        raise Unreadable(name, f"“{text[:20]}” cannot be used for {name}. {words}")
    return number

"""How widely the money is spread: weights of gross exposure, concentration, and a score with its parts.

Exposure is the absolute worth of a holding, so that a short one counts as much as a long one.  `parts` says what each holding
is made of: (m, k), fractions at or above zero, at most one in all; what is missing to one is unclassified.  A share of one
company has a single 1, a fund with known weights has them, and of what nothing is known the row is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray, checked, checked_table
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

ROUNDING = 1e-9  # by which weights that came from decimals may miss one
LOW_RATIO = 1.1  # a diversification ratio below this halves the score


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """known (k,) and unclassified: fractions of the gross exposure that add up to one."""

    known: FloatArray
    unclassified: float


def in_one_category(category: IntArray, categories: int) -> FloatArray:
    """Parts of holdings that are each of one category: (m,) to (m, k).  A category below zero is not known."""
    places = np.asarray(category, dtype=np.int64)
    if (places >= categories).any():
        raise MalformedSeries(f"a category is beyond the {categories} that there are")
    parts = np.zeros((len(places), categories))
    rows = np.flatnonzero(places >= 0)
    parts[rows, places[rows]] = 1.0
    return parts


@finite_or("the worth of all together is beyond all numbers")
def holding_weights(worth: FloatArray) -> FloatArray:
    """Share of each holding in the gross exposure, (m,), adding up to one.  numbers.md: "weight".

    worth  (m,)  in the report currency, short ones below zero

    Raises Undefined if nothing is held.
    """
    exposure = np.abs(checked("worth", worth))
    total = float(exposure.sum())
    if total <= 0:
        raise Undefined("nothing is held")
    return np.asarray(exposure / total)


@finite_or("the worth of all together is beyond all numbers")
def weights(worth: FloatArray, parts: FloatArray) -> Weights:
    """Share of each category in the gross exposure, looking through what has parts.  numbers.md: "look-through".

    worth  (m,)  parts  (m, k)

    Raises Undefined if nothing is held; MalformedSeries if parts are below zero or more than the whole.
    """
    held = holding_weights(worth)
    table = checked_table("parts", parts)
    if len(table) != len(held):
        raise MalformedSeries(f"{len(table)} rows of parts stand beside {len(held)} holdings")
    whole = table.sum(axis=1)
    if (table < 0).any() or (whole > 1 + ROUNDING).any():
        raise MalformedSeries("parts are not below zero, and those of one holding are at most the whole")
    table = table / np.maximum(whole, 1.0)[:, None]
    known = held @ table
    return Weights(known, max(1.0 - float(known.sum()), 0.0) if (whole < 1 - ROUNDING).any() else 0.0)


def herfindahl(shares: FloatArray) -> float:
    """Concentration, Σw²: 1 where all is in one place, 1/n where n are alike.  numbers.md: "herfindahl".

    shares  (m,)  fractions >= 0 that add up to one

    Source: Hirschman (1964), The paternity of an index, American Economic Review 54(5).
    """
    return float((_checked_shares(shares) ** 2).sum())


def effective_number(shares: FloatArray) -> float:
    """As many holdings of one size would be concentrated alike, 1/H.  numbers.md: "effective_number"."""
    return 1.0 / herfindahl(shares)


def _checked_shares(shares: FloatArray) -> FloatArray:
    held = checked("shares", shares)
    if (held < 0).any() or abs(float(held.sum()) - 1.0) > ROUNDING:
        raise MalformedSeries("shares are not below zero and add up to one")
    return held


# ── the score ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, and the four parts, 0 to 100 each, whose mean it is; halved where the diversification ratio is low."""

    score: float
    holdings: float
    classes: float
    sectors: float
    countries: float
    halved: bool


def spread_score(found: Weights) -> float:
    """Evenness over the categories there are, 100·entropy/ln(k), times the share that is classified.  numbers.md: "score".

    found  weights over all k categories that are known, also those of which nothing is held

    What is unclassified earns no points.  Raises Undefined for fewer than two categories.
    Source: Shannon (1948), A mathematical theory of communication, Bell System Technical Journal 27(3).
    """
    if len(found.known) < 2:
        raise Undefined("fewer than two categories are known, and nothing can be spread over them")
    classified = float(found.known.sum())
    if classified <= 0:
        return 0.0
    shares = found.known[found.known > 0] / classified
    entropy = max(-float(shares @ np.log(shares)), 0.0)
    return min(100.0 * classified * entropy / float(np.log(len(found.known))), 100.0)


def score(holdings: FloatArray, *, classes: Weights, sectors: Weights, countries: Weights, ratio: float | None) -> Score:
    """How well the money is spread, with its parts.  numbers.md: "score".

    holdings                     (m,)  shares of the gross exposure
    classes, sectors, countries  weights over all categories of that kind
    ratio                        the diversification ratio; None where it is not known, which halves nothing

    Raises Undefined as `spread_score`.
    """
    concentration = 100.0 * (1.0 - herfindahl(holdings))
    parts = (max(concentration, 0.0), spread_score(classes), spread_score(sectors), spread_score(countries))
    halved = ratio is not None and ratio < LOW_RATIO
    return Score(sum(parts) / 4 / (2 if halved else 1), *parts, halved)

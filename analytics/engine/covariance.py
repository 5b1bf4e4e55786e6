"""How things move together, and what each of them adds to the whole.

`returns` is (n, m): n >= 20 common periods of m things, simple, per period, fractions, in the report currency.  `weights` are
fractions of the portfolio's value, short ones below zero; what has no risk (cash in the report currency) may be left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.answers import Answers
from analytics.engine.arrays import FloatArray, checked, checked_table
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.risk import LEAST_OBSERVATIONS, STILL


@dataclass(frozen=True, slots=True, eq=False)
class Covariance:
    """matrix (m, m), per period; shrinkage 0 (as measured) to 1 (all alike and apart)."""

    matrix: FloatArray
    shrinkage: float


@dataclass(frozen=True, slots=True, eq=False)
class RiskParts:
    """volatility  a year, a fraction
    parts       (m,)  what each holding adds to it; they add up to it
    shares      (m,)  the same over the volatility; they add up to one
    """

    volatility: float
    parts: FloatArray
    shares: FloatArray


def _enough(returns: FloatArray) -> FloatArray:
    table = checked_table("returns", returns)
    if table.shape[1] == 0:
        raise Undefined("nothing is held whose returns could be compared")
    if len(table) < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} common trading days lie in the period: {len(table)}")
    return table


@finite_or("the covariance is beyond all numbers")
def ledoit_wolf(returns: FloatArray) -> Covariance:
    """Covariance drawn towards one common variance, as far as its own error asks for.  numbers.md: "covariance".

    returns  (n, m)

    The divisor is n, as in the source.  Raises Undefined for fewer than 20 common days or nothing held.
    Source: Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, Journal of
    Multivariate Analysis 88(2), section 3.
    """
    table = _enough(returns)
    days, things = table.shape
    centred = table - table.mean(axis=0)
    sample = centred.T @ centred / days
    common = float(np.trace(sample)) / things
    total = float((sample**2).sum())
    away = (total - things * common**2) / things  # distance of the sample from its target
    squares = centred**2
    error = (float((squares.T @ squares).sum()) / days - total) / (things * days)  # expected distance of the sample from the truth
    shrinkage = min(max(error, 0.0) / away, 1.0) if away > 0 else 0.0
    matrix = (1 - shrinkage) * sample
    matrix.flat[:: things + 1] += shrinkage * common
    return Covariance(matrix, shrinkage)


def _checked_covariance(covariance: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    held = checked("weights", weights)
    matrix = checked_table("covariance", covariance, (len(held), len(held)))
    if not np.allclose(matrix, matrix.T, rtol=1e-9, atol=0) or (np.diag(matrix) < 0).any():
        raise MalformedSeries("a covariance is symmetric, and no variance is below zero")
    return matrix, held


@finite_or("the volatility is beyond all numbers")
def risk_parts(weights: FloatArray, covariance: FloatArray, *, periods_per_year: float) -> RiskParts:
    """What each holding adds to the volatility, w·(Σw)/σ.  numbers.md: "risk_contribution".

    weights  (m,)  covariance  (m, m) per period

    Raises Undefined if the whole does not vary.
    Source: Litterman (1996), Hot spots and hedges, Journal of Portfolio Management 23(5); Euler's theorem.
    """
    matrix, held = _checked_covariance(covariance, weights)
    toward = matrix @ held
    variance = float(held @ toward)
    if variance <= STILL**2:
        raise Undefined("the holdings together do not vary, and there is no risk to share out")
    volatility = float(np.sqrt(variance * periods_per_year))
    shares = held * toward / variance
    return RiskParts(volatility, shares * volatility, shares)


@finite_or("the correlation is beyond all numbers")
def correlations(returns: FloatArray) -> Answers:
    """Correlation of each pair, (m, m); no answer where one of the two does not vary.  numbers.md: "correlation".

    Raises Undefined for fewer than 20 common days or nothing held.
    """
    table = _enough(returns)
    still = np.ptp(table, axis=0) <= STILL
    centred = table - table.mean(axis=0)
    length = np.where(still, 1.0, np.sqrt((centred**2).sum(axis=0)))
    unit = centred / length
    matrix = np.clip(unit.T @ unit, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return Answers.of(matrix, (still[:, None] | still[None, :], "one of the two does not vary"))


@finite_or("the correlation is beyond all numbers")
def average_correlation(returns: FloatArray) -> float:
    """Mean correlation of all pairs that have one.  numbers.md: "average_correlation".

    Raises Undefined for fewer than two holdings that vary, or fewer than 20 common days.
    """
    found = correlations(returns)
    pairs = np.triu(found.known, k=1)
    if not pairs.any():
        raise Undefined("fewer than two holdings vary, and there is no pair to compare")
    return float(found.values[pairs].mean())


@finite_or("the ratio is beyond all numbers")
def diversification_ratio(weights: FloatArray, covariance: FloatArray) -> float:
    """Volatility of the parts over that of the whole, Σ|w|·σ / σ_p; 1 where nothing evens out.  numbers.md: "diversification_ratio".

    weights  (m,)  covariance  (m, m)

    Raises Undefined if the whole does not vary.
    Source: Choueifaty and Coignard (2008), Toward maximum diversification, Journal of Portfolio Management 35(1).
    """
    matrix, held = _checked_covariance(covariance, weights)
    variance = float(held @ matrix @ held)
    if variance <= STILL**2:
        raise Undefined("the holdings together do not vary, and there is no spread to compare with")
    return float(np.abs(held) @ np.sqrt(np.diag(matrix))) / float(np.sqrt(variance))

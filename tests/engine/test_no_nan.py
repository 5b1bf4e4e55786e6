"""Whatever finite numbers go in: what comes out is a number, or an answer why there is none.  A warning of numpy is an error here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from analytics.engine import (
    anomaly,
    contribution,
    covariance,
    diversification,
    drawdown,
    months,
    projection,
    relative,
    returns,
    risk,
    rolling,
    stress,
    tail,
)
from analytics.engine.answers import Answers
from analytics.engine.attribution import brinson_fachler
from analytics.engine.drivers import drivers
from analytics.engine.errors import Undefined
from analytics.engine.rates import money_weighted_returns

N = 40
YEAR: dict[str, Any] = {"periods_per_year": 252}


def _series(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two series of returns as no market makes them: enormous, tiny, equal, total losses and worse."""
    chance = np.random.default_rng(seed)
    size = [1e308, 1e160, 1e100, 1e10, 1.0, 1e-10, 1e-160, 5e-324][seed % 8]
    with np.errstate(under="ignore"):
        ours, theirs = chance.uniform(-1, 1, (2, N)) * size
    for series in (ours, theirs):
        series[chance.random(N) < 0.2] = chance.choice([0.0, -1.0, -2.0, 1.0])
    return (ours, theirs) if seed % 3 else (ours, ours.copy())


def _index(seed: int) -> np.ndarray:
    """Above zero, from the smallest numbers to the largest; at times nothing is left in the end."""
    index = 10.0 ** np.random.default_rng(seed).uniform(-300, 300, N)
    index[N - seed % 4 :] = 0.0
    return index


TRIALS: dict[str, Callable[[int], Any]] = {
    "volatility": lambda s: risk.annual_volatility(_series(s)[0], **YEAR),
    "downside": lambda s: risk.downside_deviation(_series(s)[0], **YEAR),
    "sharpe": lambda s: risk.sharpe_ratio(_series(s)[0], **YEAR),
    "sortino": lambda s: risk.sortino_ratio(_series(s)[0], **YEAR),
    "drawdowns": lambda s: [drawdown.drawdown_series(_index(s)), drawdown.drawdowns(_index(s))],
    "maximum drawdown": lambda s: drawdown.maximum_drawdown(_index(s)),
    "calmar": lambda s: drawdown.calmar_ratio(_index(s), days=365 + s),
    "ulcer": lambda s: drawdown.ulcer_index(_index(s)),
    "line": lambda s: relative.line(*_series(s), **YEAR),
    "r_squared": lambda s: relative.r_squared(*_series(s)),
    "tracking error": lambda s: relative.tracking_error(*_series(s), **YEAR),
    "information ratio": lambda s: relative.information_ratio(*_series(s), **YEAR),
    "up capture": lambda s: relative.up_capture(*_series(s)),
    "down capture": lambda s: relative.down_capture(*_series(s)),
    "historical tail": lambda s: tail.tail(_series(s)[0], level=0.99, method="historical", horizon=1 + s % 10),
    "normal tail": lambda s: tail.tail(_series(s)[0], level=0.99, method="normal", horizon=10),
    "bent tail": lambda s: tail.tail(_series(s)[0], level=0.95, method="cornish_fisher"),
    "historical back-test": lambda s: tail.back_test(_series(s)[0], level=0.95, method="historical", window=20),
    "normal back-test": lambda s: tail.back_test(_series(s)[0], level=0.95, method="normal", window=20),
    "bent back-test": lambda s: tail.back_test(_series(s)[0], level=0.95, method="cornish_fisher", window=20),
    "covariance": lambda s: covariance.ledoit_wolf(np.column_stack(_series(s))),
    "risk parts": lambda s: covariance.risk_parts(_index(s)[:2], np.diag(np.abs(_series(s)[0][:2])), **YEAR),
    "correlations": lambda s: covariance.correlations(np.column_stack(_series(s))),
    "average correlation": lambda s: covariance.average_correlation(np.column_stack(_series(s))),
    "diversification ratio": lambda s: covariance.diversification_ratio(_index(s)[:2], np.diag(np.abs(_series(s)[0][:2]))),
    "holding weights": lambda s: diversification.holding_weights(_series(s)[0]),
    "weights": lambda s: diversification.weights(_series(s)[0], np.eye(N)),
    "shocks": lambda s: stress.shocked(_series(s)[0], np.abs(_series(s)[1])),
    "past period": lambda s: stress.past_period(_series(s)[0][:2], np.vstack((_index(4 * s), _index(4 * s + 4))), np.array([True, s % 2 == 0])),
    "rolling volatility": lambda s: rolling.rolling_volatility(_series(s)[0], window=20, **YEAR),
    "rolling sharpe": lambda s: rolling.rolling_sharpe(_series(s)[0], window=20, **YEAR),
    "rolling beta": lambda s: rolling.rolling_beta(*_series(s), window=20),
    "rolling correlation": lambda s: rolling.rolling_correlation(*_series(s), window=20),
    "rolling return": lambda s: rolling.rolling_returns(np.resize(_index(s), 800), days=1 + (s % 2) * 400),
    "calendar": lambda s: months.calendar_returns(np.abs(_series(s)[0]), np.ones(N, dtype=bool), date(2024, 1, 1)),
    "simple return": lambda s: returns.simple_return(_index(s)[0], _index(s)[1], _index(s), _index(s + 1)),
    "gross growth": lambda s: returns.daily_growth(_index(s), *returns.before_costs(_index(s)[1:], _index(s)[1:], _index(s + 1)[1:])),
    "rates": lambda s: money_weighted_returns(np.arange(N) % 3, np.arange(N) * (1 + s), _series(s)[0], positions=4),
    "contributions": lambda s: contribution.contributions(np.vstack(_series(s)), _index(s)),
    "linking": lambda s: contribution.linking_factors(np.maximum(_series(s)[0], -0.9)),
    "gains": lambda s: contribution.holding_gains(np.vstack(_series(s)), *(np.abs(np.vstack(_series(s)))[:, 1:] for _ in range(2))),
    "attribution": lambda s: brinson_fachler(np.full((N, 1), 1.0), _series(s)[0][:, None], np.full((N, 1), 1.0), _series(s)[1][:, None]),
    "drivers": lambda s: drivers(
        _index(s)[None, :] ** 0.1,
        _index(s + 1)[None, :] ** (s % 2),
        np.zeros((1, N - 1)),
        **dict.fromkeys(("flows", "income", "costs"), np.zeros(N - 1)),
    ),
    "projection": lambda s: projection.projection(_series(s)[0], start=1.0, contribution=1.0, days=3, steps=20, futures=20),
    "robust deviation": lambda s: anomaly.robust_deviation(_series(s)[0], 1.0),
    "robust deviations": lambda s: anomaly.robust_deviations(_series(s)[0], window=20),
}


def _numbers(answer: Any) -> list[float]:
    if isinstance(answer, Answers):
        return _numbers(answer.values)
    if dataclasses.is_dataclass(answer):
        return [number for field in dataclasses.fields(answer) for number in _numbers(getattr(answer, field.name))]
    if isinstance(answer, list | tuple):
        return [number for part in answer for number in _numbers(part)]
    return np.asarray(answer, dtype=np.float64).ravel().tolist() if answer is not None else []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", TRIALS)
def test_nothing_but_numbers_and_reasons_comes_out(name: str) -> None:
    answered = 0
    for seed in range(200):
        try:
            numbers = _numbers(TRIALS[name](seed))
        except Undefined as answer:
            assert answer.reason
            continue
        assert np.isfinite(numbers).all(), (name, seed)
        answered += 1
    assert answered

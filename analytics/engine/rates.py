"""The money-weighted returns of many positions in one pass.  numbers.md: "Money-weighted".

All flows lie in one flat array, position by position, and Newton's steps are taken for all positions at once.  A rate found
that way is kept where it is sure to be the only one.  The rest, few in practice, go one by one through
`returns.money_weighted_return`, which finds every rate.  So both answer alike.

When a rate is the only one: let S(t) be the money at work at the time t (what was paid in and received up to t), discounted at the
rate found, and I(t) its integral from 0 to t.  The sum of all flows, discounted by another h besides, is h·∫ e^(-ht)·S(t) dt.  For
h > 0 the integral is e^(-hT)·I(T) + h·∫ e^(-ht)·I(t) dt, of one sign if I is; for h < 0 the same holds with the integral from t to T,
I(T) - I(t).  So if I(t)/I(T) lies between 0 and 1 everywhere, no other rate balances the flows.  That is so wherever S is of one
sign (Soper 1959, The marginal efficiency of capital: a further note, Economic Journal 69), and often where it is not.

Where that does not prove it, the range of rates is cut into intervals.  Discounted, what was paid in and what was received both fall
as the rate rises, so their values at the two ends of an interval bound the sum, and likewise its slope, between them.  If on every
interval the sum or its slope is of one sign, then as many rates balance the flows as the sum changes sign from end to end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics.engine.answers import Answers
from analytics.engine.arrays import BoolArray, FloatArray, IntArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.returns import DAYS_A_YEAR, LARGEST_RATE, NO_MONEY, NO_RATE, NOTHING_BACK, NOTHING_PAID, SMALLEST_RATE, money_weighted_return

_STEPS = 12
_CLOSE = 1e-7  # a step this small has twice as many digits right after the next one
_ROUNDING = 1e-11  # as a share of all that moved
_CUTS = np.linspace(0.0, 1.0, 193) ** 3  # of the range on each side of a rate of zero; finer around it, where rates live
_NEAR = 1e-9  # curves nearer than this may meet by rounding
_FARTHEST = 300.0  # log growth beyond which powers leave the range of numbers
_REASONS = (NO_MONEY, NOTHING_BACK, NOTHING_PAID, NO_RATE)


@dataclass(frozen=True, slots=True, eq=False)
class _Flows:
    """Flows of q positions, position by position and day by day, each day once, none zero."""

    owner: IntArray  # (q,) ascending
    starts: IntArray  # (q,) where the flows of each begin
    counts: IntArray  # (q,)
    days: FloatArray  # (k,)
    amounts: FloatArray  # (k,)

    def sums(self, values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, self.starts))

    def spread(self, values: FloatArray) -> FloatArray:
        return np.repeat(values, self.counts)

    def of(self, chosen: BoolArray) -> _Flows:
        """Those of some of the positions."""
        if chosen.all():
            return self
        counts = self.counts[chosen]
        inside = np.repeat(chosen, self.counts)
        return _Flows(self.owner[chosen], np.cumsum(counts) - counts, counts, self.days[inside], self.amounts[inside])


@finite_or("the rate is beyond all numbers")
def money_weighted_returns(position: IntArray, days: IntArray, amounts: FloatArray, *, positions: int, near: Answers | None = None) -> Answers:
    """The rate of each position, as `money_weighted_return` answers it.

    position  (k,)  which position a flow belongs to, 0 … positions - 1
    days      (k,)  whole numbers of days, from any origin, in any order (quicker: by position, then day)
    amounts   (k,)  negative: paid in (the opening value among them); positive: received (the closing value among them)
    near      (positions,)  the modified Dietz return of each: of several roots the one nearest to it is taken

    Returns (positions,): a year's rate where first and last amount are 365 days or more apart, else for the time between them.
    Raises MalformedSeries if lengths disagree or a position is not one of them.
    """
    flows = _merged(position, days, amounts, positions)
    rates, code = np.zeros(positions), np.ones(positions, dtype=np.int8)  # 1: NO_MONEY
    if len(flows.owner):
        least, most = np.minimum.reduceat(flows.amounts, flows.starts), np.maximum.reduceat(flows.amounts, flows.starts)
        code[flows.owner] = np.where(most < 0, 2, np.where(least > 0, 3, 0))
        flows = flows.of((least < 0) & (most > 0))
    if len(flows.owner):
        found, right, above, below = _newton(flows)
        sure = right & _only(flows, found, right, above, below)
        rates[flows.owner[sure]] = found[sure]
        for place in np.flatnonzero(~sure):
            owner, part = int(flows.owner[place]), slice(flows.starts[place], flows.starts[place] + flows.counts[place])
            guess = near.at(owner) if near is not None and near.known[owner] else None
            try:
                rates[owner] = money_weighted_return(flows.days[part].astype(np.int64), flows.amounts[part], near=guess)
            except Undefined as answer:
                code[owner] = 1 + _REASONS.index(answer.reason)
    return Answers(rates, code, _REASONS)


def one_rate(days: IntArray, amounts: FloatArray, *, near: float | None = None) -> float:
    """The rate of one position, as `returns.money_weighted_return` answers it; many times quicker where it is sure to be the only one.

    Arguments and what it raises as there.
    """
    guess = None if near is None else Answers(np.array([near]), np.zeros(1, dtype=np.int8))
    return money_weighted_returns(np.zeros(len(days), dtype=np.int64), days, amounts, positions=1, near=guess).at(0)


def _merged(position: IntArray, days: IntArray, amounts: FloatArray, positions: int) -> _Flows:
    owner, when = np.asarray(position, dtype=np.int64), np.asarray(days, dtype=np.int64)
    much = checked("amounts", amounts)
    if owner.shape != much.shape or when.shape != much.shape:
        raise MalformedSeries(f"{len(owner)} positions and {len(when)} days stand beside {len(much)} amounts")
    if len(owner) and not (owner.min() >= 0 and owner.max() < positions):
        raise MalformedSeries(f"a flow belongs to none of the {positions} positions")
    key = owner * (int(np.ptp(when)) + 1) + (when - when.min()) if len(owner) else owner
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, owner, when, much = key[order], owner[order], when[order], much[order]
    first = np.concatenate(([True], key[1:] != key[:-1]))[: len(key)]
    if not first.all():
        owner, when, much = owner[first], when[first], np.add.reduceat(much, np.flatnonzero(first))
    kept = much != 0
    owner, when, much = owner[kept], when[kept], much[kept]
    starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1]))[: len(owner)])
    counts = np.diff(np.append(starts, len(owner)))
    return _Flows(owner[starts], starts, counts, when.astype(np.float64), much)


def _scaled(flows: _Flows) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Days as shares of the time from first to last, amounts over the largest of each position; and years, a part of one as a whole."""
    begins = flows.days[flows.starts]
    span = flows.days[flows.starts + flows.counts - 1] - begins
    share = (flows.days - flows.spread(begins)) / flows.spread(span)
    amounts = flows.amounts / flows.spread(np.maximum.reduceat(np.abs(flows.amounts), flows.starts))
    return share, amounts, np.maximum(span / DAYS_A_YEAR, 1.0)


def _newton(flows: _Flows) -> tuple[FloatArray, BoolArray, BoolArray, BoolArray]:
    """Rates; which of them balance the flows inside the bounds; and where surely no other lies above, and below."""
    share, amounts, years = _scaled(flows)
    growth = _first_guess(flows, share, amounts)
    settled = np.zeros(len(growth), dtype=bool)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            worth = amounts * np.exp(-flows.spread(growth) * share)
            step = flows.sums(worth) / flows.sums(share * worth)
            growth = np.clip(growth + np.where(np.isfinite(step), step, 0.0), -_FARTHEST, _FARTHEST)
            if settled.all():
                break
            settled = np.abs(step) <= _CLOSE * np.maximum(np.abs(growth), 1.0)
        worth = amounts * np.exp(-flows.spread(growth) * share)
    moved = flows.sums(np.abs(worth))
    balanced = np.abs(flows.sums(worth)) <= _ROUNDING * moved
    above, below = _none_beside(flows, share, worth / flows.spread(moved))
    inside = (growth > math.log1p(SMALLEST_RATE) * years) & (growth < math.log1p(LARGEST_RATE) * years) & (np.abs(growth) < _FARTHEST)
    return np.expm1(growth / years), settled & balanced & inside, above, below


def _none_beside(flows: _Flows, share: FloatArray, worth: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Whether the flows of each position, discounted, prove that no rate lies above its own, and none below; see the head of this file."""
    at_work = np.cumsum(worth)  # every position sums to zero at its rate, so what came before adds next to nothing
    at_work -= flows.spread(np.concatenate(([0.0], at_work))[flows.starts])
    ahead = np.append(np.diff(share), 0.0)
    ahead[flows.starts + flows.counts - 1] = 0.0
    area = np.cumsum(at_work * ahead)
    area -= flows.spread(np.concatenate(([0.0], area))[flows.starts])
    whole = area[flows.starts + flows.counts - 1]
    with np.errstate(all="ignore"):
        part = area / flows.spread(whole)
    least, most = np.minimum.reduceat(part, flows.starts), np.maximum.reduceat(part, flows.starts)
    weighty = np.abs(whole) > 1e3 * _ROUNDING
    return weighty & (least >= 0.0), weighty & (most <= 1.0)


def _only(flows: _Flows, rates: FloatArray, right: BoolArray, above: BoolArray, below: BoolArray) -> BoolArray:
    """Which rates are surely the only ones: none above and none below, or by the search through intervals one change of sign."""
    sure = above & below
    asked = np.flatnonzero(right & ~sure)
    if not len(asked):
        return sure
    share, amounts, years = _scaled(flows)
    for place in asked:
        part = slice(flows.starts[place], flows.starts[place] + flows.counts[place])
        up = down = (0, True)  # the side of zero on which the rate is not needs no search where none lies that way
        if rates[place] >= 0 or not above[place]:
            up = _changes(share[part], amounts[part], math.log1p(LARGEST_RATE) * years[place])
        if rates[place] <= 0 or not below[place]:
            down = _changes(1.0 - share[part], amounts[part], -math.log1p(SMALLEST_RATE) * years[place])
        sure[place] = up[1] and down[1] and up[0] + down[0] == 1
    return sure


def _changes(weight: FloatArray, amounts: FloatArray, reach: float) -> tuple[int, bool]:
    """Changes of sign of the sum of amounts·e^(-h·weight) for h from 0 to reach, and whether it surely crosses zero no more often."""
    received = np.maximum(amounts, 0.0)
    sides = np.stack((received, received - amounts, weight * received, weight * (received - amounts)))
    curves = sides @ np.exp(-weight[:, None] * (reach * _CUTS))  # received, paid, and the slopes of both, all falling
    low, high = curves[:, 1:], curves[:, :-1] * (1.0 + _NEAR)
    certain = (low[0] > high[1]) | (low[1] > high[0]) | (low[2] > high[3]) | (low[3] > high[2])
    above = curves[0] > curves[1]
    return int((above[1:] != above[:-1]).sum()), bool(certain.all() and (curves[0] != curves[1]).all())


def _first_guess(flows: _Flows, share: FloatArray, amounts: FloatArray) -> FloatArray:
    """The log growth that balances all paid in, at its mean day, with all received, at its own."""
    received = np.maximum(amounts, 0.0)
    paid = received - amounts
    total_in, total_out = flows.sums(paid), flows.sums(received)
    between = flows.sums(received * share) / total_out - flows.sums(paid * share) / total_in
    guess = np.log(total_out / total_in) / np.where(np.abs(between) < 0.05, 1.0, between)
    return np.asarray(np.clip(guess, -5.0, 5.0))

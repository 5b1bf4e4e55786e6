"""Whether too much lies in one place, by what a person finds too much.  docs/numbers.md: "Concentration".

Cash is no holding, sector or country here; it is of its currency and its account.  Shares are of the gross exposure.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from analytics.choices import By, Check
from analytics.models import ConcentrationLimit
from analytics.selectors.amounts import Slice
from analytics.selectors.mix.exposure import Mix, is_cash
from analytics.selectors.mix.shapes import Concentration, Limit
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.numbers import share as percent

STANDING = {  # for who set nothing: where a look is worth it, and no advice
    Check.LARGEST_HOLDING: Decimal("0.15"),
    Check.LARGEST_FIVE: Decimal("0.5"),
    Check.SECTOR: Decimal("0.35"),
    Check.COUNTRY: Decimal("0.65"),
    Check.CURRENCY: Decimal("0.7"),
    Check.ACCOUNT: Decimal("0.8"),
}
FIVE = 5
_BY = {Check.SECTOR: By.SECTOR, Check.COUNTRY: By.COUNTRY, Check.CURRENCY: By.CURRENCY, Check.ACCOUNT: By.ACCOUNT}


def limits_of(user: Any) -> tuple[Limit, ...]:
    """What a person set, and what stands where they set nothing.  One query."""
    own = {row.check_name: row for row in ConcentrationLimit.objects.visible_to(user)}
    return tuple(_limit(check, own.get(check.value)) for check in Check)


def _limit(check: Check, own: ConcentrationLimit | None) -> Limit:
    return Limit(check, STANDING[check], True, False) if own is None else Limit(check, own.threshold, own.is_on, True)


def checked(mix: Mix, limits: Iterable[Limit]) -> tuple[Concentration, ...]:
    """Each check, in the order of `Check`."""
    return tuple(_checked(mix, limit) for limit in limits)


def places(mix: Mix, check: Check) -> tuple[Slice, ...]:
    """What a check looks at, the largest first: its parts that have a name and a weight, cash aside where cash is none of them."""
    by = _BY.get(check, By.HOLDING)
    counts_cash = check in {Check.CURRENCY, Check.ACCOUNT}
    return tuple(one for one in mix.slices(by) if one.key and one.weight.known and (counts_cash or not is_cash(one)))


def _checked(mix: Mix, limit: Limit) -> Concentration:
    found = places(mix, limit.check)
    top = found[:FIVE] if limit.check is Check.LARGEST_FIVE else found[:1]
    name = top[0].name if len(top) == 1 else f"the {len(top)} largest holdings"
    share = _share(mix, limit.check, top)
    if not limit.is_on:
        return Concentration(limit, share, name if top else "", "off", "This check is off.")
    if not isinstance(share.value, Decimal):
        return Concentration(limit, share, "", "unknown", share.why_not)
    beyond = share.value > limit.threshold
    words = f"{name[:1].upper()}{name[1:]} {'make' if len(top) > 1 else 'makes'} {percent(share)}"
    allowed = percent(limit.threshold)
    sentence = f"{words}, more than {allowed}." if beyond else f"{words}; up to {allowed} is within the limit."
    return Concentration(limit, share, name, "beyond" if beyond else "within", sentence + _open(mix, limit, share.value, beyond))


def _share(mix: Mix, check: Check, top: tuple[Slice, ...]) -> Figure:
    if not mix.exposure.known:
        return Figure.undefined(check.value, Unit.FRACTION, mix.exposure.why_not)
    if check is Check.ACCOUNT and len(mix.scope.portfolios) < 2:
        return Figure.undefined(check.value, Unit.FRACTION, "Only one account is looked at.")
    if not top:
        what = {Check.SECTOR: "is classified by sector", Check.COUNTRY: "is classified by country"}.get(check, "but cash")
        why = f"Nothing {what}{' is held' if what == 'but cash' else ' yet'}."
        return Figure.undefined(check.value, Unit.FRACTION, why)
    weights = [one.weight.value for one in top if isinstance(one.weight.value, Decimal)]
    return Figure(check.value, Unit.FRACTION, sum(weights, Decimal(0)), stale_since=mix.exposure.stale_since)


def _open(mix: Mix, limit: Limit, share: Decimal, beyond: bool) -> str:
    """What is said where the unclassified part might change the answer."""
    by = _BY.get(limit.check)
    rest = next((one.weight.value for one in mix.slices(by) if not one.key), None) if by is not None else None
    if beyond or not isinstance(rest, Decimal) or share + rest <= limit.threshold:
        return ""
    return f" {percent(rest)} is unclassified and could change this."

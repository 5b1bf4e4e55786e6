"""ISINs learned from searches.  No source that asks for no money tells the ISIN of a symbol; some find the symbols of an ISIN.

Whoever searches for an ISIN, by hand or with a statement that names it, makes the sources say which listings have it.  Where one of these
is listed here without an ISIN, it has this one from then on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import transaction

from market.choices import AssetClass
from market.hits import Hit
from market.models import Instrument
from market.selectors.searching import instruments_of

log = logging.getLogger(__name__)
_WITH_ISIN = (AssetClass.STOCK, AssetClass.ETF, AssetClass.FUND, AssetClass.BOND)


@transaction.atomic
def learn_isin(isin: str, found: Sequence[Hit]) -> tuple[int, ...]:
    """Writes down which of everybody's instruments has the ISIN by which sources found it; answers those that had none.

    Left alone: one that has an ISIN; all of them where another instrument of another class has it; a second one at one exchange and
    currency.  Four queries at most.
    """
    wanted = [hit for hit in found if hit.isin == isin]
    pointed = set(instruments_of(wanted).values())
    if not pointed:
        return ()
    rows = list(Instrument.objects.select_for_update().filter(pk__in=pointed, owner=None, isin="", asset_class__in=_WITH_ISIN).order_by("pk"))
    holders = list(Instrument.objects.filter(owner=None, isin=isin))
    places, classes = {(one.exchange, one.currency) for one in holders}, {one.asset_class for one in holders}
    learned = []
    for one in rows:
        if (one.exchange, one.currency) in places or classes - {one.asset_class}:
            continue
        one.isin = isin
        places.add((one.exchange, one.currency))
        classes.add(one.asset_class)
        learned.append(one)
    Instrument.objects.bulk_update(learned, ["isin"])
    if learned:
        log.info("isin.learned", extra={"isin": isin, "instruments": [one.pk for one in learned]})
    return tuple(one.pk for one in learned)

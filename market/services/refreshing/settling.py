"""What stands of an instrument after sources were heard: pure.

What is blank is filled in.  What stands is changed only where the source that said it says something else now, and no other agrees with
what stands; whoever says something else beside it is in conflict, which an administrator sees and decides.  What an administrator said
stays.  The industry comes with the sector, since every source has its own list of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from market.choices import AssetClass
from market.classes import Words, region_of


@dataclass(frozen=True, slots=True)
class Said(Words):
    """One source's word, or what stands."""

    isin: str = ""


def settled(
    stands: Said, said: Sequence[Said], before: Sequence[Said] = (), decided: Collection[str] = (), taken: Collection[str] = ()
) -> dict[str, str]:
    """The fields that change, with what they become.

    said    what each source says now, the preferred first
    before  what the same sources said before they were heard now, in the same order; shorter where there was nothing
    decided fields of which an administrator spoke
    taken   ISINs that this listing cannot have
    """
    was = [*before, *[Said()] * (len(said) - len(before))]
    changes: dict[str, str] = {}
    for field in ("sector", "country"):
        if field not in decided and (new := _follows(field, stands, said, was)):
            changes[field] = new
    sector = changes.get("sector", stands.sector)
    if "industry" not in decided and sector and ("sector" in changes or not stands.industry):
        changes["industry"] = next(
            (one.industry for one in said if one.sector == sector and one.industry), "" if "sector" in changes else stands.industry
        )
    if "region" not in decided and (country := changes.get("country", stands.country)) and ("country" in changes or not stands.region):
        changes["region"] = region_of(country)
    if "asset_class" not in decided and stands.asset_class == AssetClass.OTHER:
        changes["asset_class"] = next((one.asset_class for one in said if one.asset_class), stands.asset_class)
    if not stands.isin:
        changes["isin"] = next((one.isin for one in said if one.isin and one.isin not in taken), "")
    return {field: value for field, value in changes.items() if value != getattr(stands, field)}


def told(said: Sequence[Said], decided: Mapping[str, str]) -> dict[str, str]:
    """Everything anew, as if nothing stood: what an administrator says, else the first source that says anything."""
    fresh = settled(Said(), said, decided=[field for field, value in decided.items() if value])
    found = {field: fresh.get(field, "") for field in ("sector", "industry", "country", "region")}
    found |= {field: value for field, value in decided.items() if value and field in found}
    if not decided.get("region") and found["country"]:
        found["region"] = region_of(found["country"])
    return found


def _follows(field: str, stands: Said, said: Sequence[Said], was: Sequence[Said]) -> str:
    now = getattr(stands, field)
    words = [getattr(one, field) for one in said]
    if not now:
        return next((word for word in words if word), "")
    if now in words:
        return ""
    return next((word for word, old in zip(words, was, strict=True) if word and getattr(old, field) == now), "")

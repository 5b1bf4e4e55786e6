"""The lists by which instruments are told apart: eleven sectors, and the regions that countries are in.

The sectors are those of the Global Industry Classification Standard, one for one, in plain words; `providers/naming.py` has the words that
sources use for them.  Regions follow the United Nations' standard M49 (https://unstats.un.org/unsd/methodology/m49/): its continents, with the
Americas in two, as M49 itself divides them (021, here North America, and 419).  A country that M49 does not list is where its neighbours are.
"""

from __future__ import annotations

from dataclasses import dataclass

SECTORS = (
    "Basic materials",
    "Communication services",
    "Consumer discretionary",
    "Consumer staples",
    "Energy",
    "Financials",
    "Health care",
    "Industrials",
    "Real estate",
    "Technology",
    "Utilities",
)
_COUNTRIES = {
    "Africa": "AC AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH "
    "SL SN SO SS ST SZ TA TD TF TG TN TZ UG YT ZA ZM ZW",
    "Asia": "AE AF AM AZ BD BH BN BT CN CY GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM "
    "TR TW UZ VN YE DG",
    "Europe": "AD AL AT AX BA BE BG BY CH CQ CZ DE DK EA EE ES FI FO FR GB GG GI GR HR HU IC IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS "
    "RU SE SI SJ SK SM UA VA XK",
    "Latin America and the Caribbean": "AG AI AR AW BB BL BO BQ BR BS BV BZ CL CO CR CU CW DM DO EC FK GD GF GP GS GT GY HN HT JM KN KY LC MF MQ MS MX "
    "NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI",
    "North America": "BM CA GL PM US",
    "Oceania": "AS AU CC CK CP CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}
REGIONS = (*_COUNTRIES, "World")  # the last for what is spread over all of them
_REGION_OF = {country: region for region, countries in _COUNTRIES.items() for country in countries.split()}
COUNTRIES = tuple(sorted(_REGION_OF))  # ISO 3166-1 alpha-2


def region_of(country: str) -> str:
    """The region that a country (ISO 3166-1 alpha-2) is in; empty for none and for Antarctica, which nothing is issued in."""
    return _REGION_OF.get(country, "")


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says that an instrument is; blank where they say nothing."""

    asset_class: str = ""
    sector: str = ""
    industry: str = ""
    country: str = ""
    region: str = ""

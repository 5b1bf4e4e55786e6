"""A guess of a person's basics, and of their device, from what the browser says.  The basics can be changed on the welcome page."""

from __future__ import annotations

from dataclasses import dataclass

from babel.core import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.choices import LOCALES, CostMethod

_KNOWN = {code.lower(): code for code, _ in LOCALES}
_FIRST_OF_LANGUAGE = {"en": "en-GB", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "it": "it-IT", "nl": "nl-NL", "no": "nb-NO", "pt": "pt-PT"}
# Where the law or the custom of private investors counts lots first in, first out; elsewhere the average is the common answer.
_FIFO = frozenset({"AU", "DE", "ES", "IN", "NZ", "PL", "PT", "US"})


@dataclass(frozen=True, slots=True)
class Basics:
    locale: str = "en-GB"
    base_currency: str = "EUR"
    tax_residence: str = ""
    cost_method: str = CostMethod.AVERAGE


def guess_locale(accept_language: str) -> str:
    """The first language asked for that numbers can be written in; en-GB if there is none."""
    for tag, _ in parse_accept_lang_header(accept_language.lower()[:500]):
        if tag in _KNOWN:
            return _KNOWN[tag]
        language = tag.partition("-")[0]
        if language in _FIRST_OF_LANGUAGE:
            return _FIRST_OF_LANGUAGE[language]
        for code in _KNOWN.values():
            if code.startswith(f"{language}-"):
                return code
    return "en-GB"


def guess_basics(accept_language: str) -> Basics:
    """Locale, and by its region the currency, the country and the cost method.

    A language without a region says nothing of the country: then currency and country stay at the defaults.
    """
    locale = guess_locale(accept_language)
    region = _region_asked_for(accept_language)
    if not region:
        return Basics(locale=locale)
    currencies = get_territory_currencies(region)
    return Basics(
        locale=locale,
        base_currency=currencies[0] if currencies else "EUR",
        tax_residence=region,
        cost_method=CostMethod.FIFO if region in _FIFO else CostMethod.AVERAGE,
    )


def _region_asked_for(accept_language: str) -> str:
    for tag, _ in parse_accept_lang_header(accept_language.lower()[:500]):
        try:
            territory = Locale.parse(tag, sep="-").territory
        except (UnknownLocaleError, ValueError):
            continue
        return territory if territory and len(territory) == 2 and territory.isalpha() else ""
    return ""


# The first that is found is taken: browsers name the ones that they pretend to be as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """What a person would call it: “Firefox on Windows”.  The first word of what a program says it is, where it is no browser."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent.partition("/")[0].strip()[:40] or "Unknown device"

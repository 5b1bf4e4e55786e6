"""Exchanges by their code (MIC, ISO 10383): what people call them, where they are, and whose trading days they keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """`calendar` is the code under which exchange_calendars has its sessions; "" where it has none."""

    mic: str
    name: str
    country: str  # ISO 3166-1 alpha-2
    calendar: str


_ROWS = """
XNYS NYSE US XNYS|XNAS NASDAQ US XNYS|XASE NYSE_American US XNYS|ARCX NYSE_Arca US XNYS|BATS Cboe_US US XNYS|OTCM OTC_Markets US XNYS
XLON London GB XLON|XETR Xetra DE XETR|XFRA Frankfurt DE XFRA|XSTU Stuttgart DE XSTU|XMUN Munich DE XFRA|XDUS Düsseldorf DE XDUS
XHAM Hamburg DE XHAM|XBER Berlin DE XFRA|XGAT Tradegate DE XFRA|XPAR Paris FR XPAR|XAMS Amsterdam NL XAMS|XBRU Brussels BE XBRU
XMIL Milan IT XMIL|XMAD Madrid ES XMAD|XSWX Swiss_Exchange CH XSWX|XWBO Vienna AT XWBO|XCSE Copenhagen DK XCSE|XSTO Stockholm SE XSTO
XOSL Oslo NO XOSL|XHEL Helsinki FI XHEL|XICE Iceland IS XICE|XDUB Dublin IE XDUB|XLIS Lisbon PT XLIS|XWAR Warsaw PL XWAR|XPRA Prague CZ XPRA
XBUD Budapest HU XBUD|ASEX Athens GR ASEX|XIST Istanbul TR XIST|XTAE Tel_Aviv IL XTAE|XTSE Toronto CA XTSE|XTSX TSX_Venture CA XTSE
NEOE Cboe_Canada CA XTSE|XASX Sydney AU XASX|XNZE New_Zealand NZ XNZE|XTKS Tokyo JP XTKS|XHKG Hong_Kong HK XHKG|XSHG Shanghai CN XSHG
XSHE Shenzhen CN XSHG|XKRX Korea KR XKRX|XKOS KOSDAQ KR XKRX|XTAI Taiwan TW XTAI|ROCO Taipei_Exchange TW XTAI|XSES Singapore SG XSES
XNSE National_India IN XBOM|XBOM Bombay IN XBOM|XIDX Jakarta ID XIDX|XKLS Kuala_Lumpur MY XKLS|XBKK Bangkok TH XBKK|XJSE Johannesburg ZA XJSE
BVMF São_Paulo BR BVMF|XMEX Mexico MX XMEX|XBUE Buenos_Aires AR XBUE|XSGO Santiago CL XSGO|XLIM Lima PE XLIM|XBOG Bogotá CO XBOG
XSAU Riyadh SA XSAU|XKUW Kuwait KW |XCAI Cairo EG |XCME CME US CMES|XCEC COMEX US CMES|XNYM NYMEX US CMES|XCBT CBOT US CMES
"""


def _read(row: str) -> Exchange:
    mic, name, country, calendar = row.split(" ")
    return Exchange(mic, name.replace("_", " "), country, calendar)


EXCHANGES: dict[str, Exchange] = {one.mic: one for line in _ROWS.strip().splitlines() for one in map(_read, line.split("|"))}
# what people and files write for one; each in capitals
_ALIASES = {one.name.upper(): one.mic for one in EXCHANGES.values()} | {
    "LSE": "XLON", "FWB": "XFRA", "GETTEX": "XMUN", "IBIS": "XETR", "TSX": "XTSE", "SIX": "XSWX", "EBS": "XSWX", "JPX": "XTKS", "TSE": "XTKS",
    "ASX": "XASX", "HKEX": "XHKG", "SEHK": "XHKG", "SSE": "XSHG", "NSE": "XNSE", "BSE": "XBOM", "JSE": "XJSE", "ARCA": "ARCX", "AMEX": "XASE",
    "SGX": "XSES", "OMX": "XSTO", "TASE": "XTAE", "BME": "XMAD", "EURONEXT PARIS": "XPAR", "EURONEXT AMSTERDAM": "XAMS", "LONDON STOCK EXCHANGE": "XLON",
    "NASDAQ STOCK EXCHANGE": "XNAS", "NEW YORK STOCK EXCHANGE": "XNYS", "DEUTSCHE BÖRSE XETRA": "XETR", "BORSA ITALIANA": "XMIL",
}  # fmt: skip


def known_exchange(text: str) -> Exchange | None:
    """The exchange of a code or of one of its names; None for what is neither."""
    name = text.strip().upper()
    return EXCHANGES.get(name) or EXCHANGES.get(_ALIASES.get(name, ""))


def exchange_code(text: str) -> str:
    """Its MIC, to be compared and stored; the text in capitals where it is not known."""
    known = known_exchange(text)
    return known.mic if known else text.strip().upper()


def shown_exchange(text: str) -> str:
    """What people call it; the text itself where it is not known."""
    known = known_exchange(text)
    return known.name if known else text

"""Yahoo's codes of exchanges and its symbols, beside the ISO 10383 MIC of each."""

from __future__ import annotations

# MIC, suffix of a symbol ("-": none; "=": futures, which are written in another way), codes in answers.
# Coins, currencies and indices (CCC, CCY, SNP, …) are listed nowhere
_ROWS = """
XNAS - NMS NGM NCM NAS|XNYS - NYQ NYS|XASE - ASE|ARCX - PCX|BATS - BTS|OTCM - PNK OQB OQX OEM OID
XTSE TO TOR|XTSX V VAN|XCNQ CN CNQ|NEOE NE NEO|XMEX MX MEX|BVMF SA SAO|XBUE BA BUE|XSGO SN SGO
XLON L LSE IOB|NEXX AQ AQS|CHIX XC CXE|XDUB IR ISE|XPAR PA PAR|XAMS AS AMS|XBRU BR BRU|XLIS LS LIS|XMIL MI MIL|XMAD MC MCE
XETR DE GER|XFRA F FRA|XSTU SG STU|XDUS DU DUS|XBER BE BER|XMUN MU MUN|XHAM HM HAM|XHAN HA HAN|XSWX SW EBS|XWBO VI VIE
XCSE CO CPH|XSTO ST STO|XOSL OL OSL|XHEL HE HEL|XICE IC ICE|XTAL TL TAL|XRIS RG RIS|XLIT VS LIT
XWAR WA WSE|XPRA PR PRA|XBUD BD BUD|ASEX AT ATH|XIST IS IST|XTAE TA TLV|XSAU SR SAU|XKUW KW KUW|DSMD QA DOH|XCAI CA CAI|XJSE JO JNB
XTKS T JPX TYO|XHKG HK HKG|XSHG SS SHH|XSHE SZ SHZ|XKRX KS KSC|XKOS KQ KOE|XTAI TW TAI|ROCO TWO TWO|XSES SI SES|XNSE NS NSI|XBOM BO BSE
XASX AX ASX|XNZE NZ NZE|XIDX JK JKT|XKLS KL KLS|XBKK BK SET|XCEC = CMX|XNYM = NYM|XCBT = CBT|XCME = CME|IFUS = NYB
"""
_TABLE = [row.split() for row in _ROWS.replace("\n", "|").split("|") if row]
_MIC_OF = {code: mic for mic, _, *codes in _TABLE for code in codes}
_SUFFIX_OF = {mic: "" if suffix == "-" else f".{suffix}" for mic, suffix, *_ in _TABLE if suffix != "="}
_METALS_AND_ENERGY = frozenset({"XCEC", "XNYM"})

# quoteType of an answer → choices.AssetClass.  Options and what has no type are no instruments
_CLASSES = {
    "EQUITY": "stock",
    "ETF": "etf",
    "MUTUALFUND": "fund",
    "MONEYMARKET": "fund",
    "INDEX": "index",
    "CRYPTOCURRENCY": "crypto",
    "CURRENCY": "currency",
    "FUTURE": "other",
}


def mic_of(code: object) -> str:
    """The MIC of Yahoo's code; empty for one that is not known and for what is listed nowhere."""
    return _MIC_OF.get(str(code or ""), "")


def asset_class(quote_type: object, code: object = "") -> str:
    """The asset class of Yahoo's type; a future on metals or energy is a commodity.  Empty for what is no instrument."""
    if quote_type == "FUTURE" and mic_of(code) in _METALS_AND_ENERGY:
        return "commodity"
    return _CLASSES.get(str(quote_type or ""), "")


def symbol_for(ticker: str, mic: str) -> str | None:
    """Yahoo's symbol of a ticker at an exchange: BRK.B at XNYS is BRK-B, VOD at XLON is VOD.L.  None where Yahoo lacks the exchange."""
    suffix = _SUFFIX_OF.get(mic)
    if suffix is None or not ticker.strip():
        return None
    marked = ticker.strip().upper().rstrip(".").replace(" ", "-").replace("/", "-").replace(".", "-")  # the mark of a share class
    return (marked.lstrip("0").zfill(4) if mic == "XHKG" and marked.isdigit() else marked) + suffix


def ticker_and_mic(symbol: str) -> tuple[str, str]:
    """The ticker and the exchange that a suffix names; empty where it names none, as for the United States, which have several."""
    ticker, point, suffix = symbol.rpartition(".")
    mic = next((each for each, its in _SUFFIX_OF.items() if its and its == point + suffix), "") if ticker else ""
    return (ticker, mic) if mic else (symbol, "")

"""The names by which columns and types are recognised, in the languages of the exports seen.  All normalised (`reading.normal`)."""

from __future__ import annotations

from portfolios.choices import TransactionKind as Kind

FIELDS: dict[str, tuple[str, str]] = {  # field → (label, hint), in the order of the page
    "date": ("Date", "of the trade"),
    "type": ("Type", "buy, sell, dividend …"),
    "isin": ("ISIN", "names the instrument"),
    "symbol": ("Symbol", "if there is no ISIN"),
    "name": ("Name", "optional"),
    "exchange": ("Exchange", "optional"),
    "quantity": ("Units", "without sign or with"),
    "price": ("Price per unit", "in its currency"),
    "currency": ("Currency", "of the price"),
    "amount": ("Total", "the cash that moved"),
    "settlement_currency": ("Currency of the total", "optional"),
    "fees": ("Fee", "optional"),
    "taxes": ("Tax", "optional"),
    "fx_rate": ("Exchange rate", "optional"),
    "ratio_new": ("New units of a split", "optional"),
    "ratio_old": ("Old units of a split", "optional"),
    "acquired_on": ("Bought on", "of units transferred in"),
    "notes": ("Note", "optional"),
    "external_id": ("Number of the entry", "optional"),
}
NUMBER_FIELDS = ("quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old")

ALIASES: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "trade date", "traded_on", "tradedate", "transaction date", "run date", "activity date", "time", "datetime", "date/time", "timestamp",
        "executed at", "day", "datum", "buchungstag", "buchungsdatum", "handelsdatum", "datum/uhrzeit", "valuta", "fecha", "data", "date de transaction",
        "date opération", "dato", "pvm", "transactiedatum",
    ),
    "type": (
        "type", "kind", "action", "transaction type", "transaction", "side", "buy/sell", "activity", "trans code", "typ", "vorgang", "art", "transaktion",
        "transactietype", "type mutatie", "type de transaction", "opération", "operation", "tipo", "typ av transaktion", "kauf/verkauf",
    ),
    "isin": ("isin", "isin code", "isin-code", "code isin", "instrument isin"),
    "symbol": ("symbol", "ticker", "ticker symbol", "ticker-symbol", "code", "instrument", "symbole", "security symbol"),
    "name": (
        "name", "security name", "instrument name", "asset name", "product", "description", "wertpapiername", "wertpapier", "bezeichnung", "naam", "libellé",
        "värdepapper/beskrivning", "asset", "company",
    ),
    "exchange": ("exchange", "market", "venue", "börse", "beurs", "handelsplatz"),
    "quantity": (
        "quantity", "units", "shares", "no. of shares", "number of shares", "qty", "stück", "anzahl", "nominal", "aantal", "quantité", "cantidad", "antal",
        "volume", "menge",
    ),
    "price": (
        "price", "price per unit", "price / share", "price per share", "share price", "unit price", "t. price", "tradeprice", "kurs", "preis", "koers",
        "prix", "cours", "precio", "prezzo", "ausführungskurs",
    ),
    "currency": (
        "currency", "currencyprimary", "price currency", "instrument currency", "currency (price / share)", "währung", "valuta kurs", "valuta koers",
        "devise", "devise du prix", "moneda", "divisa", "transaction currency", "instrumentvaluta",
    ),
    "amount": (
        "amount", "total", "total amount", "net amount", "value", "cash flow", "betrag", "wert", "gesamt", "bedrag", "montant", "montant de l'opération",
        "importe", "belopp", "amount ($)", "net cash", "endbetrag",
    ),
    "settlement_currency": ("settlement_currency", "settlement currency", "currency (total)", "account currency", "abrechnungswährung", "devise du compte"),
    "fees": (
        "fees", "fee", "commission", "brokerage", "costs", "fees & comm", "gebühr", "gebühren", "provision", "kosten", "frais", "commission payée",
        "comisión", "courtage", "commission ($)",
    ),
    "taxes": ("taxes", "tax", "withholding tax", "stamp duty", "steuern", "steuer", "belasting", "taxe", "impuesto", "skatt"),
    "fx_rate": ("fx_rate", "fx rate", "exchange rate", "rate", "devisenkurs", "wechselkurs", "wisselkoers", "taux de change", "valutakurs", "currency rate"),
    "ratio_new": ("ratio_new", "ratio new", "new units"),
    "ratio_old": ("ratio_old", "ratio old", "old units"),
    "acquired_on": ("acquired_on", "acquired on", "acquisition date", "bought on"),
    "notes": ("notes", "note", "comment", "comments", "memo", "remark", "notiz", "kommentar", "opmerking"),
    "external_id": ("external_id", "external id", "id", "order id", "order number", "reference", "transaction id", "trade id", "auftragsnummer", "referenz"),
}  # fmt: skip

_WORDS: dict[Kind, str] = {
    Kind.BUY: "buy|b|bought|purchase|buy to open|reinvest shares|kauf|sparplan|koop|achat|compra|acquisto|köp|market buy|limit buy|stop buy",
    Kind.SELL: "sell|s|sold|sale|sell to close|verkauf|verkoop|vente|venta|vendita|sälj|market sell|limit sell|stop sell",
    Kind.DIVIDEND: "dividend|dividends|cash dividend|qualified dividend|ordinary dividend|distribution|dividende|ausschüttung|dividendo|utdelning|div",
    Kind.INTEREST: "interest|credit interest|interest on cash|bank interest|zinsen|zins|rente|intérêts|interés|ränta|int",
    Kind.FEE: "fee|fees|custody fee|service fee|gebühr|gebühren|depotgebühr|kosten|frais|comisión|avgift",
    Kind.TAX: "tax|taxes|withholding tax|foreign tax|steuer|steuern|belasting|taxe|impuesto|skatt",
    Kind.DEPOSIT: "deposit|cash in|wire in|contribution|einlage|einzahlung|storting|dépôt|depósito|insättning|transfer from bank",
    Kind.WITHDRAWAL: "withdrawal|withdraw|cash out|wire out|removal|auszahlung|entnahme|opname|retrait|retirada|uttag",
    Kind.SPLIT: "split|stock split|share split|aktiensplit|reverse split",
    Kind.TRANSFER_IN: "transfer in|transfer (inbound)|delivery (inbound)|einlieferung|security transfer in",
    Kind.TRANSFER_OUT: "transfer out|transfer (outbound)|delivery (outbound)|auslieferung|security transfer out",
}
TYPE_WORDS: dict[str, str] = {word: kind.value for kind, words in _WORDS.items() for word in words.split("|")}

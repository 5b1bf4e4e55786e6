"""This app's leaves of the error tree."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class MissingRate(Invalid):
    """No exchange rate within the days that may be bridged.  Data: base, quote, date."""

    code, title = "missing_rate", "An exchange rate is missing."


class InvalidPrices(Invalid):
    """Prices of which at least one cannot be right; `errors` names row and field."""

    code, title = "invalid_prices", "Some prices were refused."


class InvalidRates(Invalid):
    """Rates of which at least one cannot be right; `errors` names row and field."""

    code, title = "invalid_rates", "Some rates were refused."


class InvalidActions(Invalid):
    """Corporate actions of which at least one cannot be right; `errors` names instrument, day and field."""

    code, title = "invalid_actions", "Some corporate actions were refused."


class InvalidInstrument(Invalid):
    """An instrument that cannot be as described; `errors` names the field."""

    code, title = "invalid_instrument", "The instrument was refused."


class UnknownInstrument(NotFound):
    code, title = "unknown_instrument", "There is no such instrument."


class InstrumentTaken(Conflict):
    """One's own instrument of this symbol exists.  Data: instrument."""

    code, title = "instrument_exists", "You have an instrument of this symbol."


class InstrumentInUse(Conflict):
    """It stands in transactions, so that it cannot go."""

    code, title = "instrument_in_use", "The instrument is in use."


class NoQuote(Unavailable):
    """The instrument is known, its price is not."""

    code, title = "no_quote", "There is no price."


class UnknownCurrencyCode(NotFound):
    code, title = "unknown_currency", "There is no such currency."

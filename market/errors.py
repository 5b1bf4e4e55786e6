"""This app's leaves of the error tree."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from portfolio_site.web.throttling import TooOften


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


class InvalidClassification(Invalid):
    """What an instrument cannot be; `errors` names the field, or dimension and row of a fund's parts."""

    code, title = "invalid_classification", "The classification was refused."


class NothingToUndo(Conflict):
    """No change that could be taken back."""

    code, title = "nothing_to_undo", "There is nothing to undo."


class UnknownInstrument(NotFound):
    code, title = "unknown_instrument", "There is no such instrument."


class InstrumentTaken(Conflict):
    """One's own instrument of this symbol exists.  Data: instrument."""

    code, title = "instrument_exists", "You have an instrument of this symbol."


class SymbolTaken(Conflict):
    """Everybody has another instrument of this symbol at this exchange.  Data: instrument."""

    code, title = "symbol_taken", "Another instrument has this symbol."


class CannotMerge(Conflict):
    """Two instruments that cannot become one, as things are."""

    code, title = "cannot_merge", "The instruments were not merged."


class CannotPart(Conflict):
    """A merge that cannot be taken back, as things are."""

    code, title = "cannot_part", "The merge was not undone."


class NothingFound(NotFound):
    """A search, or a hit of one, that is over or never was."""

    code, title = "nothing_found", "There is no such search."


class NotConfirmed(Invalid):
    """No source tells a price of what was to be listed, or its currency."""

    code, title = "not_confirmed", "No source confirms the instrument."


class AskedTooOften(TooOften):
    """A person searched or listed more often than is fair to the others.  Data: retry_after, in seconds."""

    code, title = "asked_too_often", "Sources are asked only so often."


class InstrumentInUse(Conflict):
    """It stands in transactions, so that it cannot go."""

    code, title = "instrument_in_use", "The instrument is in use."


class NoQuote(Unavailable):
    """The instrument is known, its price is not."""

    code, title = "no_quote", "There is no price."


class UnknownCurrencyCode(NotFound):
    code, title = "unknown_currency", "There is no such currency."


class UnknownRate(NotFound):
    code, title = "unknown_rate", "There is no such exchange rate."


class UnknownWatchlist(NotFound):
    code, title = "unknown_watchlist", "There is no such watchlist."


class NotWatched(NotFound):
    code, title = "not_watched", "The instrument is not on this watchlist."


class InvalidWatchlist(Invalid):
    """A watchlist that cannot be as described; `errors` names the field."""

    code, title = "invalid_watchlist", "The watchlist was refused."


class WatchlistTaken(Conflict):
    """A watchlist of this name exists.  Data: watchlist."""

    code, title = "watchlist_exists", "You have a watchlist of this name."


class TooManyWatchlists(Invalid):
    """Data: most."""

    code, title = "too_many_watchlists", "There are too many watchlists."


class WatchlistFull(Invalid):
    """Data: most."""

    code, title = "watchlist_full", "The watchlist is full."


class UnknownArticle(NotFound):
    code, title = "unknown_article", "There is no such article."


class InvalidPublisher(Invalid):
    """A publisher that cannot be muted; `errors` names the field."""

    code, title = "invalid_publisher", "The publisher was refused."


class NotMuted(NotFound):
    code, title = "not_muted", "This publisher is not muted."


class StaffOnly(Forbidden):
    """Only administrators see or do this."""

    code, title = "staff_only", "This is for administrators."


class UnknownSource(NotFound):
    code, title = "unknown_source", "There is no such source."


class InvalidFeed(Invalid):
    """An address of prices that cannot be asked as described; `errors` names the field."""

    code, title = "invalid_source", "The source was refused."


class UnknownSuspect(NotFound):
    code, title = "unknown_suspect", "There is no such price."


class SuspectSettled(Conflict):
    """It was accepted, so that it can no longer be refused.  Data: suspect."""

    code, title = "suspect_settled", "The price was accepted already."


class CannotAccept(Conflict):
    """What was doubted cannot be stored as it came.  Data: suspect."""

    code, title = "cannot_accept", "It cannot be accepted."


class NotPricedBySources(Conflict):
    """A person prices it."""

    code, title = "not_priced_by_sources", "You price this instrument yourself."


class TooManyAsked(Invalid):
    """More instruments than sources are asked for in one request."""

    code, title = "too_many_asked", "Too many instruments were named."


class NoSource(Unavailable):
    """No source that could be asked is on."""

    code, title = "no_source", "There is nobody to ask."


class UnknownBenchmark(NotFound):
    code, title = "unknown_benchmark", "There is no such benchmark."


class InvalidBlend(Invalid):
    """A blend that cannot be as described; `errors` names the field, by part."""

    code, title = "invalid_blend", "The blend was refused."


class BlendTaken(Conflict):
    """A blend of this name exists.  Data: benchmark."""

    code, title = "blend_exists", "You have a blend of this name."


class TooManyBlends(Invalid):
    """Data: most."""

    code, title = "too_many_blends", "There are too many blends."


class InvalidRisklessRate(Invalid):
    """A rate without risk that cannot be right; `errors` names the field."""

    code, title = "invalid_riskless_rate", "The rate was refused."


class NoRisklessRate(Invalid):
    """No rate without risk within the days that may be bridged.  Data: currency, date."""

    code, title = "no_riskless_rate", "A rate without risk is missing."

"""Leaves of the error tree for portfolios and their ledgers.  Codes never change once published."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class LedgerRefused(Invalid):
    """The ledger cannot be replayed.  data: date (of the event that fails), event_id, instrument."""

    code, title = "ledger_refused", "The ledger refuses this."


class Oversold(LedgerRefused):
    """More leaves than is held on that day.  data also: held, quantity (what would leave)."""

    code, title = "insufficient_quantity", "More was sold than was held."


class ShortNotAllowed(LedgerRefused):
    """A short position in a portfolio that allows none."""

    code, title = "short_not_allowed", "This portfolio allows no short positions."


class NotHeld(LedgerRefused):
    """Something happened to units of which there were none, such as a split."""

    code, title = "not_held", "Nothing was held on that day."


class SplitLeavesNothing(LedgerRefused):
    """A reverse split would round what is held to no units at all.  data also: held."""

    code, title = "split_leaves_nothing", "The split leaves no units."


class QuantityNotPositive(LedgerRefused):
    """A trade or transfer of no units, or of fewer; a split by a ratio that is not positive."""

    code, title = "quantity_not_positive", "The quantity must be more than zero."


class RateMismatch(LedgerRefused):
    """An entry in the base currency with an exchange rate other than 1."""

    code, title = "rate_mismatch", "The exchange rate does not fit the currency."


class CurrencyChanged(LedgerRefused):
    """Two entries of one holding give the instrument's price in two currencies.  data also: expected, found."""

    code, title = "currency_changed", "The price is in another currency than before."


class TransferMismatch(Invalid):
    """The two legs of a transfer do not carry the same units."""

    code, title = "transfer_mismatch", "The two sides of the transfer differ."


class SamePortfolio(Invalid):
    """A transfer from a portfolio to itself."""

    code, title = "same_portfolio", "A transfer needs two portfolios."


class CircularTransfer(Invalid):
    """Transfers of one day that hand the same units round in a circle."""

    code, title = "circular_transfer", "The transfers run in a circle."


class PeriodLocked(Conflict):
    """The portfolio is locked up to a day, and the entry lies on it or before.  data: locked_until, date."""

    code, title = "period_locked", "This period is locked."


class LotNotOpen(LedgerRefused):
    """A sale names a lot that is not open on its day, or more units than are left in it.

    data also: lot, left, quantity, and lots: what is open then (transaction, opened_on, nth, quantity of each).
    """

    code, title = "lot_not_open", "The lot is not open."


class LotNotTold(LedgerRefused):
    """A sale names a lot by a name that fits several that are open.  data also: lot, lots (transaction, opened_on, nth, quantity of each)."""

    code, title = "lot_not_told", "The lot is not the only one of its name."


class MethodPools(LedgerRefused):
    """A sale asks for lots of its own where the portfolio's method pools them."""

    code, title = "method_pools", "The cost method keeps no lots apart."


class SharesDoNotAddUp(LedgerRefused):
    """The shares of cost of a merger or spin-off do not add up.  data also: total."""

    code, title = "shares_do_not_add_up", "The shares of cost do not add up."


class ProposalDecided(Conflict):
    """The proposal was accepted or dismissed already."""

    code, title = "proposal_decided", "This was decided already."


class ProposalNotFound(NotFound):
    """There is no such proposal, or it is somebody else's."""

    code, title = "proposal_not_found", "There is no such proposal."


class ReconciliationNotFound(NotFound):
    """There is no such reconciliation, or it is somebody else's."""

    code, title = "reconciliation_not_found", "There is no such reconciliation."


class NotAllowedForRole(Forbidden):
    """The person sees the portfolio, but their role does not allow this.  data: role, needs, roles (that may)."""

    code, title = "not_allowed_for_role", "Your role does not allow this."


class AddressNotConfirmed(Forbidden):
    """Sharing goes by addresses, so that both sides have confirmed theirs."""

    code, title = "address_not_confirmed", "The address is not confirmed."


class PublicLinkNotFound(NotFound):
    """There is no such public link, or it is over; which of the two is not said."""

    code, title = "public_link_not_found", "There is no such link."


class InvitationNotFound(NotFound):
    """There is no such invitation, it is over, or it is of another address."""

    code, title = "invitation_not_found", "There is no such invitation."


class OwnerLeaves(Conflict):
    """The portfolio is about to be erased with its owner's account: nobody is invited to it, and no invitation is accepted."""

    code, title = "owner_leaves", "The portfolio is about to be erased."


class CommentNotFound(NotFound):
    """There is no such comment, or it is not one's own to change."""

    code, title = "comment_not_found", "There is no such comment."


class TooManyComments(Conflict):
    """More within an hour than one person writes."""

    code, title = "too_many_comments", "Too many comments were written."


class SuggestionNotFound(NotFound):
    """There is no such suggestion, or it is not one's own to take back."""

    code, title = "suggestion_not_found", "There is no such suggestion."


class AlreadyDecided(Conflict):
    code, title = "already_decided", "This suggestion was decided."


class SuggestionOutdated(Conflict):
    """What it would change is another entry by now, or names an instrument that is gone."""

    code, title = "suggestion_outdated", "This suggestion does not fit any more."


class TooManySuggestions(Conflict):
    code, title = "too_many_suggestions", "There are too many suggestions."


class OfferNotFound(NotFound):
    """There is no such offer of a portfolio, it is over, or it is for somebody else."""

    code, title = "offer_not_found", "There is no such offer."


class CannotGiveAway(Conflict):
    """Something of the portfolio cannot go along.  The sentence says what, and what to do."""

    code, title = "cannot_give_away", "The portfolio cannot be given away as it is."


class AlreadyShared(Conflict):
    """The person has a role in the portfolio already, or is its owner."""

    code, title = "already_shared", "It is shared with them already."


class OtherSideNotYours(Forbidden):
    """A change would go on, by a transfer, into another portfolio that the person may not write to."""

    code, title = "other_side_not_yours", "The other side of a transfer is not yours to change."


class OtherOwner(Invalid):
    """Portfolios of two people where one person's are needed: their figures rest on the rates and words of their owner."""

    code, title = "other_owner", "The portfolios belong to different people."


class PortfolioNotFound(NotFound):
    """There is no such portfolio, or it is somebody else's."""

    code, title = "portfolio_not_found", "There is no such portfolio."


class TransactionNotFound(NotFound):
    """There is no such transaction, or it is somebody else's."""

    code, title = "transaction_not_found", "There is no such transaction."


class HoldingNotFound(NotFound):
    """Nothing of the instrument is held in the portfolio."""

    code, title = "holding_not_found", "There is no such holding."


class AlreadyVoided(Conflict):
    """The transaction was changed or removed in the meantime."""

    code, title = "already_voided", "This transaction is no longer current."


class AlreadyRecorded(Conflict):
    """A row of a statement that stands in the ledger already."""

    code, title = "already_recorded", "This is recorded already."

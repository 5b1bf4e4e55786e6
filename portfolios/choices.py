"""Choices of portfolios and their ledgers."""

from django.db import models


class TransactionKind(models.TextChoices):
    """The entries of numbers.md, "The ledger"."""

    BUY = "buy", "Buy"
    SELL = "sell", "Sell"
    SHORT_SELL = "short_sell", "Short sale"
    BUY_TO_COVER = "buy_to_cover", "Buy to cover"
    DIVIDEND = "dividend", "Dividend"
    INTEREST = "interest", "Interest"
    COUPON = "coupon", "Coupon"
    STAKING_REWARD = "staking_reward", "Staking reward"
    AIRDROP = "airdrop", "Airdrop"
    FEE = "fee", "Fee"
    TAX = "tax", "Tax"
    DEPOSIT = "deposit", "Deposit"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    TRANSFER_IN = "transfer_in", "Transfer in"
    TRANSFER_OUT = "transfer_out", "Transfer out"
    SPLIT = "split", "Split"
    STOCK_DIVIDEND = "stock_dividend", "Stock dividend"
    SPIN_OFF = "spin_off", "Spin-off"
    MERGER = "merger", "Merger"
    SYMBOL_CHANGE = "symbol_change", "Symbol change"
    RETURN_OF_CAPITAL = "return_of_capital", "Return of capital"
    RIGHTS = "rights", "Rights taken up"
    REDEMPTION = "redemption", "Redemption"
    FX_EXCHANGE = "fx_exchange", "Currency exchange"
    ADJUSTMENT = "adjustment", "Adjustment"


class CostMethod(models.TextChoices):
    AVERAGE = "average", "Average cost"
    FIFO = "fifo", "First in, first out"
    LIFO = "lifo", "Last in, first out"
    HIFO = "hifo", "Highest cost first"
    LOFO = "lofo", "Lowest cost first"
    SPECIFIC = "specific", "Lots named on each sale"
    SECTION104 = "section104", "UK share matching (section 104)"


POOLING = frozenset({CostMethod.AVERAGE.value, CostMethod.SECTION104.value})  # units lose their own day and cost
METHODS_SAID = {
    CostMethod.AVERAGE: "All units of a holding cost the same: a sale takes its share of what they cost together.",
    CostMethod.FIFO: "A sale takes the units that were bought first.",
    CostMethod.LIFO: "A sale takes the units that were bought last.",
    CostMethod.HIFO: "A sale takes the units that cost the most, so that gains are small.",
    CostMethod.LOFO: "A sale takes the units that cost the least, so that gains are large.",
    CostMethod.SPECIFIC: "Each sale names its lots; what it leaves open is taken oldest first.",
    CostMethod.SECTION104: "A sale takes what is bought on the same day, then in the 30 days after, then a share of all the rest.",
}


class LotStatus(models.TextChoices):
    """What is left of a lot."""

    OPEN = "open", "Open"
    PART_CLOSED = "part_closed", "Part closed"
    CLOSED = "closed", "Closed"


class ProposalStatus(models.TextChoices):
    """What became of a corporate action that the market reported."""

    OPEN = "open", "To be decided"
    ACCEPTED = "accepted", "Applied"
    DISMISSED = "dismissed", "Dismissed"


class DividendTreatment(models.TextChoices):
    INCOME = "income", "Income"
    REDUCE_COST = "reduce_cost", "Lowers cost"


class RateSource(models.TextChoices):
    """Where a transaction's exchange rate comes from."""

    NONE = "", "Same currency"
    OWN = "own", "The trade's own"
    REFERENCE = "reference", "Reference rate of the day"


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", "Waiting to be read"
    READING = "reading", "Being read"
    MAPPING = "mapping", "Columns to be named"
    REVIEW = "review", "Ready to be reviewed"
    COMMITTING = "committing", "Being recorded"
    COMMITTED = "committed", "Recorded"
    REVERTED = "reverted", "Undone"
    FAILED = "failed", "Could not be read"


class Verdict(models.TextChoices):
    """What the review says of one row."""

    NEW = "new", "Ready"
    DUPLICATE = "duplicate", "Duplicate"
    UNKNOWN_INSTRUMENT = "unknown_instrument", "Instrument unknown"
    ERROR = "error", "Error"
    SKIPPED = "skipped", "Left out"

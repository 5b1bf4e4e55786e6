"""Choices of portfolios and their ledgers."""

from django.db import models


class TransactionKind(models.TextChoices):
    """The entries of numbers.md, "The ledger", that this version records."""

    BUY = "buy", "Buy"
    SELL = "sell", "Sell"
    DIVIDEND = "dividend", "Dividend"
    INTEREST = "interest", "Interest"
    FEE = "fee", "Fee"
    TAX = "tax", "Tax"
    DEPOSIT = "deposit", "Deposit"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    SPLIT = "split", "Split"
    TRANSFER_IN = "transfer_in", "Transfer in"
    TRANSFER_OUT = "transfer_out", "Transfer out"


class CostMethod(models.TextChoices):
    AVERAGE = "average", "Average cost"
    FIFO = "fifo", "First in, first out"


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

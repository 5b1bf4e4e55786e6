"""Choices of the market."""

from django.db import models


class AssetClass(models.TextChoices):
    STOCK = "stock", "Shares"
    ETF = "etf", "Exchange-traded funds"
    FUND = "fund", "Funds"
    BOND = "bond", "Bonds"
    CRYPTO = "crypto", "Crypto"
    COMMODITY = "commodity", "Commodities"
    INDEX = "index", "Indices"
    CURRENCY = "currency", "Currencies"
    PROPERTY = "property", "Property"
    OTHER = "other", "Other"


class Dimension(models.TextChoices):
    """By what a fund is taken apart."""

    ASSET_CLASS = "asset_class", "Class"
    SECTOR = "sector", "Sector"
    COUNTRY = "country", "Country"
    REGION = "region", "Region"
    HOLDING = "holding", "Holding"


class ToldBy(models.TextChoices):
    """Whose word stands for a part of an instrument's classification."""

    NOBODY = "", "Nobody"
    SOURCE = "source", "Source"
    ADMINISTRATOR = "administrator", "Administrator"
    OWN = "own", "You"


class ActionKind(models.TextChoices):
    SPLIT = "split", "Split"
    DIVIDEND = "dividend", "Dividend"


class Quality(models.TextChoices):
    """What a quote is worth."""

    LIVE = "live", "Live"
    DELAYED = "delayed", "Delayed"
    CLOSE = "close", "Closing price"
    SIMULATED = "simulated", "Demo"
    OWN = "own", "Own price"


class FeedKind(models.TextChoices):
    """The form in which an address answers."""

    JSON = "json", "JSON"
    CSV = "csv", "CSV"


class FeedPlace(models.TextChoices):
    """When an address that an administrator set up is asked for a price.  In the order of the alphabet: rows are sorted by it."""

    FIRST = "first", "Before all other sources"
    LAST = "last", "After all other sources"


class SymbolState(models.TextChoices):
    """What a source makes of a symbol."""

    OK = "ok", "Known"
    UNKNOWN = "unknown", "Not known"
    NO_DATA = "no_data", "Without a price"
    RESTRICTED = "restricted", "Not in the plan"


class SuspectKind(models.TextChoices):
    QUOTE = "quote", "Newest price"
    BAR = "bar", "Price of a day"


class SuspectReason(models.TextChoices):
    """Why a price was not believed."""

    JUMP = "jump", "Moved by more than 30 % without a split"
    HUNDREDFOLD = "hundredfold", "A hundred times its neighbours, or a hundredth"
    CURRENCY = "currency", "In another currency, or in none that was told"
    DIVIDEND = "dividend", "A dividend that the prices do not show"


class Verdict(models.TextChoices):
    OPEN = "open", "Not settled"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"


class ReturnKind(models.TextChoices):
    """What an index counts."""

    PRICE = "price", "Prices alone"
    TOTAL = "total", "With dividends reinvested"


class Rebalancing(models.TextChoices):
    """When a blend goes back to its weights: at the close of the last day of each."""

    DAILY = "daily", "Every day"
    MONTHLY = "monthly", "Every month"
    QUARTERLY = "quarterly", "Every quarter"
    YEARLY = "yearly", "Every year"
    NEVER = "never", "Never"


class RateBasis(models.TextChoices):
    """How a rate without risk is to be read."""

    EFFECTIVE = "effective", "A year's interest on 365 days"
    MONEY_360 = "money_360", "Simple interest of a day, 360 days a year"
    MONEY_365 = "money_365", "Simple interest of a day, 365 days a year"
    BILL_YIELD = "bill_yield", "Simple yield of a bill of 91 days, 365 days a year"
    DISCOUNT = "discount", "Discount of a bill of 91 days, 360 days a year"


class MergeStatus(models.TextChoices):
    """How a merge of two instruments stands."""

    WAITING = "waiting", "At work"
    DONE = "done", "Merged"
    FAILED = "failed", "Not merged"
    PARTING = "parting", "Being undone"
    PARTED = "parted", "Undone"

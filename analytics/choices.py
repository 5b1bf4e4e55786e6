"""By what a whole is cut into parts, and what can be watched about how it is spread."""

from __future__ import annotations

from django.db import models


class By(models.TextChoices):
    """What the parts of a whole are."""

    HOLDING = "holding", "Holding"
    CLASS = "class", "Class"
    SECTOR = "sector", "Sector"
    COUNTRY = "country", "Country"
    REGION = "region", "Region"
    CURRENCY = "currency", "Currency"
    ACCOUNT = "account", "Account"


class Check(models.TextChoices):
    """What may not be more than a part of everything that a person sets."""

    LARGEST_HOLDING = "largest_holding", "Largest holding"
    LARGEST_FIVE = "largest_five", "Five largest holdings"
    SECTOR = "sector", "One sector"
    COUNTRY = "country", "One country"
    CURRENCY = "currency", "One currency"
    ACCOUNT = "account", "One account"


class CostKind(models.TextChoices):
    """What a fee or a tax was paid for."""

    TRADE_FEES = "trade_fees", "Fees of trades"
    TRADE_TAXES = "trade_taxes", "Taxes of trades"
    WITHHELD = "withheld", "Tax withheld on income"
    INCOME_FEES = "income_fees", "Fees on income"
    ACCOUNT_FEES = "account_fees", "Account and custody"
    OTHER_FEES = "other_fees", "Transfers and exchange"
    OTHER_TAXES = "other_taxes", "Other taxes"

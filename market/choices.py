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

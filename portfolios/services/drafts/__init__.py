"""Entries before they are recorded: what was asked for, checked field by field, with the rate that they are booked at.

Checking never stops at the first mistake: all of them are told at once, each with its field, and with its row in a batch.
"""

from portfolios.services.drafts.checking import checked, refusal, with_symbol
from portfolios.services.drafts.shapes import LegDraft, TransactionDraft

__all__ = ["LegDraft", "TransactionDraft", "checked", "refusal", "with_symbol"]

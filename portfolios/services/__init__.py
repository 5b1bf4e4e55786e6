"""What people do with portfolios.  Each verb checks, writes in one transaction, leaves an audit line and publishes news."""

from portfolios.services.drafts import TransactionDraft
from portfolios.services.locking import only_writer
from portfolios.services.portfolios import create_portfolio, delete_portfolio, update_portfolio
from portfolios.services.positions import add_position, adjust_position, remove_position
from portfolios.services.projections import Finding, check_integrity, check_portfolio, rebuild_projection
from portfolios.services.recording import (
    draft_of,
    edit_transaction,
    record_many,
    record_transaction,
    restore_transaction,
    void_many,
    void_transaction,
)

__all__ = [
    "Finding",
    "TransactionDraft",
    "add_position",
    "adjust_position",
    "check_integrity",
    "check_portfolio",
    "create_portfolio",
    "delete_portfolio",
    "draft_of",
    "edit_transaction",
    "only_writer",
    "rebuild_projection",
    "record_many",
    "record_transaction",
    "remove_position",
    "restore_transaction",
    "update_portfolio",
    "void_many",
    "void_transaction",
]

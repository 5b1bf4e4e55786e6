"""What people do with portfolios.  Each verb checks, writes in one transaction, leaves an audit line and publishes news."""

from portfolios.services.demo import DEMO_EMAIL, DEMO_PASSWORD, DEMO_USERNAME, Demo, finish_welcome, load_demo, load_sample, remove_sample
from portfolios.services.drafts import LegDraft, TransactionDraft
from portfolios.services.edits import draft_of, edited
from portfolios.services.impact import Impact, impact_of_changes, impact_of_void
from portfolios.services.integrity import check_every_ledger
from portfolios.services.locking import only_writer
from portfolios.services.notices import Notice
from portfolios.services.period_lock import lock_portfolio, unlock_portfolio
from portfolios.services.portfolios import CHANGEABLE, create_portfolio, delete_portfolio, update_portfolio
from portfolios.services.positions import add_position, adjust_position, remove_position
from portfolios.services.preview import Preview, check_many, preview_edit, preview_transaction
from portfolios.services.projections import Finding, check_integrity, check_portfolio, rebuild_projection
from portfolios.services.recording import (
    edit_transaction,
    record_many,
    record_transaction,
    replace_transaction,
    restore_transaction,
    take_back_edit,
    turn_transfer,
    void_many,
    void_transaction,
)
from portfolios.sharing.links import open_link

__all__ = [
    "CHANGEABLE",
    "DEMO_EMAIL",
    "DEMO_PASSWORD",
    "DEMO_USERNAME",
    "Demo",
    "Finding",
    "Impact",
    "LegDraft",
    "Notice",
    "Preview",
    "TransactionDraft",
    "add_position",
    "adjust_position",
    "check_every_ledger",
    "check_integrity",
    "check_many",
    "check_portfolio",
    "create_portfolio",
    "delete_portfolio",
    "draft_of",
    "edit_transaction",
    "edited",
    "finish_welcome",
    "impact_of_changes",
    "impact_of_void",
    "load_demo",
    "load_sample",
    "lock_portfolio",
    "only_writer",
    "open_link",
    "preview_edit",
    "preview_transaction",
    "rebuild_projection",
    "record_many",
    "record_transaction",
    "remove_position",
    "remove_sample",
    "replace_transaction",
    "restore_transaction",
    "take_back_edit",
    "turn_transfer",
    "unlock_portfolio",
    "update_portfolio",
    "void_many",
    "void_transaction",
]

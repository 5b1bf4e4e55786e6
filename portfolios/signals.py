"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

ledger_changed = Signal()  # portfolio_id: int, since: date (the earliest day affected)
import_uploaded = Signal()  # batch_id: int
import_confirmed = Signal()  # batch_id: int

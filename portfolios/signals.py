"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

ledger_changed = Signal()  # portfolio_id: int, since: date (the earliest day affected)
rules_turned_on = Signal()  # portfolio_id: int (what the market reports is applied by itself from now on)
membership_changed = Signal()  # portfolio_id: int, user_id: int (whose role in it is another now, or none)
import_uploaded = Signal()  # batch_id: int
import_confirmed = Signal()  # batch_id: int
import_moved = Signal()  # batch_id: int (its job is further, or ended; a bell for open pages, no more)
import_over = Signal()  # batch: ImportBatch, recorded or failed; sent inside the transaction that ends it
people_told = Signal()  # user_ids, key, sentence, path: what somebody did to what is shared; sent inside the transaction of the deed

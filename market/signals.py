"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

quotes_changed = Signal()  # instrument_ids: tuple[int, ...]
prices_changed = Signal()  # instrument_ids: tuple[int, ...]

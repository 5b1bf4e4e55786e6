"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

quotes_changed = Signal()  # instrument_ids: tuple[int, ...]
prices_changed = Signal()  # instrument_ids: tuple[int, ...]
rates_changed = Signal()  # currencies: tuple[str, ...]; owner_id: int | None (None: reference rates)
actions_changed = Signal()  # instrument_ids: tuple[int, ...]

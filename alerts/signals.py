"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

alert_fired = Signal()  # firing_id: int, user_id: int
outbox_filled = Signal()  # channels: list[str]; deliveries of these are due

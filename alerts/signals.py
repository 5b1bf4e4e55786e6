"""News of this app: sent by services, on commit, ids only."""

from django.dispatch import Signal

outbox_filled = Signal()  # channels: list[str]; deliveries of these are due
alerts_fired = Signal()  # firing_ids: tuple[int, ...]; told now, be it that quiet hours have ended

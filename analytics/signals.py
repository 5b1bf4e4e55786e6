"""News of this app: sent on commit, ids only."""

from django.dispatch import Signal

unusual_day = Signal()  # portfolio_id: int, day: date (noticed once, on the night after it)

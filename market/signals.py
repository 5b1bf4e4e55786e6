"""News of this app: sent by services, on commit where nothing else is said, ids only."""

from django.dispatch import Signal

quotes_changed = Signal()  # instrument_ids: tuple[int, ...]
meaning_changed = Signal()  # instrument_id: int; its currency or price factor is another one. Sent inside the transaction: ledgers change with it
prices_changed = Signal()  # instrument_ids: tuple[int, ...]
rates_changed = Signal()  # currencies: tuple[str, ...]; owner_id: int | None (None: reference rates)
actions_changed = Signal()  # instrument_ids: tuple[int, ...]
news_stored = Signal()  # instrument_ids: tuple[int, ...]; what new articles are about
instruments_listed = Signal()  # instrument_ids: tuple[int, ...]; new ones, and those that sources call otherwise from now on
search_begun = Signal()  # text: str; sources are to be asked
listing_begun = Signal()  # user_id: int; number: str; a hit of a search is to be taken in
merge_begun = Signal()  # number: int; two instruments are to be merged, or their merge to be undone
feed_trial_begun = Signal()  # number: str; an address of prices is to be tried

"""News of this app: sent by a service, on commit, ids only."""

from django.dispatch import Signal

user_registered = Signal()  # user_id: somebody made an account through the API; their address is not confirmed yet
access_changed = Signal()  # user_id: a session or token of this person ended, or another password or factor holds
person_told = Signal()  # user_ids, key, sentence, path: what was done with an account by somebody else; sent inside the transaction of the deed
export_asked = Signal()  # export_id: somebody asked for their data
export_brought = Signal()  # arrival_id: somebody brought an export

"""What can be seen of an account by support: the pages of portfolios and markets, by the names of their addresses.

A page that is not named is closed: nothing that opens the account, hands its data out, tells of other people's addresses, or belongs to
the person alone.  Calls of the API are closed altogether.
"""

from __future__ import annotations

_SEEN = (
    "dashboard holdings holding instrument instrument-intraday instruments markets news news-card search health alerts alerts-card alerts-count"
    " alert notifications portfolios portfolio portfolio-lots lots portfolio-changes portfolio-comments transactions actions actions-count"
    " household-all benchmarks portfolio-reconcile portfolio-reconciliation import import-review import-rows import-done diversification income"
    " compare performance projection risk own-rates instrument-prices privacy"
)
SEEN = frozenset(_SEEN.split())
STATE, LEAVE = "support-view-state", "support-view-leave"
OF_STAFF = frozenset({LEAVE, "account_logout"})  # they act for who looks, not for whose account it is

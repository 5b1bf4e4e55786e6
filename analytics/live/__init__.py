"""Live prices: the hub that every socket of a process shares.  Import `hub`, `Hub` and `Member` from `analytics.live.hub`."""

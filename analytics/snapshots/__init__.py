"""What is worked out at night and kept in the database: the replayed ledger and the daily series of each portfolio.

Both stand under what they rest on (the version of the ledger; the versions of prices and rates, the benchmark and the day) and under
the code that made them.  A page takes what stands under what it would compute; anything else it leaves, so nothing stale is shown,
nothing has to be told to expire, and the table can be emptied at any time.
"""

"""Fault drills: real processes, a PostgreSQL and a Redis of their own, a fault, and a journal of what was acknowledged to the client.

Nothing lost means: each acknowledged effect is there once, each other one wholly or not at all, the integrity check is clean, nobody had to
step in, and it took less than a minute.

    test_redis        Redis killed, emptied, frozen, full, or at the end of a link that swallows everything
    test_imports      a worker killed in the middle of imports: its parent, a child, its group
    test_again        every job delivered ten times
    test_restarts     a web process killed in the middle of requests; a rolling restart under load
    test_schedulers   two schedulers, killed, and a schedule that is edited meanwhile; a day that nobody rang
    test_tenants      two people side by side on sockets, inbox, mails and exports: nothing of the one reaches the other

`make drills` runs them long (20 faults each and more); the suite a few faults each.  The senders of alerts have theirs in tests/alerts.
"""

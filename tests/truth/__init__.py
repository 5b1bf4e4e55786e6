"""The net under the ledger: what must hold after every command, whatever was commanded before.

| | proved by |
|---|---|
| L1, L3, L4, L5, L13 | `checks.py`, after every step of `test_machine.py`, over services and over HTTP |
| L2, L6, L10, L14–L16 | the test of that number in `test_invariants.py` |
| L7 | `pair_machine.py`, after every step, over services and over HTTP, transfers turned round among them; `test_golden_cases.py` (there and back again); `tests/portfolios/test_transfer_programs.py` (three portfolios, two currencies) |
| L8 | `tests/ledger/test_conservation.py` |
| L9 | `test_invariants.py`, and the machine, which imports each of its files twice |
| L11 | `tests/portfolios/test_races.py` and `test_serial_orders.py` beside it, over real HTTP |
| L12 | `tests/portfolios/test_round_trips.py` |

`world.py` is where programs run, `entries.py`, `reorganisations.py` and `kinds.py` say what
can be entered and what the ledger must make of it, `model.py` keeps
what was commanded and folds it by `tests/ledger/reference/`, `pairs.py` two of it with transfers between them, `drivers.py` sends the commands.  `seeded_bugs.py` breaks the
product in 25 ways; each must be found.  docs/testing.md has the numbers.
"""

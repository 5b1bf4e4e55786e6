"""From the database to lots and holdings: 100 000 entries of 500 instruments, loaded and replayed, beside beancount's load of the same ledger.

Beancount is measured where it can be imported: in this environment, or by the interpreter that BEANCOUNT_PYTHON names.  To have it,

    python -m venv /tmp/beancount && /tmp/beancount/bin/pip install beancount numpy
    BEANCOUNT_PYTHON=/tmp/beancount/bin/python python -m benchmarks load

DATABASE_URL chooses PostgreSQL.  BEANCOUNT_SECONDS stands in for a load that was measured before on the same machine.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile

from benchmarks.recorded import RECORDED, database, filled, median, present

METHODS = ("fifo", "average", "section104")


def beancount() -> float | None:
    """Seconds of its load, by the recorded script; None where it is not there."""
    if given := os.environ.get("BEANCOUNT_SECONDS"):
        return float(given)
    python = os.environ.get("BEANCOUNT_PYTHON") or (sys.executable if importlib.util.find_spec("beancount") else "")
    if not python:
        print("beancount is not on this machine; see the head of this file.")
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-B", RECORDED / "workload.py", "L", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        command = [python, "-B", RECORDED / "bench_beancount.py", "L", "--prices", "none", "--reps", "1", "--data", folder]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"load median ([\d.]+) s \(cpu ([\d.]+)\)", said)
    assert found, said
    print(f"beancount, loading the same ledger: {found[1]} s ({found[2]} s of CPU)")
    return float(found[2])


def main() -> None:
    if not present():
        return
    theirs = beancount()
    with database() as vendor:
        from dataclasses import replace

        from portfolios.ledger.replay import replay
        from portfolios.selectors.ledger import events_of, rules_of

        portfolio, _, rows = filled("L")
        rules = rules_of(portfolio)
        loading = median(lambda: events_of(portfolio))
        print(f"{vendor}: {len(rows)} entries loaded in {loading[0]:.2f} s ({loading[1]:.2f} s of CPU)")
        for method in METHODS:
            asked = replace(rules, method=method)
            book = replay(events_of(portfolio), asked)
            lots = sum(len(position.lots) for position in book.positions.values())
            wall, cpu = median(lambda asked=asked: replay(events_of(portfolio), asked))
            ratio = f": {theirs / cpu:.0f} times as fast as beancount, by CPU" if theirs else ""
            print(f"   loaded and replayed, {method:10} {wall:5.2f} s ({cpu:.2f} s of CPU), {len(book.positions)} holdings, {lots} lots{ratio}")


if __name__ == "__main__":
    main()

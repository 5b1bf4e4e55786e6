"""Twenty-five ways to break the ledger, and whether the net finds each: `make seeded-bugs`.

    python -m tests.truth.seeded_bugs                 all of them, five minutes each at most
    python -m tests.truth.seeded_bugs drop-fee ...    some of them

Each bug is one change of one line, made in a copy of the tree.  The tests that hunt it run in that copy until one fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 5
PROGRAMS = "tests/ledger/test_long_ledgers.py tests/truth/test_machine.py::test_programs_over_the_services_leave_nothing_unexplained"
INVARIANTS = "tests/truth/test_invariants.py"
IMPORTED_AGAIN = f"{INVARIANTS}::test_a_file_that_was_cut_off_and_imported_again_adds_only_what_is_new"
PUBLISHED = "tests/ledger/test_published.py"
BONDS = "tests/portfolios/test_edits.py::test_a_bond_is_worth_its_percent_of_par_and_accrued_interest_is_no_cost"
HALVES = "tests/ledger/test_actions_in_detail.py"
RACES = "tests/portfolios/test_serial_orders.py"
LEDGER = "portfolios/ledger/"
HANDLERS = LEDGER + "handlers/"
_LEFT_OUT = {".git", ".venv", "data", "staticfiles", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "mutants", "node_modules"}


@dataclass(frozen=True)
class Bug:
    """`old`, which stands in the file once, becomes `new`."""

    name: str
    path: str
    old: str
    new: str
    hunted_by: str = PROGRAMS


BUGS = [
    Bug("drop-fee", HANDLERS + "amounts.py", "return based(event.fees, rate), based(", "return based(event.fees - event.fees, rate), based("),
    Bug("wrong-lot-order", LEDGER + "matching.py", '"lifo": Method(by_date, newest)', '"lifo": Method(by_date, oldest)'),
    Bug("highest-is-lowest", LEDGER + "matching.py", "    return Ranked(-1, lots)", "    return Ranked(1, lots)"),
    Bug(
        "rate-of-the-day-before",
        "market/selectors/rates.py",
        "    for back in range(BRIDGED_DAYS + 1):",
        "    for back in range(1, BRIDGED_DAYS + 1):",
    ),
    Bug("own-rate-ignored", "portfolios/services/drafts/booking.py", "            return own, RateSource.OWN\n", "            pass\n"),
    Bug(
        "split-twice",
        HANDLERS + "corporate.py",
        "open_lots.split(run.lots(stock), event.ratio_new, event.ratio_old)",
        "open_lots.split(open_lots.split(run.lots(stock), event.ratio_new, event.ratio_old), event.ratio_new, event.ratio_old)",
    ),
    Bug("float-product", LEDGER + "run.py", "(amount * rate).quantize(", "Decimal(float(amount) * float(rate)).quantize("),
    Bug(
        "half-up",
        "portfolio_site/kernel/decimals.py",
        "EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN",
        'EXACT = Context(prec=120, rounding="ROUND_HALF_UP"',
        f"{HALVES} {PROGRAMS}",
    ),
    Bug(
        "pool-not-forgotten",
        LEDGER + "lots.py",
        "    return [(None, *lot[1:])]",
        "    lots.extend([] if lots else [(*lot[:2], ZERO, *lot[3:])])\n    return [(None, *lot[1:])]",
    ),
    Bug("transfer-loses-its-date", HANDLERS + "transfers.py", "event.acquired_on or event.day", "event.day"),
    Bug("voided-counted", "portfolios/selectors/ledger.py", "found.live() if known_at is None", "found if known_at is None"),
    Bug("void-not-judged", "portfolios/services/judging.py", "history = [event for event in old if event.id not in gone]", "history = list(old)"),
    Bug(
        "edit-loses-its-place",
        "portfolios/selectors/rows.py",
        "make(row, entry, entry if sequence is None",
        "make(row, entry, row.pk if sequence is None",
        INVARIANTS,
    ),
    Bug(
        "sales-before-purchases",
        LEDGER + "events/base.py",
        "CORPORATE_ACTION, UNITS_IN, UNITS_OUT, OTHER = range(4)",
        "CORPORATE_ACTION, UNITS_OUT, UNITS_IN, OTHER = range(4)",
    ),
    Bug("cash-through-zero", LEDGER + "cash.py", "                self.cost = worth - closing", "                self.cost = worth"),
    Bug("accrued-interest-is-cost", HANDLERS + "trades.py", "        run.earn(event, -sign * accrued, run.stocks[event.instrument])\n", ""),
    Bug(
        "percent-of-par-forgotten",
        "portfolios/selectors/rows.py",
        "gross if factor == ONE else gross * factor",
        "gross",
        f"{BONDS} {PROGRAMS}",
    ),
    Bug(
        "spin-off-keeps-the-cost", HANDLERS + "reorganisations.py", "(lot[0], lot[1], lot[2], *parts[-1])", "(lot[0], lot[1], lot[2], lot[3], lot[4])"
    ),
    Bug(
        "short-cover-gains-twice",
        LEDGER + "run.py",
        "        self.realise(event, sum((one[3] for one in taken), ZERO) - closing[3], stock)",
        "        self.realise(event, sum((one[3] for one in taken), ZERO), stock)",
    ),
    Bug(
        "dividend-after-tax",
        HANDLERS + "income.py",
        "gross, rate = event.gross, event.fx_rate",
        "gross, rate = event.gross - event.taxes, event.fx_rate",
    ),
    Bug("eight-days-after", LEDGER + "section104.py", "AFTERWARDS = timedelta(days=30)", "AFTERWARDS = timedelta(days=8)", PUBLISHED),
    Bug(
        "key-without-portfolio",
        "portfolios/imports/judging.py",
        'live().filter(portfolio=portfolio).exclude(source_key="")',
        'live().exclude(source_key="")',
        IMPORTED_AGAIN,
    ),
    Bug("equal-rows-are-one", "portfolios/imports/judging.py", "[*identity, seen[identity]]", "[*identity, 0]", IMPORTED_AGAIN),
    Bug("knowledge-of-the-future", "portfolios/querysets.py", "exclude(voided_at__lte=moment)", "exclude(voided_at__isnull=False)", INVARIANTS),
    Bug("lock-removed", "portfolios/services/locking.py", "        with transaction.atomic():\n", "        if True:\n", RACES),
]


def tree(folder: Path) -> Path:
    """A copy of the tree."""
    copy = folder / "tree"
    shutil.copytree(ROOT, copy, ignore=lambda _, names: [name for name in names if name in _LEFT_OUT or name == "__pycache__"])
    return copy


def seed(bug: Bug, copy: Path) -> None:
    """Break the copy.  Raises LookupError where the line is not what it was."""
    file = copy / bug.path
    text = file.read_text()
    if text.count(bug.old) != 1:
        raise LookupError(f"{bug.name}: its line stands {text.count(bug.old)} times in {bug.path}; say anew where it is")
    file.write_text(text.replace(bug.old, bug.new))


def hunt(bug: Bug, *, minutes: float = MINUTES) -> tuple[bool, float, str]:
    """Whether a test found it, after how many seconds, and what it said."""
    with tempfile.TemporaryDirectory(prefix="seeded-") as folder:
        copy = tree(Path(folder))
        seed(bug, copy)
        began, said = time.monotonic(), ""
        for tests in bug.hunted_by.split():  # one after the other: pytest would put those with a database first
            try:
                found, said = _fails(copy, tests, began + minutes * 60 - time.monotonic())
            except subprocess.TimeoutExpired:
                return False, time.monotonic() - began, "not found in time"
            if found:
                return True, time.monotonic() - began, said
        return False, time.monotonic() - began, said


def _fails(copy: Path, tests: str, seconds: float) -> tuple[bool, str]:
    """Whether one of the tests fails in the copy, and what it says."""
    environment = {
        **os.environ, "PROGRAMS": "100000", "HUNT": "1", "DATA_DIR": str(copy.parent), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.test"
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", tests]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    lines = done.stdout.splitlines() or [done.stderr[-200:]]
    said = [line[2:].strip() for line in lines if line.startswith("E  ")] or lines[-1:]
    # 1: a test failed.  Anything else, such as a tree that cannot be imported, has found nothing
    return done.returncode == 1 and "error" not in lines[-1].lower(), said[0][:110]


def main(names: list[str]) -> int:
    chosen = [bug for bug in BUGS if not names or bug.name in names]
    missed = []
    for bug in chosen:
        found, seconds, said = hunt(bug)
        print(f"{'found ' if found else 'MISSED'} {seconds:6.1f} s  {bug.name:26} {said}", flush=True)
        missed += [] if found else [bug.name]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} found" + (f"; missed: {', '.join(missed)}" if missed else ""))
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

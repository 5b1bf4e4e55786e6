"""Mutation testing of portfolios/ledger: `make mutants`, with mutmut, in a copy of the tree.

    python -m tests.truth.mutants            every mutant: some four thousand, half an hour for each thousand on two idle cores
    SAMPLE=300 python -m tests.truth.mutants    that many by chance, the same ones each time; SEED picks others

Fails where fewer than 90 % are killed (BAR for another number).  Those that change nothing anybody can see are told apart in EQUIVALENT, each with its reason.
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.truth.seeded_bugs import tree

BAR = 90  # per cent
# pattern of names → why no test can tell the mutant from the original; the numbers are those of 21 November 2026
EQUIVALENT = {
    "portfolios.ledger.cash.xǁPoolǁmove__mutmut_[79]": "neither amount is zero here",
    "portfolios.ledger.cash.xǁPoolǁmove__mutmut_18": "nothing left was asked for before",
    "portfolios.ledger.cash.xǁPoolǁmove__mutmut_20": "what is held is not zero here",
    "portfolios.ledger.cash.xǁPoolǁmove__mutmut_23": "all of the amount takes all of the cost, also by the rule of three",
    "portfolios.ledger.handlers.paid.x_close__mutmut_16": "a sum that begins at 0 or at Decimal(0)",
    "portfolios.ledger.lots.x_lowered__mutmut_5": "a sum that begins at 0 or at Decimal(0)",
    "portfolios.ledger.section104.xǁSharesǁbecome__mutmut_23": "a sum that begins at 0 or at Decimal(0)",
    "portfolios.ledger.handlers.reorganisations.x__settle__mutmut_12": "the lists are always of one length",
    "portfolios.ledger.handlers.reorganisations.x_reorganise__mutmut_38": "the lists are always of one length",
    "portfolios.ledger.lots.x_pour__mutmut_10": "of two equal days either is the earlier",
    "portfolios.ledger.handlers.trades.x_redemption__mutmut_3": "the sale that follows marks the day",
    "portfolios.ledger.matching.x_highest_first__mutmut_6": "twice as negative sorts the same",
    "portfolios.ledger.replay.xǁ_UnitsOnlyǁnote_purchase__mutmut_7": "the general way gives the same, more slowly",
    "portfolios.ledger.section104.x__share__mutmut_20": "one purchase alone takes its whole share",
    "portfolios.ledger.section104.xǁSharesǁin_order__mutmut_12": "zeros more in a sum",
}
SURVIVED = (0,)  # exit code of the tests
UNDECIDED = (None, 33, 34)  # not run, no tests, skipped


def run(copy: Path, names: list[str]) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 2), *names]
    done = subprocess.run(command, cwd=copy, env={**os.environ, "DATA_DIR": str(copy / "data")}, capture_output=True, text=True, check=False)
    if "Failed to run clean test" in done.stdout:
        raise SystemExit("The tests fail without any mutant:\n" + done.stdout[-3000:])


def results(copy: Path) -> dict[str, int | None]:
    """The exit code of the tests by mutant."""
    found: dict[str, int | None] = {}
    for file in (copy / "mutants" / "portfolios" / "ledger").rglob("*.meta"):
        found |= json.loads(file.read_text())["exit_code_by_key"]
    return found


def main() -> int:
    sample, seed = int(os.environ.get("SAMPLE") or 0), int(os.environ.get("SEED") or 1)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = tree(Path(folder))
        if sample:
            run(copy, ["portfolios.ledger.words*"])  # makes all mutants, and runs few
            names = sorted(results(copy))
            Random(seed).shuffle(names)
            run(copy, names[:sample])
        else:
            run(copy, [])
        found = {name: code for name, code in results(copy).items() if code not in UNDECIDED}
    survivors = [name for name, code in found.items() if code in SURVIVED and not any(fnmatch.fnmatch(name, one) for one in EQUIVALENT)]
    score = 1 - len(survivors) / max(len(found), 1)
    for name in sorted(survivors):
        print(f"survived  {name}")
    print(f"{len(found)} mutants, {len(found) - len(survivors)} killed: {score:.1%}")
    return 100 * score < float(os.environ.get("BAR") or BAR)


if __name__ == "__main__":
    sys.exit(main())

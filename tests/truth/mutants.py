"""Mutation testing of portfolios/ledger: `make mutants`, with the mutants of mutmut, against tests/ledger.

    python -m tests.truth.mutants                       every mutant: some four thousand
    python -m tests.truth.mutants cash handlers.paid    those of the functions whose names begin so
    SAMPLE=300 python -m tests.truth.mutants            that many by chance, the same ones each time; SEED picks others
    CHILDREN=1 python -m tests.truth.mutants            one at a time; else as many as there are processors

Says which survive, and fails where fewer than 90 % are killed (BAR for another number).  Those that change nothing anybody can see
(`equivalent_mutants.py`) do not count on either side.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import libcst as cst
import pytest

from tests.truth.equivalent_mutants import reason
from tests.truth.mutation import SURVIVED, TOO_LONG, Function, Mutant, Runner, functions_of, module_name, mutants_of

BAR = 90  # per cent
ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "portfolios" / "ledger"
TESTS = ROOT / "tests" / "ledger"
QUIETLY = ["-q", "-s", "-n", "0", "--timeout", "0", "-p", "no:cacheprovider", "--disable-warnings", "--no-header", "--rootdir", str(ROOT)]


def functions() -> Iterator[Function]:
    return (
        function for file in sorted(LEDGER.rglob("*.py")) for function in functions_of(cst.parse_module(file.read_text()), module_name(file, ROOT))
    )


def every_mutant() -> list[Mutant]:
    return [mutant for file in sorted(LEDGER.rglob("*.py")) for mutant in mutants_of(file, ROOT)]


class Report:
    """Says what survives as soon as it is known, and the score at the end."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.mutants, self.began = mutants, time.monotonic()
        self.ran = self.survived = self.equivalent = self.late = 0

    def tell(self, mutant: Mutant, outcome: int) -> None:
        self.ran += 1
        self.late += outcome == TOO_LONG
        if outcome == SURVIVED and reason(mutant.function.name, mutant.is_change):
            self.equivalent += 1
        elif outcome == SURVIVED:
            self.survived += 1
            print("survived  {}\n    - {}\n    + {}".format(mutant.function.name, *mutant.lines), flush=True)
        if not self.ran % 500:
            print(f"  {self.ran} of {len(self.mutants)} after {time.monotonic() - self.began:.0f} s", flush=True)

    def score(self) -> float:
        """Per cent."""
        counted = self.ran - self.equivalent
        killed = counted - self.survived
        score = 100 * killed / max(counted, 1)
        print(
            f"{self.ran} mutants in {time.monotonic() - self.began:.0f} s, {self.equivalent} of them equivalent; "
            f"{killed} of the other {counted} killed ({self.late} by time): {score:.1f} %"
        )
        return score


def main(names: list[str]) -> int:
    sample, seed, children = (int(os.environ.get(name) or 0) for name in ("SAMPLE", "SEED", "CHILDREN"))
    mutants = [mutant for mutant in every_mutant() if not names or mutant.function.name.startswith(tuple(names))]
    if sample:
        Random(seed or 1).shuffle(mutants)
        del mutants[sample:]
    report = Report(mutants)
    runner = Runner(mutants, children or os.cpu_count() or 1, report.tell)
    ended = pytest.main([*QUIETLY, str(TESTS)], plugins=[runner])
    if report.ran < len(mutants):
        return int(ended) or 1
    return report.score() < float(os.environ.get("BAR") or BAR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

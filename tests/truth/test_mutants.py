"""That mutants are made and applied, and that the list of equivalent ones is one of this tree.  All of them: `make mutants`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.ledger import run
from tests.truth.equivalent_mutants import EQUIVALENT
from tests.truth.mutants import LEDGER, ROOT, functions
from tests.truth.mutation import mutants_of


def test_the_equivalent_mutants_are_of_lines_that_are_there() -> None:
    text = {function.name: function.text for function in functions()}
    gone = [(one.function, one.old) for one in EQUIVALENT if one.old not in text.get(one.function, "")]
    assert gone == [], "these lines are not what they were: say in equivalent_mutants.py what they are now, or strike them out"


def test_a_mutant_is_applied_to_the_function_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__code__", "__defaults__", "__kwdefaults__"):
        monkeypatch.setattr(run.based, name, getattr(run.based, name))  # put back afterwards
    assert run.based(Decimal(3), Decimal(2)) == 6
    of_based = [mutant for mutant in mutants_of(LEDGER / "run.py", ROOT) if mutant.function.name == "run.based"]
    (divided,) = [mutant for mutant in of_based if mutant.is_change("amount * rate", "amount / rate")]
    assert divided.lines[0].replace("*", "/") == divided.lines[1]
    divided.apply()
    assert run.based(Decimal(3), Decimal(2)) == Decimal("1.5")

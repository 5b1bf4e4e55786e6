"""Many answers at once, of which some may not exist: a rolling figure, the rates of all positions, a table of months.

One value without an answer is an Undefined; among many, it is a place whose `code` names the reason.  So an array never needs
NaN, and nobody can take a place without an answer for a zero: `at` raises there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.errors import Undefined

BEYOND = "the figure is beyond all numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """values   any shape; 0.0 where there is no answer
    code     the same shape; 0 where there is one, else 1 + the place of the reason
    reasons  clauses, as those of Undefined
    """

    values: FloatArray
    code: npt.NDArray[np.int8]
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: FloatArray, *refused: tuple[BoolArray, str]) -> Answers:
        """Answers from values and, in the order in which they count, where there is none and why.

        A value that nothing refuses and that is not a finite number is none either.
        """
        code = np.zeros(np.shape(values), dtype=np.int8)
        for place, (where, _) in enumerate((*refused, (~np.isfinite(values), BEYOND)), start=1):
            code[(code == 0) & where] = place
        return cls(np.where(code == 0, values, 0.0), code, (*(reason for _, reason in refused), BEYOND))

    @property
    def known(self) -> BoolArray:
        """Where there is an answer."""
        return np.asarray(self.code == 0)

    def __len__(self) -> int:
        return len(self.values)

    def why_not(self, *place: int) -> str:
        """The reason at one place; "" where there is an answer."""
        code = int(self.code[place])
        return self.reasons[code - 1] if code else ""

    def at(self, *place: int) -> float:
        """The answer at one place.  Raises Undefined with its reason where there is none."""
        if reason := self.why_not(*place):
            raise Undefined(reason)
        return float(self.values[place])

"""The promise that no function of the engine answers with NaN or infinity, kept in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from analytics.engine.errors import Undefined

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def finite_or(reason: str) -> Callable[[Callable[Given, Answer]], Callable[Given, Answer]]:
    """Undefined(reason) in place of an answer that holds NaN or infinity, wherever in it, and no warning of numpy on the way."""

    def guarded(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
        @wraps(function)
        def answered(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
            try:
                with np.errstate(all="ignore"):
                    answer = function(*args, **kwargs)
            except OverflowError as error:  # Python's own floats raise where numpy's become infinite
                raise Undefined(reason) from error
            if not _is_finite(answer):
                raise Undefined(reason)
            return answer

        return answered

    return guarded


def _is_finite(answer: Any) -> bool:
    if is_dataclass(answer):
        return all(_is_finite(getattr(answer, field.name)) for field in fields(answer))
    if isinstance(answer, list | tuple):
        return all(_is_finite(part) for part in answer)
    if isinstance(answer, np.ndarray | float):
        return bool(np.isfinite(answer).all())
    return True

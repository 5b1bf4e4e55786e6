"""Telling the audit of a deed from an app that may not know it.

`market` and `accounts` do not know each other, yet what a person does in one is audited in the other.  The deed is told inside
the transaction that does it, and heard there too: either both are stored or neither.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

done = Signal()  # actor, action: str, object_type: str, object_id: str, data: dict; never amounts or names


def tell(actor: Any, action: str, *, object_type: str = "", object_id: object = "", **data: object) -> None:
    """Says that `actor` did something to their own data.  What the listener raises ends the transaction."""
    done.send(type(actor), actor=actor, action=action, object_type=object_type, object_id=str(object_id), data=data)

"""Whose data jobs may work on: everybody's but of those who paused that (accounts/data_rights/pausing.py)."""

from __future__ import annotations

from django.db.models import Q


def processed(person: str = "") -> Q:
    """Rows of people who did not pause the processing of their data, and rows of nobody.

    person  the way from a row to its person, such as "owner__"
    """
    return Q(**{f"{person}preferences__paused_at": None})

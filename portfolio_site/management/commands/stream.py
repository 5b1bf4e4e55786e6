"""Follows the streams of prices: the role `stream`."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from market.services.streaming import follow_until_told, streams_are_on


class Command(BaseCommand):
    help = (
        "Stores prices as sources tell them by themselves, until Ctrl-C or SIGTERM. One process is enough, and more than one is refused by sources."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not streams_are_on():
            raise CommandError("No source with a stream is on. Set FINNHUB_KEY, or name yahoo in PROVIDERS; docs/providers.md says more.")
        asyncio.run(follow_until_told())

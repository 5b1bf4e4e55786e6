"""Brings the data up to date without starting anything; `serve --prepare` does the same and goes on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portfolio_site.preparing import prepare


class Command(BaseCommand):
    help = "Make the tables that are missing, write the schedule, and load the demo market and the demo person once."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(self.stdout, options["verbosity"])

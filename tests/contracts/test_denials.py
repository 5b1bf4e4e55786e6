"""What a stranger tries stands in the log of the person whose thing it is, for every address that names a thing; and every deed is told.

Addresses come from the resolver, and verbs from the code: a new one that leaves nothing in the audit fails here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditEntry
from tests.contracts.test_access import METHODS, WITH_A_ROW, Route, _filled, _kind, belongings
from tests.shared import ROOT

__all__ = ["belongings"]

NOBODYS = {"article"}  # kinds of rows that are everybody's: there is nobody to tell


@pytest.mark.parametrize("kind", sorted({_kind(route) for route in WITH_A_ROW} - NOBODYS))
@pytest.mark.django_db
def test_what_a_stranger_tries_stands_in_the_log_of_whose_it_is(kind: str, belongings: dict[str, int], person: Any, stranger: Any) -> None:
    browser = Client()
    browser.force_login(stranger)
    silent = [
        (method, route.path)
        for route in WITH_A_ROW
        if _kind(route) == kind
        for method in METHODS
        if _left_nothing(browser, route, method, belongings, person)
    ]
    assert not silent, f"raise the error with `.of(kind, number)`, and say in deeds.py whose such a thing is: {silent}"
    assert not AuditEntry.objects.filter(subject=stranger.pk, action="access.not_theirs").exists()


def _left_nothing(browser: Client, route: Route, method: str, rows: dict[str, int], person: Any) -> bool:
    cache.clear()  # one entry a minute for each thing
    before = _refusals(person)
    path = _filled(route, rows[_kind(route)], instrument=str(rows["instrument"]), symbol="HOUSE")
    answer = browser.generic(method, path, data="{}", content_type="application/json")
    return answer.status_code != 405 and _refusals(person) != before + 1


def _refusals(person: Any) -> int:
    return AuditEntry.objects.filter(subject=person.pk, action="access.not_theirs").count()


# ── every deed is told ──────────────────────────────────────────────────────

APPS = ("accounts", "market", "portfolios", "analytics", "alerts")
TELLING = {"accounts.services.record_audit", "portfolio_site.web.deeds.tell"}
ACTING = ("actor", "by")  # what a verb calls who does it, before all else
# Verbs of a person that leave no entry, and why.
NO_VERB = "it writes nothing"
DRAFT = "an import is a draft until it is confirmed, and that is told with what was recorded"
TEST = "a message to oneself, which stands among one's deliveries"
READING = "what somebody has read is no deed"
LATER = "it is told when it is done"
UNTOLD = {
    "accounts.data_rights.bringing.refuse_where_something_is": NO_VERB,
    "accounts.services.one_at_a_time": NO_VERB,
    "accounts.tickets.services.make_ticket": "it lives for seconds and opens what the same person may read anyway",
    "alerts.outbox.services.refuse_too_many_tests": NO_VERB,
    "alerts.outbox.services.send_test": TEST,
    "alerts.services.reading.mark_all_read": READING,
    "alerts.services.reading.mark_notice_read": READING,
    "alerts.services.reading.mark_read": READING,
    "alerts.services.rules.checked": NO_VERB,
    "alerts.webhooks.services.test_webhook": TEST,
    "market.services.feeds.begin_trial": "a trial stores no price, and the address is told when it is set up",
    "market.services.listing.merges.start_merge": LATER,
    "market.services.listing.merges.start_parting": LATER,
    "market.services.listing.recorded.parters": NO_VERB,
    "market.services.listing.recorded.recorders": NO_VERB,
    "market.services.news.note_opened": READING,
    "portfolios.actions.preview.preview_action": NO_VERB,
    "portfolios.imports.services.correct_cell": DRAFT,
    "portfolios.imports.services.import_anyway": DRAFT,
    "portfolios.imports.services.leave_out": DRAFT,
    "portfolios.imports.services.name_columns": DRAFT,
    "portfolios.imports.services.resolve_instrument": DRAFT,
    "portfolios.reconciling.services.preview_correction": NO_VERB,
    "portfolios.services.impact.impact_of_void": NO_VERB,
    "portfolios.services.preview.preview_edit": NO_VERB,
    "portfolios.services.preview.preview_transaction": NO_VERB,
    "portfolios.sharing.giving.open_offer": NO_VERB,
    "portfolios.sharing.services.open_invitation": NO_VERB,
    "portfolios.sharing.speaking.held_to": NO_VERB,
    "portfolios.sharing.telling.tell_of_deletion": "the deletion itself is told",
    "portfolios.transfers.rules.edit_arriving": NO_VERB,
    "portfolios.transfers.services.preview_transfer": NO_VERB,
    "portfolios.transfers.services.preview_turn": NO_VERB,
    "portfolios.transfers.turning.turned_leg": NO_VERB,
}


class Code:
    """The functions of the apps, by their whole names, and what each calls of them."""

    def __init__(self) -> None:
        self.functions: dict[str, ast.FunctionDef] = {}
        self._uses: dict[str, set[str]] = {}
        for path in (path for app in APPS for path in Path(ROOT, app).rglob("*.py") if "migrations" not in path.parts):
            self._read(".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text()))

    def _read(self, module: str, tree: ast.Module) -> None:
        known = {one.name: f"{module}.{one.name}" for one in tree.body if isinstance(one, ast.FunctionDef)}
        for one in ast.walk(tree):
            if isinstance(one, ast.ImportFrom) and one.module:
                known |= {alias.asname or alias.name: f"{one.module}.{alias.name}" for alias in one.names}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[f"{module}.{node.name}"] = node
                self._uses[f"{module}.{node.name}"] = set(self._resolved(node, known))

    @staticmethod
    def _resolved(node: ast.FunctionDef, known: dict[str, str]) -> Iterator[str]:
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and one.id in known:
                yield known[one.id]
            elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id in known:
                yield f"{known[one.value.id]}.{one.attr}"

    def reaching(self, goals: set[str]) -> set[str]:
        """The functions that come to one of these."""
        found = set(goals)
        while more := {name for name, uses in self._uses.items() if any(self._is(one, found) for one in uses)} - found:
            found |= more
        return found

    @staticmethod
    def _is(name: str, found: set[str]) -> bool:
        """A name that a package hands on is that of the module below it."""
        package, _, last = name.rpartition(".")
        return name in found or any(one.startswith(f"{package}.") and one.endswith(f".{last}") for one in found)


def test_every_verb_of_a_person_leaves_an_entry() -> None:
    code = Code()
    telling = code.reaching(TELLING)
    verbs = {name for name, node in code.functions.items() if node.args.args and node.args.args[0].arg in ACTING and not node.name.startswith("_")}
    assert len(verbs) > 80
    silent = verbs - telling
    assert silent == set(UNTOLD), "call record_audit (from market: tell) in the verb, or say in UNTOLD why it leaves no entry"

"""Imports point down, and the cores know no framework (docs/architecture.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.shared import ROOT

APPS = ("accounts", "market", "portfolios", "analytics", "alerts")
ROOMS = ("selectors", "services", "signals", "choices", "errors", "models", "ledger", "importers", "engine", "rules", "factories")
ROOMS_OF_ACCOUNTS = ("tokens", "tickets", "confirming", "consents", "viewing")  # who asks, by what, what they agreed to, and who looks on


def test_the_import_contracts_hold() -> None:
    # in a process of its own: the linter sets up logging for itself
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def _imports(path: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
    return found


def test_apps_use_only_the_public_rooms_of_each_other() -> None:
    wrong = []
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            for name, line in _imports(path):
                other, _, rest = name.partition(".")
                if other in APPS and other != app and rest.split(".")[0] not in (*ROOMS, *ROOMS_OF_ACCOUNTS):
                    wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong, "another app's selectors, services, signals, choices, errors, models and pure cores may be used, no more:\n" + "\n".join(wrong)


def test_services_and_selectors_know_no_request() -> None:
    wrong = []
    for app in APPS:
        for name in ("services", "selectors"):
            paths = [*(ROOT / app).glob(f"{name}.py"), *(ROOT / app).glob(f"{name}/*.py")]
            for path in paths:
                wrong += [
                    f"{path.relative_to(ROOT)}:{line} {what}" for what, line in _imports(path) if what.startswith(("django.http", "rest_framework"))
                ]
    assert not wrong, "\n".join(wrong)

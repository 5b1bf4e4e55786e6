"""Calls to sources: who may be asked now, by whom, and in which order."""

from market.services.calls.asking import Asked, Source, Ways, ask
from market.services.calls.breaker import admit, reopen, report, state_of
from market.services.calls.budgets import BudgetView, budgets_of, frugal_gate, patient_gate, reserve, reserve_symbols, symbols_of
from market.services.calls.flights import flight

__all__ = [
    "Asked",
    "BudgetView",
    "Source",
    "Ways",
    "admit",
    "ask",
    "budgets_of",
    "flight",
    "frugal_gate",
    "patient_gate",
    "reopen",
    "report",
    "reserve",
    "reserve_symbols",
    "state_of",
    "symbols_of",
]

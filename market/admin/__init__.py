"""The market in the administration: what exists, its prices and rates, with search and filters.

Prices and rates are changed through the services, which keep packed columns and versions in step.  What belongs to a person
(their own instruments, prices and rates) is not shown here.
"""

from market.admin.benchmarks import BenchmarkAdmin, RisklessRateAdmin
from market.admin.feeds import UrlFeedAdmin
from market.admin.instruments import InstrumentAdmin
from market.admin.merges import InstrumentMergeAdmin
from market.admin.prices import CorporateActionAdmin, PriceAdmin, QuoteAdmin
from market.admin.rates import FxRateAdmin
from market.admin.reference import ClassificationAdmin, SourceProfileAdmin
from market.admin.sources import SourceSymbolAdmin, SuspectAdmin

__all__ = [
    "BenchmarkAdmin",
    "ClassificationAdmin",
    "CorporateActionAdmin",
    "FxRateAdmin",
    "InstrumentAdmin",
    "InstrumentMergeAdmin",
    "PriceAdmin",
    "QuoteAdmin",
    "RisklessRateAdmin",
    "SourceProfileAdmin",
    "SourceSymbolAdmin",
    "SuspectAdmin",
    "UrlFeedAdmin",
]

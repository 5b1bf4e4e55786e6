"""Making, changing and removing portfolios."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.services import record_audit
from market.models import Benchmark, Instrument
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.kernel.words import unwritable
from portfolios.choices import CostMethod, DividendTreatment
from portfolios.errors import PeriodLocked
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio, Transaction, TransactionLeg
from portfolios.roles import Action
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.services.locking import only_writer
from portfolios.services.projections import write_all
from portfolios.services.recording import follow_transfers
from portfolios.sharing.telling import tell_of_deletion
from portfolios.signals import ledger_changed, rules_turned_on

CHANGEABLE = (
    "name", "description", "base_currency", "cost_method", "dividend_treatment", "tracks_cash", "allows_short", "benchmark", "blend", "applies_splits",
    "applies_dividends",
)  # fmt: skip
_APPLIED = frozenset({"applies_splits", "applies_dividends"})
_RULES = frozenset({"base_currency", "cost_method", "dividend_treatment", "tracks_cash", "allows_short"})


def create_portfolio(
    actor: Any,
    *,
    name: str,
    base_currency: str,
    description: str = "",
    cost_method: str = CostMethod.AVERAGE,
    dividend_treatment: str = DividendTreatment.INCOME,
    tracks_cash: bool = True,
    allows_short: bool = False,
    benchmark: Instrument | None = None,
    blend: Benchmark | None = None,
    applies_splits: bool = False,
    applies_dividends: bool = False,
    is_sample: bool = False,
) -> Portfolio:
    """A new, empty portfolio of the actor's.  Raises Invalid by field."""
    portfolio = Portfolio(
        owner=actor,
        name=name.strip(),
        description=description.strip(),
        base_currency=base_currency,
        cost_method=cost_method,
        dividend_treatment=dividend_treatment,
        tracks_cash=tracks_cash,
        allows_short=allows_short,
        benchmark=benchmark,
        blend=blend,
        applies_splits=applies_splits,
        applies_dividends=applies_dividends,
        is_sample=is_sample,
    )
    _check(portfolio)
    with transaction.atomic():
        portfolio.save()
        record_audit(actor, "portfolio.created", object_type="portfolio", object_id=portfolio.pk, sample=is_sample)
    return portfolio


def update_portfolio(actor: Any, portfolio: Portfolio, **changes: Any) -> Portfolio:
    """Change a portfolio's name, rules or benchmark; the holdings are made again where a rule changes.

    Raises Invalid by field; Conflict if the currency of a portfolio with entries would change; PeriodLocked where a rule would
    tell a locked period anew; what the ledger refuses where a rule does not fit its entries.
    """
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise Invalid(
            f"A portfolio has no {', '.join(unknown)} to change.", errors=[FieldError(name, "unknown", "This cannot be changed.") for name in unknown]
        )
    with only_writer(portfolio, by=actor, to=Action.CONFIGURE) as locked:
        changed = sorted(name for name, value in changes.items() if getattr(locked, name) != value)
        if not changed:
            return locked
        for name in changed:
            value = changes[name]
            setattr(locked, name, value.strip() if isinstance(value, str) else value)
        _check(locked)
        if "base_currency" in changed and Transaction.objects.filter(portfolio=locked).exists():
            raise Conflict(
                "The currency of a portfolio with transactions cannot change: they are booked at rates to it. Make a new portfolio in the other currency.",
                errors=[FieldError("base_currency", "in_use", "The portfolio has transactions.")],
            )
        _refuse_locked_rules(locked, changed)
        if _RULES & set(changed):
            locked.revision += 1
            book = replay(events_of(locked), rules_of(locked))
            write_all(locked, book)
            locked.save()
            follow_transfers(actor, locked, book, asked=True)
            first = Transaction.objects.filter(portfolio=locked).live().order_by("traded_on").values_list("traded_on", flat=True).first()
            if first is not None:
                transaction.on_commit(partial(ledger_changed.send, Portfolio, portfolio_id=locked.pk, since=first))
        locked.save()
        if any(getattr(locked, name) for name in changed if name in _APPLIED):
            transaction.on_commit(partial(rules_turned_on.send, Portfolio, portfolio_id=locked.pk))
        record_audit(actor, "portfolio.changed", subject=locked.owner_id, object_type="portfolio", object_id=locked.pk, fields=changed)
    return locked


def _refuse_locked_rules(portfolio: Portfolio, changed: list[str]) -> None:
    """A rule holds for the whole ledger, so that another one changes the figures of the locked time as well."""
    retelling = sorted({"cost_method", "dividend_treatment", "tracks_cash"} & set(changed))
    until = portfolio.locked_until
    if not retelling or until is None or not Transaction.objects.live().filter(portfolio=portfolio, traded_on__lte=until).exists():
        return
    sentence = f"The portfolio is locked up to {until.day} {until:%b} {until.year}, and this would change its figures of that time. Unlock it first."
    raise PeriodLocked(sentence, errors=[FieldError(name, PeriodLocked.code, sentence) for name in retelling], locked_until=until)


def delete_portfolio(actor: Any, portfolio: Portfolio) -> None:
    """Remove a portfolio with everything in it.  This cannot be undone.  Those whom it is shared with are told."""
    with only_writer(portfolio, by=actor, to=Action.DELETE) as locked:
        tell_of_deletion(actor, locked)
        record_audit(
            actor,
            "portfolio.deleted",
            subject=locked.owner_id,
            object_type="portfolio",
            object_id=locked.pk,
            transactions=Transaction.objects.filter(portfolio=locked).count(),
        )
        # children first, each in one statement: one by one they would be loaded and opened only to be dropped
        locked.holdings.all()._raw_delete(locked.holdings.db)
        locked.cash.all()._raw_delete(locked.cash.db)
        links = list(Transaction.objects.filter(portfolio=locked, link__isnull=False).values_list("link", flat=True))
        Transaction.objects.filter(link__in=links).update(link=None)  # the other legs stay, as they are
        Transaction.objects.filter(portfolio=locked).update(replaces=None, origin=None)
        TransactionLeg.objects.filter(transaction__in=Transaction.objects.filter(portfolio=locked))._raw_delete(locked.holdings.db)
        Transaction.objects.filter(portfolio=locked)._raw_delete(locked.holdings.db)
        since = timezone.localdate(locked.created_at)
        transaction.on_commit(partial(ledger_changed.send, Portfolio, portfolio_id=locked.pk, since=since))
        locked.delete()


def _check(portfolio: Portfolio) -> None:
    errors: list[FieldError] = []
    if not portfolio.name:
        errors.append(FieldError("name", "required", "Give the portfolio a name."))
    elif said := unwritable(portfolio.name):
        errors.append(FieldError("name", "invalid", said))
    try:
        Currency(portfolio.base_currency)
    except UnknownCurrency as problem:
        errors.append(FieldError("base_currency", "unknown_currency", str(problem)))
    benchmark = portfolio.benchmark
    if benchmark is not None and benchmark.owner_id not in (None, portfolio.owner_id):
        errors.append(FieldError("benchmark", "not_found", "There is no such instrument."))
    blend = portfolio.blend
    if blend is not None and blend.owner_id != portfolio.owner_id:
        errors.append(FieldError("blend", "not_found", "There is no such blend."))
    if blend is not None and benchmark is not None:
        errors.append(FieldError("blend", "both", "Compare with a benchmark or with a blend, not with both. Leave one empty."))
    try:
        portfolio.clean_fields(exclude=["owner", "base_currency", "benchmark", "blend"] + (["name"] if not portfolio.name else []))
    except ValidationError as problem:
        errors += [FieldError(name, "invalid", " ".join(messages)) for name, messages in problem.message_dict.items()]
    if errors:
        raise Invalid(errors[0].detail, errors=errors)

"""Jobs of alerts: thin, safe to run twice.  What waits for a look is a row; a message only rings."""

from __future__ import annotations

from celery import shared_task

from alerts import services
from alerts.rules import Cause
from portfolios.models import Portfolio


@shared_task(ignore_result=True)
def check(instrument_ids: list[int]) -> None:
    """Looks at the rules of instruments that have moved, and marks those on portfolios that hold them.  Looking again tells nobody twice."""
    services.check_rules(instrument_ids)
    services.mark_moved(instrument_ids)


@shared_task(ignore_result=True)
def look() -> int:
    """Looks at the rules that are due; answers how many came true."""
    return len(services.look_at_due())


@shared_task(ignore_result=True)
def sweep_quotes() -> int:
    """Looks at what moved and was not rung for; answers how many came true."""
    return len(services.sweep_quotes())


@shared_task(ignore_result=True)
def mark_portfolio(portfolio_id: int, cause: str) -> None:
    """Something happened to a portfolio: its rules are due."""
    portfolio = Portfolio.objects.filter(pk=portfolio_id).first()
    if portfolio is not None:
        services.mark_caused(Cause(cause), portfolio=portfolio)


@shared_task(ignore_result=True)
def mark_instruments(instrument_ids: list[int], cause: str) -> None:
    """Something happened to instruments: the rules on them, and on who holds them, are due."""
    services.mark_caused(Cause(cause), instruments=instrument_ids)


@shared_task(ignore_result=True)
def begin_day() -> int:
    """Once a day: what waits for days is due; answers how many rules."""
    return services.begin_day()


@shared_task(ignore_result=True)
def tell_held() -> int:
    """Tells what quiet hours held back; answers how much."""
    return services.tell_held()

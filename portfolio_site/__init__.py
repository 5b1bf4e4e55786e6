"""The composition root: settings, processes, addresses."""

from portfolio_site.celery import app as celery_app

__all__ = ["celery_app"]

"""The composition root as a Django app: management commands, checks of the running system."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "portfolio_site"
    label = "site"
    verbose_name = "Plumbline"

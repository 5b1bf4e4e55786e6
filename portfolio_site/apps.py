"""The composition root as a Django app: management commands, checks of the running system."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "portfolio_site"
    label = "site"
    verbose_name = "Plumbline"

    def ready(self) -> None:
        from portfolio_site.web.serializers import speak_plainly  # the framework reads the settings when it is imported

        speak_plainly()

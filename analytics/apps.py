from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import deeds  # noqa: F401  (says what is done here)
        from analytics.live import receivers  # noqa: F401

from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"

    def ready(self) -> None:
        from market import deeds, receivers  # noqa: F401  (connects them; says what is done there)

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "portfolios"

    def ready(self) -> None:
        from portfolios.actions import receivers as actions  # noqa: F401  (connects them)
        from portfolios.imports import receivers  # noqa: F401  (connects them)

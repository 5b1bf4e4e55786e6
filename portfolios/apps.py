from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    name = "portfolios"

    def ready(self) -> None:
        from portfolios import deeds  # noqa: F401  (says what is done there)
        from portfolios.actions import receivers as actions  # noqa: F401  (connects them)
        from portfolios.imports import receivers  # noqa: F401  (connects them)
        from portfolios.selectors import followed  # noqa: F401  (says what is held)
        from portfolios.services import meaning, merging  # noqa: F401  (take part when instruments are merged, or mean something else)
        from portfolios.sharing import erasing, reach  # noqa: F401  (say what must be settled first, and which private instruments are seen)

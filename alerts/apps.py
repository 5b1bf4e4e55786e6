from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        from alerts import consents, deeds, followed, receivers  # noqa: F401  (connects them; says what alerts are about, and what is done with them)
        from alerts.webhooks import receivers as webhook_receivers  # noqa: F401

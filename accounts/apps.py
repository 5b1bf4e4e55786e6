from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import authentication, deeds, factors, receivers  # noqa: F401  (connects what they declare)
        from accounts.oauth.validator import install

        install()

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import authentication, deeds, factors, passkeys, receivers, sealed_places  # noqa: F401  (connects what they declare)
        from accounts.oauth.validator import install

        install()
        passkeys.install()

"""What allauth asks of us: names, addresses of links, mail that never breaks a page, and where it may send people."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import denials, devices, factors, services, tasks
from accounts.errors import CodeNeeded, TooManyAttempts, WrongCode, WrongCredentials
from accounts.middleware import SIGNED_IN_KEY
from accounts.models import User
from accounts.selectors import mailable
from portfolio_site.web.addresses import client_address, client_network
from portfolio_site.web.bell import insist

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our accounts."""

    # ── who ─────────────────────────────────────────────────────────────────

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": "Too many failed sign-ins. Wait five minutes; or sign in with a passkey, or set a new password by mail."
    }

    def sign_in(self, request: Any, *, login: str, password: str, code: str = "") -> User:
        """The person, for the API.  Counts failures together with the sign-in page.

        Raises WrongCredentials, TooManyAttempts; where a second factor is on CodeNeeded without a code, and WrongCode.
        """
        try:
            user = self.authenticate(request, **{"email" if "@" in login else "username": login, "password": password})
        except ValidationError:
            raise TooManyAttempts("Too many failed sign-ins to this account. Wait five minutes, then try again.") from None
        if user is None or not user.is_active:
            raise WrongCredentials("The name or the password is not right.")
        if factors.needs_second(user):
            if not code:
                raise CodeNeeded("This account asks for a second factor. Send the code of the app, or a recovery code, as “otp”.")
            try:
                factors.check_code(user, code)
            except WrongCode:
                denials.note_wrong_code(request, user)
                raise
        return user  # type: ignore[no-any-return]

    def _get_login_attempts_cache_key(self, request: Any, **credentials: Any) -> str:
        """Failures count for the account, by whichever name and however it was written, and for the network that they come from."""
        return f"{_account(User.objects.by_name(_login(credentials)), credentials)}:{client_network(request)}"

    def pre_authenticate(self, request: Any, **credentials: Any) -> None:
        """Counts the attempt as failed until it succeeds; also by the account alone, unless the person signed in from here before."""
        super().pre_authenticate(request, **credentials)
        self._anywhere = None
        user = User.objects.by_name(_login(credentials))
        if user is not None and devices.is_known(user, request):
            return
        self._anywhere = ratelimit.consume(request, app="allauth.account", action="login_failed_anywhere", key=_account(user, credentials))
        if not self._anywhere:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: Any, **credentials: Any) -> None:
        """A wrong password of an account that there is goes into its audit; guesses at names that nobody has do not."""
        denials.note_failed_sign_in(request, User.objects.by_name(_login(credentials)))

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if (usage := getattr(self, "_anywhere", None)) is not None:
            usage.rollback()

    def _delete_login_attempts_cached_email(self, request: Any, **credentials: Any) -> None:
        """After a new password by mail nothing is held against the account."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        account = _account(User.objects.by_name(_login(credentials)), credentials)
        ratelimit.clear(request, app="allauth.account", action="login_failed_anywhere", key=account)

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        email = next((text for text in txts if text and "@" in text), "")
        return services.free_username(email)

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """Saves the new person with basics guessed from the browser."""
        user = super().save_user(request, user, form, commit)
        if commit:
            services.guess_preferences(
                user, accept_language=request.headers.get("Accept-Language", ""), time_zone=form.cleaned_data.get("time_zone", "")
            )
        return user

    def get_client_ip(self, request: Any) -> str:
        return client_address(request)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not for whoever signed in a moment ago: that was the same proof."""
        return super().is_reauthentication_required(app=app, **more) and not _signed_in_just_now(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [{**method, "description": _AGAIN[method["id"]]} for method in super().get_reauthentication_methods(user)]

    # ── where to ────────────────────────────────────────────────────────────

    def is_safe_url(self, url: str | None) -> bool:
        """Only pages of this very host: a `next` that leads anywhere else is dropped."""
        request = context.request
        return bool(url) and url_has_allowed_host_and_scheme(str(url), allowed_hosts={request.get_host()}, require_https=request.is_secure())

    def get_password_change_redirect_url(self, request: Any) -> str:
        return reverse("settings-security")

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL.rstrip("/") + path.replace("UID-KEY", key)

    def get_email_confirmation_url(self, request: Any, emailconfirmation: Any) -> str:
        return settings.SITE_URL.rstrip("/") + reverse("account_confirm_email", args=[emailconfirmation.key])

    # ── mail ────────────────────────────────────────────────────────────────

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Puts the mail into the queue once the transaction is through.  Links hold the configured host, never the request's."""
        message = self.render_mail(template_prefix, email, {"email": email, "site_url": settings.SITE_URL.rstrip("/"), **context})
        transaction.on_commit(partial(_enqueue, message), robust=True)

    def tell_of_attempt(self, email: str) -> None:
        """Tells the owner of an address that somebody wanted to make an account with it; three times an hour at most."""
        if ratelimit.consume(self.request, app="allauth.account", action="account_exists_mail", key=email):
            self.send_account_already_exists_mail(email)

    def send_notification_mail(self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None) -> Any:
        """To the confirmed address; where there is none, to nobody."""
        to = email or mailable(user)
        if app_settings.EMAIL_NOTIFICATIONS and to is not None:
            super().send_notification_mail(template_prefix, user, context, to)


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


def _account(user: User | None, credentials: dict[str, Any]) -> str:
    return f"account:{user.pk}" if user is not None else f"name:{_login(credentials)}"


_AGAIN = {
    "reauthenticate": "Use the password",
    "mfa_reauthenticate": "Use a code of the app or a recovery code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}


def _signed_in_just_now(request: Any) -> bool:
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return bool(request.user.is_authenticated and request.session.get(SIGNED_IN_KEY, 0) > since)


def _enqueue(message: EmailMessage) -> None:
    """Hands a mail to the queue.  A queue that does not answer loses the mail, not the page; the log says so."""
    if not insist(tasks.send_mail, tasks.sealed_mail(str(message.subject), str(message.body), message.to)):
        log.error("mail.not_queued")

"""What a person without scripts does on the pages of the sign-in family."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.accounts.conftest import PASSWORD

User = get_user_model()


def sign_up(client, **changes):
    """Fill in and send the form of a new account."""
    return client.post(reverse("account_signup"), {"email": "new@example.org", "username": "", "password1": PASSWORD} | changes)


def sign_in(client, login="marta", password=PASSWORD, **more):
    """Fill in and send the form for signing in."""
    return client.post(reverse("account_login"), {"login": login, "password": password, **more})


def signed_in(client):
    return "_auth_user_id" in client.session


def link_in(message):
    """The path of the one link of ours in a mail."""
    (link,) = re.findall(r"http://127\.0\.0\.1:8000(/accounts/(?:confirm-email|password/reset/key)/\S+)", message.body)
    return link


def confirmed(user):
    return EmailAddress.objects.filter(user=user, verified=True, email=user.email).exists()


def landing_of(where):
    """Scheme and host that a browser would go to: it drops tabs and line ends, reads \\ as /, and any number of slashes as two."""
    text = re.sub(r"[\t\r\n]", "", where).strip().replace("\\", "/")
    text = re.sub(r"^(https?):/*", r"\1://", text, flags=re.I)
    parts = urlsplit(urljoin("http://testserver/accounts/login/", re.sub(r"^/{2,}", "//", text)))
    return parts.scheme, parts.netloc

"""Telling people what others did to what is shared: a line in the inbox, and where it is worth one a mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings

from accounts.selectors import mailable_among
from portfolios.models import Membership, Portfolio
from portfolios.signals import people_told


def tell_people(people: Iterable[int], *, key: str, sentence: str, path: str = "") -> None:
    """Into the inbox of each, in the transaction of the deed; told again under the same key it is the same line."""
    people_told.send(Portfolio, user_ids=sorted(set(people)), key=key, sentence=sentence, path=path)


def mail_people(people: Iterable[int], template: str, *, path: str = "", **context: Any) -> None:
    """To those with a confirmed address, once the transaction is through.  Mails name no portfolio and no amount.  One query."""
    link = settings.SITE_URL.rstrip("/") + path if path else ""
    for address in mailable_among(sorted(set(people))).values():
        get_adapter().send_mail(f"portfolios/email/{template}", address, {**context, "link": link})


def tell_of_deletion(actor: Any, portfolio: Portfolio) -> None:
    """To everybody with a role in it, before it is gone.  One query where there is nobody."""
    members = list(Membership.objects.filter(portfolio=portfolio).values_list("user", flat=True))
    if members:
        who = actor.first_name or actor.username
        sentence = f"{who} deleted the portfolio “{portfolio.name}”, which was shared with you."
        tell_people(members, key=f"portfolio:{portfolio.pk}:deleted", sentence=sentence)
        mail_people(members, "deleted", who=who)

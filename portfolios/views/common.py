"""What the views of entries share: where to go on, and how an entry is called."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from portfolio_site.web.pages import came_from
from portfolios.choices import TransactionKind
from portfolios.models import Transaction


def said(row: Transaction) -> str:
    """“Buy of ASML Holding N.V.”, for messages."""
    label = str(TransactionKind(row.kind).label)
    return f"{label} of {row.instrument.name}" if row.instrument is not None else label


def address(name: str) -> str:
    """The address of a page that another part serves; "" where none does."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def next_of(request: HttpRequest) -> str:
    """Where the person came from, if it is a page of ours; else the list."""
    return came_from(request, but=reverse("transaction-add"), otherwise=reverse("transactions"))


def go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect, also for a form that htmx sent from a drawer."""
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)

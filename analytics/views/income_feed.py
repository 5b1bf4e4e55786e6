"""The calendar of payments: what a person sets about it, and the calendar itself at its secret address."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.selectors import preferences_of
from analytics import services
from analytics.models import IncomeFeed
from analytics.selectors.income.feed import Entry, entries_of, feed_of, feed_opened_by
from analytics.views.choice import choice_of
from portfolio_site.kernel.errors import Invalid
from portfolio_site.web.calendars import MEDIA_TYPE, AllDay, calendar
from portfolio_site.web.numbers import money
from portfolio_site.web.pages import render_page
from portfolio_site.web.throttling import AddressThrottle
from portfolio_site.web.writing import speaking

NAME = "Income"
SAID = {"paid": "", "announced": " (announced)", "estimate": " (estimate)"}


@login_required
@require_POST
def income_calendar(request: HttpRequest) -> HttpResponse:
    """`do=` open (also: anew), amounts (`with_amounts=on`, or without) or close.  A new address is shown once, on the page that answers."""
    wanted = request.POST.get("with_amounts", "") == "on"
    deed = request.POST.get("do", "")
    if deed == "open":
        secret = services.open_income_feed(request.user, with_amounts=wanted)
        address = request.build_absolute_uri(reverse("income-feed", args=[secret]))
        context = {"page": "income", "address": address, "feed": feed_of(request.user), **choice_of(request).context()}
        return render_page(request, "analytics/income_address.html", context)
    if deed == "amounts":
        services.show_amounts_in_feed(request.user, wanted)
        messages.success(request, "The calendar tells amounts now." if wanted else "The calendar tells no amounts any more.")
    elif deed == "close":
        services.close_income_feed(request.user)
        messages.success(request, "The address is closed: it opens nothing any more.")
    else:
        raise Invalid("Say what to do with the calendar: open, amounts or close.")
    return redirect(f"{reverse('income')}#calendar")


@extend_schema(exclude=True)
class IncomeFeedView(APIView):
    """The calendar, for whoever knows its secret address.  No session counts here, and strangers are limited by address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)

    def get(self, request: Request, secret: str) -> HttpResponse:
        feed = feed_opened_by(secret)
        with speaking(preferences_of(feed.owner).locale), timezone.override(ZoneInfo(preferences_of(feed.owner).time_zone)):
            days = [_day(feed, one) for one in entries_of(feed)]
        content = calendar(NAME, request.get_host(), days, now=timezone.now())
        answer = HttpResponse(content, content_type=MEDIA_TYPE)
        answer["Content-Disposition"] = 'inline; filename="income.ics"'
        answer["Cache-Control"] = "private, max-age=3600"
        answer["X-Robots-Tag"] = "noindex"
        answer["Referrer-Policy"] = "no-referrer"
        return answer


def _day(feed: IncomeFeed, one: Entry) -> AllDay:
    """The amount stands in the title, where a calendar shows it at a glance, if the person allows it."""
    worth = ""
    if one.amount is not None and one.amount.known:
        worth = f", {money(one.amount)}" + (" before tax" if one.certainty != "paid" else "")
    return AllDay(one.key, one.day, f"{one.title}{worth}{SAID[one.certainty]}", one.reason, one.certainty != "estimate", one.certainty)

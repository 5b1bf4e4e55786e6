"""Pages of comments: all threads of a portfolio with a form, and one's own comment in other words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios.comments import services
from portfolios.comments.models import LONGEST
from portfolios.comments.selectors import get_comment, may_comment, threads_of
from portfolios.errors import CommentNotFound
from portfolios.forms.common import RefusableForm
from portfolios.roles import Action
from portfolios.selectors import get_portfolio


class CommentForm(RefusableForm):
    """What somebody has to say; `instrument` and `entry` where it is about one."""

    text = forms.CharField(label="Comment", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))
    instrument = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    entry = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


@login_required
@require_http_methods(["GET", "POST"])
def comments(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said, by thread; `?instrument=` or `?entry=` of one thing.  Posting says something more."""
    posted = request.method == "POST"
    portfolio = get_portfolio(request.user, pk, to=Action.COMMENT if posted else Action.VIEW)
    asked = {name: _number(request.GET.get(name, "")) for name in ("instrument", "entry")}
    form = CommentForm(request.POST if posted else None, initial=asked)
    if posted and form.is_valid():
        try:
            made = services.write_comment(request.user, portfolio, **form.cleaned_data)
        except DomainError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "Comment written")
            return redirect(f"{reverse('portfolio-comments', args=[pk])}#comment-{made.pk}")
    context: dict[str, Any] = {
        "page": "portfolios",
        "portfolio": portfolio,
        "threads": threads_of(request.user, portfolio, **asked),
        "form": form,
        "narrowed": any(asked.values()),
        "may_comment": may_comment(request.user, portfolio),
    }
    return render_page(request, "portfolios/comments.html", context, status=422 if form.is_bound and form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own comment in other words; `do=remove` takes it away."""
    found = get_comment(request.user, pk)
    get_portfolio(request.user, found.portfolio_id, to=Action.COMMENT)
    back = redirect("portfolio-comments", found.portfolio_id)
    if request.method == "POST" and request.POST.get("do") == "remove":
        services.remove_comment(request.user, found)
        messages.success(request, "Comment removed")
        return back
    if found.author_id != request.user.pk:
        raise CommentNotFound("Only who wrote a comment changes it.")
    form = CommentForm(request.POST if request.method == "POST" else None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_comment(request.user, found, text=form.cleaned_data["text"])
        except DomainError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "Comment changed")
            return back
    context = {"page": "portfolios", "portfolio": found.portfolio, "comment": found, "form": form}
    return render_page(request, "portfolios/comment.html", context, status=422 if form.is_bound and form.errors else 200)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

"""Pages of benchmarks: the list of indices with one's blends, and the form of a blend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import preferences_of
from market import services
from market.choices import AssetClass, Rebalancing, ReturnKind
from market.selectors import BenchmarkView, PartView, benchmarks, get_benchmark, get_blend
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios import selectors
from portfolios.blends.forms import HUNDRED, ROWS, BlendForm

PAGE = "markets"  # its place in the navigation


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the page.  `parts` of a blend in words; `dividends`: whether those of an index are counted."""

    benchmark: BenchmarkView
    parts: str
    rebalancing: str
    dividends: str

    @classmethod
    def of(cls, one: BenchmarkView) -> Line:
        said = ", ".join(f"{plain(part.weight * HUNDRED)} % {part.symbol}" for part in one.parts)
        return cls(one, said, str(Rebalancing(one.rebalancing).label), "" if one.is_blend else _dividends(one.parts[0]))


def _dividends(part: PartView) -> str:
    if part.kind == ReturnKind.TOTAL:
        return "Counted"
    if part.twin is not None:
        return f"Counted, by {part.twin.symbol}"
    return "Left out" if part.asset_class == AssetClass.INDEX else "Counted where known"


@login_required
@require_GET
def benchmark_list(request: HttpRequest) -> HttpResponse:
    """Everybody's indices and one's own blends."""
    indices, blends = benchmarks(request.user)
    context = {"page": PAGE, "indices": [Line.of(one) for one in indices], "blends": [Line.of(one) for one in blends]}
    return render_page(request, "portfolios/benchmarks.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def blend_add(request: HttpRequest) -> HttpResponse:
    """Makes a blend."""
    form = _form(request, {"currency": preferences_of(request.user).base_currency, "rebalancing": "monthly"}, ROWS)
    if form.is_bound and form.is_valid():
        try:
            made = services.create_blend(request.user, **form.wanted())
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, f"{made.name} is made. Choose it in the settings of a portfolio.")
            return redirect("benchmarks")
    return _page(request, form, None)


@login_required
@require_http_methods(["GET", "POST"])
def blend_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes a blend; below it is what deletes it."""
    blend = get_blend(request.user, pk)
    view = get_benchmark(request.user, pk)
    form = _form(request, BlendForm.initial_of(view), len(view.parts) + 1)
    if form.is_bound and form.is_valid():
        try:
            services.change_blend(request.user, blend, **form.wanted())
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, "Saved")
            return redirect("benchmarks")
    return _page(request, form, view)


@login_required
@require_POST
def blend_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Deletes it; the toast brings it back, and with it what was compared."""
    blend = get_blend(request.user, pk)
    using = selectors.compared_with_blend(request.user, pk)
    services.remove_blend(request.user, blend)
    ended = f". {_listed(using)} now compared with nothing" if using else ""
    messages.success(request, f"{blend.name} is deleted{ended}", extra_tags=reverse("blend-restore", args=[pk]))
    return redirect("benchmarks")


@login_required
@require_POST
def blend_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Brings a deleted blend back."""
    blend = get_blend(request.user, pk, removed=True)
    try:
        services.restore_blend(request.user, blend)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, f"{blend.name} is back")
    return redirect("benchmarks")


def _listed(using: list[Any]) -> str:
    names = [one.name for one in using]
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{said} {'is' if len(names) == 1 else 'are'}"


def _form(request: HttpRequest, initial: dict[str, Any], rows: int) -> BlendForm:
    """The form; one more row where that was asked for, with all that was typed."""
    if request.method != "POST":
        return BlendForm(user=request.user, rows=rows, initial=initial)
    shown = request.POST.get("rows", "")
    count = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 3 else rows
    if "more" in request.POST:
        typed = {name: value for name, value in request.POST.items() if name not in {"csrfmiddlewaretoken", "more", "rows"}}
        return BlendForm(user=request.user, rows=count + 3, initial=typed)
    return BlendForm(request.POST, user=request.user, rows=count)


def _page(request: HttpRequest, form: BlendForm, blend: BenchmarkView | None) -> HttpResponse:
    using = selectors.compared_with_blend(request.user, blend.id) if blend is not None and blend.id is not None else []
    context = {
        "page": PAGE,
        "form": form,
        "blend": blend,
        "using": _listed(using) if using else "",
        "options": selectors.instruments_in(request.user)[:36],
    }
    return render_page(request, "portfolios/blend_form.html", context, status=422 if form.is_bound and form.errors else 200)

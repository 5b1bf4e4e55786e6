"""Pages of the import: file, columns, review, done.  Every step is a page of its own and works without script."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market.models import Instrument
from market.selectors import get_instrument, instruments_visible_to
from market.services import can_search
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios.choices import ImportStatus
from portfolios.imports import selectors, services
from portfolios.imports.forms import UploadForm, layout_from
from portfolios.imports.shown import Chip, chips_of, columns_page, facts_of, safe
from portfolios.models import ImportBatch, ImportRow
from portfolios.roles import Action
from portfolios.selectors import get_portfolio, writable_portfolios

STEPS = ["File", "Columns", "Review", "Done"]
ROWS_A_PAGE = 25
_AT_WORK = (ImportStatus.UPLOADED, ImportStatus.READING)


def _page(request: HttpRequest, name: str, step: int, batch: ImportBatch | None = None, status: int = 200, **context: Any) -> HttpResponse:
    base: dict[str, Any] = {"page": "import", "steps": STEPS, "step": step, "batch": batch}
    if batch is not None:
        base["facts"] = facts_of(batch)
    return render_page(request, f"portfolios/{name}.html", base | context, status=status)


def _go(request: HttpRequest, name: str, *args: Any) -> HttpResponse:
    """To another page; a part that polls is told to leave its page."""
    address = reverse(name, args=args)
    if getattr(request, "htmx", None) and not request.htmx.boosted:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return redirect(address)


# ── 1 file ──────────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    portfolios = writable_portfolios(request.user, Action.IMPORT)
    form = UploadForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        portfolios=portfolios,
        initial={"portfolio": request.GET.get("p", "")},
    )
    if request.method == "POST" and form.is_valid():
        portfolio = get_portfolio(request.user, int(form.cleaned_data["portfolio"]), to=Action.IMPORT)
        file = form.cleaned_data["file"]
        try:
            content = file.read(settings.IMPORT_MAX_BYTES + 1)
            batch = services.start_import(request.user, portfolio, file_name=file.name, content=content)
        except DomainError as problem:
            form.add_error("file", problem.detail)
        else:
            return redirect("import-review", pk=batch.pk)
    past = selectors.past_imports(request.user)
    status = 422 if form.errors else 200
    limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
    return _page(request, "import", 1, status=status, form=form, portfolios=portfolios, past=past, limit=limit)


# ── 2 columns ───────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    if batch.status not in (ImportStatus.MAPPING, ImportStatus.REVIEW) or not (batch.facts or {}).get("layout"):
        return _go(request, selectors.step_of(batch), pk)
    problem = ""
    if request.method == "POST":
        try:
            services.name_columns(request.user, batch, layout_from(request.POST, list((batch.facts or {}).get("types", {}))))
            return redirect("import-review", pk=pk)
        except DomainError as refused:
            problem = refused.detail
    return _page(request, "import_columns", 2, batch, 422 if problem else 200, problem=problem, **columns_page(batch))


# ── 3 review ────────────────────────────────────────────────────────────────


@login_required
@require_GET
def review(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    if batch.status in _AT_WORK:
        return _progress(request, batch, 3, "Reading the file", "import-review")
    if batch.status == ImportStatus.FAILED:
        return _page(request, "import_failed", 1, batch)
    if batch.status != ImportStatus.REVIEW or (getattr(request, "htmx", None) and not request.htmx.boosted and request.GET.get("part")):  # type: ignore[attr-defined]
        return _go(request, selectors.step_of(batch), pk)
    state = request.GET.get("state", "")
    state = state if state in selectors.STATES else ""
    counts = selectors.counts_of(batch)
    listing = Paginator(selectors.rows_of(batch, state), ROWS_A_PAGE).get_page(request.GET.get("page"))
    chips: list[Chip] = chips_of(counts, state)
    like = (batch.mapping or {}).get("like", "")
    search, key = request.GET.get("q", "")[:60], request.GET.get("find", "")[:64]
    return _page(
        request,
        "import_review",
        3,
        batch,
        change=selectors.change_of(batch),
        counts=counts,
        chips=chips,
        state=state,
        listing=listing,
        rows=[selectors.view_of(row) for row in listing],
        unknown=selectors.unknown_instruments(request.user, batch),
        search=search,
        searched=key,
        found=_found(request, search) if key else [],
        can_search=can_search(),
        has_columns=bool((batch.facts or {}).get("layout")),
        like=like,
        like_text=f"Its columns and types are read as those of “{like}” were.",
    )


def _found(request: HttpRequest, search: str) -> list[Instrument]:
    """What may be meant: the instrument that was found at the sources for this, else what the search finds."""
    text = request.GET.get("instrument", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    return list(instruments_visible_to(request.user).filter(pk=number)) if number else selectors.found_instruments(request.user, search)


def _progress(request: HttpRequest, batch: ImportBatch, step: int, doing: str, name: str) -> HttpResponse:
    address = f"{reverse(name, args=[batch.pk])}?part=progress"
    context = {"page": "import", "steps": STEPS, "step": step, "batch": batch, "facts": facts_of(batch), "doing": doing, "address": address}
    return render_page(request, "portfolios/import_progress.html", context, fragment="progress")


@login_required
@require_POST
def change_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """One form holds all rows of a page: `do` says what was pressed, and for which row."""
    batch = selectors.get_import(request.user, pk)
    verb, _, rest = request.POST.get("do", "").partition(":")
    number, _, place = rest.partition(":")
    try:
        _do(request, batch, verb, number, place)
    except DomainError as problem:
        messages.error(request, problem.detail)
    back = reverse("import-review", args=[pk])
    query = "&".join(f"{name}={request.POST[name]}" for name in ("state", "page") if request.POST.get(name, "").replace("_", "").isalnum())
    return redirect(f"{back}?{query}" if query else back)


def _do(request: HttpRequest, batch: ImportBatch, verb: str, number: str, place: str) -> None:
    chosen = [int(text) for text in request.POST.getlist("row") if text.isascii() and text.isdigit() and len(text) < 10]
    one = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    if verb == "out":
        services.leave_out(request.user, batch, [one] if one else chosen)
    elif verb == "in":
        services.leave_out(request.user, batch, [one] if one else chosen, out=False)
    elif verb == "anyway" and one:
        services.import_anyway(request.user, batch, one)
    elif verb == "repair" and one:
        row = ImportRow.objects.filter(batch=batch, number=one).first()
        repairs = row.draft.get("repairs", []) if row is not None else []
        if place.isdigit() and int(place) < len(repairs):
            _, column, text = repairs[int(place)]
            services.correct_cell(request.user, batch, number=one, column=column, text=text)
    elif verb == "correct" and one:
        column, text = request.POST.get(f"column-{one}", ""), request.POST.get(f"cell-{one}", "")
        services.correct_cell(request.user, batch, number=one, column=column, text=text)


@login_required
@require_POST
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Unknown instruments: choose one, make one, or make them all."""
    batch = selectors.get_import(request.user, pk)
    verb, key = request.POST.get("do", ""), request.POST.get("key", "")[:64]
    try:
        if verb == "create-all":
            made = services.create_all_unknown(request.user, batch)
            messages.success(request, "The instrument is made." if made == 1 else f"{made} instruments are made.")
        elif verb == "create":
            described = {name: request.POST.get(name, "")[:200] for name in ("symbol", "name", "currency", "asset_class") if request.POST.get(name)}
            services.create_unknown(request.user, batch, key, **described)
        elif verb == "use" and request.POST.get("instrument", "").isdigit():
            services.resolve_instrument(request.user, batch, key, get_instrument(request.user, int(request.POST["instrument"][:18])))
        else:
            messages.error(request, "Choose an instrument first.")
    except DomainError as problem:
        messages.error(request, problem.detail)
    return redirect("import-review", pk=pk)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    try:
        services.confirm_import(request.user, batch)
    except DomainError as problem:
        messages.error(request, problem.detail)
        return redirect("import-review", pk=pk)
    return redirect("import-done", pk=pk)


# ── 4 done ──────────────────────────────────────────────────────────────────


@login_required
@require_GET
def done(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    if batch.status == ImportStatus.COMMITTING:
        return _progress(request, batch, 4, "Recording the entries", "import-done")
    if batch.status not in (ImportStatus.COMMITTED, ImportStatus.REVERTED) or request.GET.get("part"):
        return _go(request, selectors.step_of(batch), pk)
    return _page(request, "import_done", 4, batch, outcome=selectors.outcome_of(batch), counts=selectors.counts_of(batch))


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    try:
        voided = services.revert_import(request.user, batch)
    except DomainError as problem:
        messages.error(request, problem.detail)
        return redirect("import-done", pk=pk)
    messages.success(request, f"The import is undone: {voided} {'entry was' if voided == 1 else 'entries were'} taken out.")
    return redirect("import")


@login_required
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    batch = selectors.get_import(request.user, pk)
    try:
        services.discard_import(request.user, batch)
    except DomainError as problem:
        messages.error(request, problem.detail)
        return redirect("import-done", pk=pk)
    messages.success(request, "The import is discarded. Nothing was recorded.")
    return redirect("import")


@login_required
@require_GET
def left_out(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows that stayed out, with their reasons, as a file that can be repaired and imported."""
    batch = selectors.get_import(request.user, pk)
    names = list((batch.facts or {}).get("columns", []))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="left-out-{batch.pk}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    sheet = csv.writer(response)
    sheet.writerow([safe(name) for name in [*names, "Row in the file", "Why it stayed out"]])
    for number, reason, cells in selectors.rows_left_out(batch):
        sheet.writerow([*(safe(cells.get(name, "")) for name in names), str(number), safe(reason)])
    return response

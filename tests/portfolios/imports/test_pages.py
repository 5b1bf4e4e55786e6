"""The pages of the import, walked without script."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portfolios.choices import ImportStatus, Verdict
from portfolios.imports import selectors
from portfolios.models import ImportBatch, ImportRow, Transaction
from tests import factories
from tests.portfolios.imports.helpers import FILES

pytestmark = pytest.mark.django_db


@pytest.fixture
def pounds(person):
    return factories.make_portfolio(person, base_currency="GBP", name="Isa")


@pytest.fixture
def send(signed_in, pounds, django_capture_on_commit_callbacks):
    """Uploads a file through the page and lets the jobs run."""

    def act(name="t212_same_id.csv", content=None):
        file = SimpleUploadedFile(name, (FILES / name).read_bytes() if content is None else content, "text/csv")
        with django_capture_on_commit_callbacks(execute=True):
            return signed_in.post(reverse("import"), {"portfolio": pounds.pk, "file": file})

    return act


@pytest.fixture
def press(signed_in, django_capture_on_commit_callbacks):
    """Posts a form and lets the jobs run."""

    def act(name, pk, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return signed_in.post(reverse(name, args=[pk]), fields)

    return act


def page(client, name, *args, **query):
    return client.get(reverse(name, args=args), query).content.decode()


def test_from_the_file_to_the_holdings_and_back(signed_in, pounds, send, press):
    answer = send()
    batch = ImportBatch.objects.get()
    assert answer.url == reverse("import-review", args=[batch.pk])

    shown = page(signed_in, "import-review", batch.pk)
    assert "Instruments to resolve" in shown and "US0000001115" in shown and "Import 5 entries" in shown
    press("import-resolve", batch.pk, do="create-all")
    shown = page(signed_in, "import-review", batch.pk)
    assert "Import 7 entries" in shown and "Instruments to resolve" not in shown

    answer = press("import-confirm", batch.pk)
    assert answer.url == reverse("import-done", args=[batch.pk])
    shown = page(signed_in, "import-done", batch.pk)
    assert "7 entries are recorded" in shown and "Alfa Corp" in shown

    shown = page(signed_in, "import")
    assert "t212_same_id.csv" in shown and reverse("import-undo", args=[batch.pk]) in shown
    press("import-undo", batch.pk)
    assert Transaction.objects.live().filter(portfolio=pounds).count() == 0
    assert "is undone" in page(signed_in, "import-done", batch.pk)


def test_a_file_that_is_no_table_is_refused_at_the_form_with_its_sentence(signed_in, send):
    answer = send(content=b"PK\x03\x04xl/workbook.xml" + b"\0" * 50)
    assert answer.status_code == 422 and "This is an Excel workbook" in answer.content.decode()
    assert ImportBatch.objects.count() == 0


def test_a_file_that_cannot_be_read_says_the_row(signed_in, send):
    send(content=b'a,b\n1,2\n3,"4\n')
    shown = page(signed_in, "import-review", ImportBatch.objects.get().pk)
    assert "Row 3: a quote that opens here never closes" in shown


def test_columns_are_named_and_the_types_told(signed_in, send, press):
    send("german.csv")
    batch = ImportBatch.objects.get()
    assert signed_in.get(reverse("import-review", args=[batch.pk])).url == reverse("import-columns", args=[batch.pk])
    shown = page(signed_in, "import-columns", batch.pk)
    assert "Vorabpauschale" in shown and "1 open" in shown and "9 of 9 matched" in shown
    layout = batch.facts["layout"]
    fields = {f"field-{field}": column for field, column in layout["columns"].items()}
    kinds = {f"type-{place}": layout["types"][text] or "tax" for place, text in enumerate(batch.facts["types"])}
    answer = press("import-columns", batch.pk, **fields, **kinds)
    assert answer.url == reverse("import-review", args=[batch.pk])
    batch.refresh_from_db()
    assert batch.status == ImportStatus.REVIEW and selectors.counts_of(batch).unknown == 4


def test_a_column_chosen_wrongly_is_asked_again(signed_in, send, press):
    send("german.csv")
    batch = ImportBatch.objects.get()
    answer = press("import-columns", batch.pk, **{"field-date": "Bezeichnung", "field-quantity": "Stück", "field-isin": "ISIN"})
    assert answer.status_code == 302
    assert "holds no dates" in page(signed_in, "import-columns", batch.pk)


def test_rows_are_shown_by_state_with_the_problem_and_its_repair(signed_in, send, press):
    broken = (FILES / "t212_same_id.csv").read_text().replace("2024-02-02 11:05:03.126", "2024-02-30")
    send(content=broken.encode())
    pk = ImportBatch.objects.get().pk
    shown = page(signed_in, "import-review", pk, state="error")
    assert "Time: The date “2024-02-30” does not exist." in shown and 'name="cell-4"' in shown
    press("import-rows", pk, do="correct:4", **{"column-4": "Time", "cell-4": "2024-02-28"})
    assert ImportRow.objects.filter(batch=pk, verdict=Verdict.ERROR).count() == 0


def test_rows_are_skipped_one_by_one_and_selected_and_taken_in_again(signed_in, send, press):
    send()
    batch = ImportBatch.objects.get()
    press("import-rows", batch.pk, do="out:2")
    press("import-rows", batch.pk, do="out", row=["4", "5"])
    assert selectors.counts_of(batch).out == 3
    press("import-rows", batch.pk, do="in:2")
    assert selectors.counts_of(batch).out == 2
    answer = press("import-rows", batch.pk, do="out:999999")
    assert answer.status_code == 302 and selectors.counts_of(batch).out == 2


def test_an_instrument_is_searched_and_used(signed_in, send, press):
    other = factories.make_instrument("ALF", currency="USD", name="Alfa Corporation")
    send()
    batch = ImportBatch.objects.get()
    key = selectors.unknown_instruments(batch.uploaded_by, batch)[0].key
    shown = page(signed_in, "import-review", batch.pk, find=key, q="alfa")
    assert f'<option value="{other.pk}">' in shown
    press("import-resolve", batch.pk, do="use", key=key, instrument=other.pk)
    assert selectors.counts_of(batch).recordable == 7


def test_rows_that_stayed_out_come_as_a_file_without_formulas(signed_in, send, press):
    text = (FILES / "t212_same_id.csv").read_text().replace("Interest on cash,2024-02-02 11:05:03.126", "=HYPERLINK(1),2024-02-02")
    send(content=text.encode())
    pk = ImportBatch.objects.get().pk
    answer = signed_in.get(reverse("import-left-out", args=[pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0][-2:] == ["Row in the file", "Why it stayed out"]
    assert [row[-2] for row in rows[1:]] == ["3", "4", "7"]
    assert all(not cell.startswith("=") for row in rows for cell in row)


def test_while_the_file_is_read_the_page_says_how_far_and_asks_again(signed_in, pounds, person):
    batch = ImportBatch.objects.create(
        portfolio=pounds, uploaded_by=person, file_name="x.csv", content=b"a", status=ImportStatus.READING, rows_total=5000, rows_done=1204
    )
    shown = page(signed_in, "import-review", batch.pk)
    assert (
        "1,204 of 5,000 rows" in shown
        and 'hx-trigger="every 2s, import-moved from:document throttle:300ms"' in shown
        and 'http-equiv="refresh"' in shown
    )
    part = signed_in.get(reverse("import-review", args=[batch.pk]), {"part": "progress"}, headers={"HX-Request": "true"})
    assert b"<html" not in part.content and b"1,204" in part.content
    ImportBatch.objects.filter(pk=batch.pk).update(status=ImportStatus.REVIEW, facts=None)
    part = signed_in.get(reverse("import-review", args=[batch.pk]), {"part": "progress"}, headers={"HX-Request": "true"})
    assert part.status_code == 204 and part["HX-Redirect"] == reverse("import-review", args=[batch.pk])


def test_an_import_without_a_portfolio_says_to_make_one(signed_in):
    assert "No portfolio yet" in page(signed_in, "import")


@pytest.mark.parametrize("name", ["import-review", "import-columns", "import-done", "import-left-out"])
def test_a_stranger_finds_no_page(client, stranger, send, name):
    send()
    client.force_login(stranger)
    assert client.get(reverse(name, args=[ImportBatch.objects.get().pk])).status_code == 404


@pytest.mark.parametrize("name", ["import-rows", "import-resolve", "import-confirm", "import-undo", "import-discard"])
def test_a_stranger_changes_nothing(client, stranger, send, name):
    send()
    client.force_login(stranger)
    assert client.post(reverse(name, args=[ImportBatch.objects.get().pk]), {"do": "out:2"}).status_code in (302, 404)
    assert ImportBatch.objects.get().status == ImportStatus.REVIEW
    assert ImportRow.objects.filter(chosen=False).count() == 0


def test_hostile_names_are_shown_as_text(signed_in, send):
    text = (FILES / "t212_same_id.csv").read_text().replace("Alfa Corp", "<script>alert(1)</script>{{ 7 }}")
    send(content=text.encode())
    shown = page(signed_in, "import-review", ImportBatch.objects.get().pk)
    assert "<script>alert" not in shown and "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}" in shown


def test_hidden_amounts_hide_what_the_file_says_was_paid(signed_in, person, send):
    send()
    batch = ImportBatch.objects.get()
    known = page(signed_in, "import-review", batch.pk)
    assert 'data-label="Price" data-private>$' in known
    person.preferences.hide_amounts = True
    person.preferences.save()
    hidden = page(signed_in, "import-review", batch.pk)
    assert 'data-label="Price" data-private>••••' in hidden and 'data-label="Price" data-private>$' not in hidden


def test_the_review_costs_the_same_queries_for_few_and_many_rows(signed_in, send, press, django_assert_max_num_queries):
    lines = (FILES / "t212_same_id.csv").read_text().splitlines()
    many = [lines[0], *(lines[1].replace("x05", f"y{n}") for n in range(300))]
    send(content="\n".join(many).encode())
    with django_assert_max_num_queries(20):
        page(signed_in, "import-review", ImportBatch.objects.get().pk)


def test_enter_in_the_review_presses_a_button_that_is_not_shown_and_does_nothing(signed_in, send, press):
    """The first button of a form answers to Enter; this one is neither seen nor read out."""
    send()
    shown = page(signed_in, "import-review", ImportBatch.objects.get().pk)
    form = shown[shown.index(reverse("import-rows", args=[ImportBatch.objects.get().pk])) :]
    assert form[form.index("<button") :].startswith('<button type="submit" name="do" value="none" hidden>')


def test_an_unknown_instrument_is_searched_for_at_the_sources_and_comes_back_chosen(signed_in, pounds, send, settings):
    send()
    batch = ImportBatch.objects.get()
    assert "Search the sources" not in page(signed_in, "import-review", batch.pk)  # there are none
    settings.PROVIDERS = ["yahoo"]
    (unknown,) = selectors.unknown_instruments(pounds.owner, batch)
    review = reverse("import-review", args=[batch.pk])
    shown = page(signed_in, "import-review", batch.pk)
    assert f"/instruments/find/?q=US0000001115&amp;next={quote(review, safe='')}%3Ffind%3D{unknown.key}" in shown
    found = factories.make_instrument("ALFA2", name="Alfa, as listed", currency="USD")
    shown = page(signed_in, "import-review", batch.pk, find=unknown.key, instrument=found.pk)
    assert f'<option value="{found.pk}">ALFA2' in shown
    secret = factories.make_instrument("SECRET", owner=factories.make_person())
    assert "SECRET" not in page(signed_in, "import-review", batch.pk, find=unknown.key, instrument=secret.pk)

"""Imports over the API."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portfolios.exports import COLUMNS
from portfolios.models import ImportBatch, Transaction
from tests import factories
from tests.portfolios.imports.helpers import FILES

pytestmark = pytest.mark.django_db


@pytest.fixture
def pounds(person):
    return factories.make_portfolio(person, base_currency="GBP")


@pytest.fixture
def call(api, django_capture_on_commit_callbacks):
    """Calls an address and lets the jobs run."""

    def act(method, path, data=None, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return getattr(api, method)(f"/api/v1{path}", data, **kwargs)

    return act


def upload(call, portfolio, name="t212_same_id.csv", content=None, **kwargs):
    file = SimpleUploadedFile(name, (FILES / name).read_bytes() if content is None else content, "text/csv")
    return call("post", f"/portfolios/{portfolio.pk}/imports", {"file": file}, format="multipart", **kwargs)


def test_a_statement_is_uploaded_previewed_committed_and_reverted(call, pounds):
    answer = upload(call, pounds)
    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "uploaded" and answer["Location"] == f"/api/v1/imports/{body['id']}"
    path = f"/imports/{body['id']}"

    body = call("get", path).json()
    assert (body["status"], body["format"], body["rows_total"]) == ("review", "trading212", 7)
    assert body["counts"] == {"total": 7, "unknown": 2, "error": 0, "check": 0, "duplicate": 0, "ready": 5, "out": 0}
    assert [row["number"] for row in body["rows"]["results"]] == [2, 3, 4, 5, 6, 7, 8]
    first = body["rows"]["results"][1]
    assert (first["verdict"], first["type"], first["quantity"], first["cash"]) == ("unknown_instrument", "buy", "8", "-801.2")
    assert body["unknown"][0]["isin"] == "US0000001115"

    body = call("post", f"{path}/resolve", {"key": first["instrument_key"], "create": True}).json()
    assert body["counts"]["ready"] == 7 and body["unknown"] == []
    assert body["change"]["entries"] == 7 and body["change"]["cash"] == [{"currency": "GBP", "effect": "1258.14", "before": "0", "after": "1258.14"}]

    assert call("post", f"{path}/commit").status_code == 202
    assert call("get", path).json()["status"] == "committed"
    assert Transaction.objects.live().filter(portfolio=pounds).count() == 7

    answer = call("post", f"{path}/revert")
    assert answer.json() == {"id": body["id"], "status": "reverted", "voided": 7}
    assert Transaction.objects.live().filter(portfolio=pounds).count() == 0


def test_rows_are_paged_and_filtered_by_verdict(call, pounds):
    path = f"/imports/{upload(call, pounds).json()['id']}"
    body = call("get", f"{path}?verdict=new&page_size=2").json()["rows"]
    assert [row["number"] for row in body["results"]] == [2, 4] and body["next"]
    rest = call("get", body["next"].split("/api/v1")[1]).json()["rows"]
    assert [row["number"] for row in rest["results"]] == [5, 6] and rest["previous"]
    assert call("get", f"{path}?verdict=nonsense").status_code == 400


def test_a_row_is_left_out_and_corrected(call, pounds):
    text = (FILES / "t212_same_id.csv").read_text().replace("2024-02-02 11:05:03.126", "2024-02-30")
    path = f"/imports/{upload(call, pounds, content=text.encode()).json()['id']}"
    bad = call("get", f"{path}?state=error").json()["rows"]["results"][0]
    assert (bad["number"], bad["column"], bad["cells"]["Time"]) == (4, "Time", "2024-02-30")
    assert call("patch", f"{path}/rows/4", {"column": "Time", "text": "2024-02-02"}).status_code == 200
    assert call("patch", f"{path}/rows/2", {"chosen": False}).status_code == 200
    counts = call("get", path).json()["counts"]
    assert (counts["error"], counts["out"]) == (0, 1)
    assert call("patch", f"{path}/rows/2", {}).status_code == 400
    assert call("patch", f"{path}/rows/999", {"chosen": False}).status_code == 404


def test_the_columns_of_an_unknown_file_are_mapped(call, pounds):
    path = f"/imports/{upload(call, pounds, 'german.csv').json()['id']}"
    body = call("get", path).json()
    assert body["status"] == "mapping" and [q["field"] for q in body["questions"]] == ["types"]
    layout = body["layout"]
    layout["types"]["Vorabpauschale"] = "tax"
    assert call("put", f"{path}/mapping", layout).status_code == 202
    assert call("get", path).json()["status"] == "review"
    assert call("put", f"{path}/mapping", {"columns": {"date": "Nope"}}).status_code == 422


def test_what_does_not_fit_the_step_is_a_conflict(call, pounds):
    path = f"/imports/{upload(call, pounds, 'german.csv').json()['id']}"
    answer = call("post", f"{path}/commit")
    assert answer.status_code == 409 and answer.json()["code"] == "import_not_ready" and answer.json()["step"] == "mapping"
    assert call("post", f"{path}/revert").status_code == 409


def test_a_file_that_is_too_large_is_413_and_nothing_is_kept(call, pounds, settings):
    settings.IMPORT_MAX_BYTES = 1000
    answer = upload(call, pounds, content=b"a,b\n" * 600)
    assert answer.status_code == 413 and answer.json()["code"] == "file_too_large"
    assert ImportBatch.objects.count() == 0


def test_a_file_that_is_no_table_is_422(call, pounds):
    answer = upload(call, pounds, content=b"%PDF-1.7")
    assert answer.status_code == 422 and "PDF" in answer.json()["detail"]


def test_a_request_without_a_file_is_400_and_json_is_415(call, pounds):
    assert call("post", f"/portfolios/{pounds.pk}/imports", {}, format="multipart").status_code == 400
    assert call("post", f"/portfolios/{pounds.pk}/imports", {"file": "x"}, format="json").status_code == 415


def test_the_same_idempotency_key_uploads_once(call, pounds):
    first = upload(call, pounds, HTTP_IDEMPOTENCY_KEY="one-upload-1")
    again = upload(call, pounds, HTTP_IDEMPOTENCY_KEY="one-upload-1")
    assert first.json()["id"] == again.json()["id"] and ImportBatch.objects.count() == 1


def test_a_stranger_finds_nothing(stranger, call, pounds):
    from rest_framework.test import APIClient

    pk = upload(call, pounds).json()["id"]
    caller = APIClient()
    caller.force_authenticate(stranger)
    for method, path in [
        ("get", ""),
        ("delete", ""),
        ("post", "/commit"),
        ("post", "/revert"),
        ("post", "/resolve"),
        ("put", "/mapping"),
        ("patch", "/rows/2"),
    ]:
        assert getattr(caller, method)(f"/api/v1/imports/{pk}{path}", {}).status_code == 404
    assert caller.get(f"/api/v1/portfolios/{pounds.pk}/imports").status_code == 404


def test_an_import_is_discarded(call, pounds):
    pk = upload(call, pounds).json()["id"]
    assert call("delete", f"/imports/{pk}").status_code == 204
    assert call("get", f"/imports/{pk}").status_code == 404
    assert call("get", f"/portfolios/{pounds.pk}/imports").json()["results"] == []


def test_everything_that_is_wrong_with_a_row_is_told_by_page_and_api(call, signed_in, pounds):
    rows = [
        {"row": "1", "date": "2024-01-02", "type": "deposit", "amount": "5", "currency": "NOK", "price": "3", "ratio_new": "2"},
        {"row": "2", "date": "2024-01-32", "type": "deposit", "amount": "x", "currency": "GBPS"},
    ]
    lines = [",".join(COLUMNS), *(",".join(row.get(name, "") for name in COLUMNS) for row in rows)]
    number = upload(call, pounds, "export.csv", "\n".join(lines).encode()).json()["id"]
    told = call("get", f"/imports/{number}").json()
    assert (told["status"], told["format"], told["counts"]["error"]) == ("review", "plumbline", 2)
    checked, unread = told["rows"]["results"]
    assert [one["field"] for one in checked["problems"]] == ["price", "ratio_new"]
    assert all(one["detail"] in checked["reason"] for one in checked["problems"])
    assert [one["field"] for one in unread["problems"]] == ["date", "amount", "currency"] and "amount: " in unread["reason"]
    page = signed_in.get(f"/import/{number}/review/").content.decode()
    assert "amount: " in page and checked["problems"][1]["detail"] in page

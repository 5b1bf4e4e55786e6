"""What the API refuses as a whole: bodies that are too large, text that is no JSON, addresses that are not there."""

from __future__ import annotations

import io

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from portfolio_site.web.json import ExactJSONParser, RequestTooLarge

pytestmark = pytest.mark.django_db


class Endless(io.RawIOBase):
    """A body that hides its length; counts what was read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole body was asked for"
        self.taken += size
        return b" " * size


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_a_body_that_hides_its_length_is_read_one_byte_past_the_limit_and_no_further():
    stream = Endless()
    with pytest.raises(RequestTooLarge):
        ExactJSONParser().parse(stream)
    assert stream.taken == 1001


@pytest.mark.parametrize("call", ["register", "login", "refresh", "logout"])
def test_a_body_above_64_kb_is_refused_before_signing_in(call):
    answer = APIClient().post(f"/api/v1/auth/{call}", b'{"email": "' + b"x" * 65_536 + b'"}', content_type="application/json")
    assert answer.status_code == 413 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large" and "64 KB" in answer.json()["detail"]


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=2000)
@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "a-key"}])
def test_a_large_body_of_a_signed_in_person_is_413_with_or_without_a_key(django_user_model, headers):
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("large", "large@example.org", "irrelevant here"))
    answer = client.post("/api/v1/portfolios", b'{"name": "' + b"x" * 3000 + b'"}', content_type="application/json", **headers)
    assert answer.status_code == 413 and answer.json()["code"] == "too_large"


def test_text_that_is_no_json_is_400_with_the_list_of_errors():
    answer = APIClient().post("/api/v1/auth/login", b"{", content_type="application/json")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "" and error["code"] == "parse_error" and error["detail"] == answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/portfolios", "/api/v1/nothing"])
def test_an_unknown_address_of_the_api_is_a_problem_document(client, path):
    answer = client.get(path)
    assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("call", ["register", "login", "refresh"])
def test_nothing_keeps_an_answer_about_tokens(call):
    assert APIClient().post(f"/api/v1/auth/{call}", {}).headers["Cache-Control"] == "no-store"


def test_a_change_of_an_unknown_field_is_refused_by_its_name(django_user_model):
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("typo", "typo@example.org", "irrelevant here"))
    answer = client.patch("/api/v1/auth/me", {"base_curency": "USD", "theme": "dark"})
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("base_curency", "unknown_field")]
    assert client.get("/api/v1/auth/me").json()["theme"] != "dark"

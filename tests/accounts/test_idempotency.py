"""A POST that is sent again does its work once; changes of what was changed meanwhile are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, IdempotencyKey
from portfolio_site.web.etags import PreconditionFailed, check_if_match, etag_of
from portfolio_site.web.problems import status_of
from tests.accounts import idempotent_urls
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.idempotent_urls")]


@pytest.fixture
def me(marta):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(marta)
    return client


def post(client, body=None, key="key-1", path="/api/v1/deeds", **more):
    return client.post(path, body if body is not None else {"wish": ""}, headers={"Idempotency-Key": key}, **more)


def deeds():
    return AuditEntry.objects.filter(action="deed").count()


def test_the_same_key_and_body_does_the_work_once_and_answers_the_same(me):
    first, second = post(me), post(me)
    assert (first.status_code, second.status_code) == (201, 201) and deeds() == 1
    assert second.content == first.content and second["Content-Type"] == first["Content-Type"]
    assert second["Location"] == first["Location"] and second["ETag"] == first["ETag"]
    assert "Idempotency-Replayed" not in first and second["Idempotency-Replayed"] == "true"


def test_without_a_key_each_post_does_its_work(me):
    me.post("/api/v1/deeds", {"wish": ""})
    me.post("/api/v1/deeds", {"wish": ""})
    assert deeds() == 2 and not IdempotencyKey.objects.exists()


def test_viewsets_are_covered_as_well(me):
    assert post(me, path="/api/v1/set").status_code == 201
    assert post(me, path="/api/v1/set")["Idempotency-Replayed"] == "true" and deeds() == 1


@pytest.mark.parametrize(
    ("body", "path"), [({"wish": "other"}, "/api/v1/deeds"), ({"wish": ""}, "/api/v1/others"), ({"wish": ""}, "/api/v1/deeds?a=1")]
)
def test_the_same_key_with_another_request_is_409(me, body, path):
    post(me)
    answer = post(me, body, path=path)
    assert answer.status_code == 409 and answer.json()["code"] == "idempotency_key_reused" and deeds() == 1


def test_keys_of_two_people_do_not_meet(me, django_user_model):
    other = APIClient()
    other.force_authenticate(django_user_model.objects.create_user("other", "other@example.org", "x"))
    assert post(me).status_code == 201
    assert "Idempotency-Replayed" not in post(other) and deeds() == 2


@pytest.mark.parametrize(("wish", "status"), [("refused", 422), ("collision", 409)])
def test_a_refusal_of_the_work_itself_is_answered_again_and_left_nothing(me, wish, status):
    first, second = post(me, {"wish": wish}), post(me, {"wish": wish})
    assert (first.status_code, second.status_code) == (status, status) and deeds() == 0
    assert second["Idempotency-Replayed"] == "true" and second["Content-Type"] == "application/problem+json" and second.json() == first.json()


@pytest.mark.parametrize("wish", ["invalid", "gone", "boom", "answer 400"])
def test_an_answer_that_is_not_of_the_work_is_not_kept(me, wish):
    first, second = post(me, {"wish": wish}), post(me, {"wish": wish})
    assert first.status_code == second.status_code >= 400
    assert "Idempotency-Replayed" not in second and not IdempotencyKey.objects.exists()


def test_work_that_fails_half_way_leaves_nothing(me):
    assert post(me, {"wish": "boom"}).status_code == 500
    assert deeds() == 0


def test_a_key_is_free_again_after_a_day(me, time_machine):
    post(me)
    time_machine.move_to(timezone.now() + timedelta(hours=24, seconds=1))
    assert "Idempotency-Replayed" not in post(me) and deeds() == 2


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 201, "ümlaut"])
def test_a_key_that_is_none_is_400(me, key):
    answer = me.post("/api/v1/deeds", {"wish": ""}, HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400 and deeds() == 0


def test_a_request_that_is_still_running_is_409(me):
    IdempotencyKey.objects.all().delete()
    seen = []
    idempotent_urls.during.append(lambda: seen.append(post(me).status_code) if not seen else None)
    try:
        assert post(me).status_code == 201
    finally:
        idempotent_urls.during.clear()
    assert seen == [409] and deeds() == 1


def test_a_claim_that_was_abandoned_is_taken_over(me, marta, time_machine):
    post(me)
    IdempotencyKey.objects.update(status=None, body=None)
    assert post(me).status_code == 409
    time_machine.move_to(timezone.now() + timedelta(minutes=6))
    assert post(me).status_code == 201 and deeds() == 2
    assert post(me)["Idempotency-Replayed"] == "true"


def test_work_whose_claim_was_taken_over_does_not_stand(me):
    idempotent_urls.during.append(lambda: IdempotencyKey.objects.update(created_at=timezone.now()))
    try:
        assert post(me).status_code == 409
    finally:
        idempotent_urls.during.clear()
    assert deeds() == 0


def test_the_kept_answer_is_sealed(me):
    post(me)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_idempotencykey")
        (raw,) = cursor.fetchone()
    assert b"amount" not in bytes(raw) and bytes(raw)[:2] == b"\x00\x01"


def test_files_count_by_their_content(me):
    def send(content):
        return post(me, {"wish": "", "file": SimpleUploadedFile("a.csv", content)}, format="multipart")

    first, second, third = send(b"one"), send(b"one"), send(b"two")
    assert (first.status_code, second["Idempotency-Replayed"], third.status_code) == (201, "true", 409) and deeds() == 1


def test_a_session_that_posts_a_form_with_files_is_covered(client, marta):
    client.force_login(marta)

    def send(content):
        return client.post("/api/v1/deeds", {"wish": "", "file": SimpleUploadedFile("a.csv", content)}, headers={"Idempotency-Key": "k"})

    assert send(b"one").status_code == 201
    assert send(b"one")["Idempotency-Replayed"] == "true" and deeds() == 1


def test_anonymous_calls_are_refused_before_anything_is_claimed():
    assert post(APIClient()).status_code == 401
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_four_at_once_one_does_the_work(django_user_model):
    user = django_user_model.objects.create_user("racer", "racer@example.org", "x")

    def send() -> int:
        client = APIClient()
        client.force_authenticate(user)
        return post(client).status_code

    codes = at_once(*[send] * 4)
    assert deeds() == 1 and set(codes) <= {201, 409} and 201 in codes


# ── If-Match ────────────────────────────────────────────────────────────────


def test_an_etag_changes_with_each_of_its_parts_and_keeps_them_apart():
    tags = {etag_of("portfolio", 1, 2), etag_of("portfolio", 1, 3), etag_of("portfolio", 12), etag_of("portfolio", "1\x1f", 2), etag_of("lot", 1, 2)}
    assert len(tags) == 5 and etag_of("a", 1) == etag_of("a", 1)
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


NOW, OTHER = etag_of("deeds", 1), etag_of("deeds", 2)


@pytest.mark.parametrize("header", ["", NOW, "*", f"{OTHER}, {NOW}"])
def test_a_change_of_the_version_that_was_read_goes_through(me, header):
    headers = {"If-Match": header} if header else {}
    assert me.delete("/api/v1/deeds", headers=headers).status_code == 204


@pytest.mark.parametrize("header", [OTHER, f"W/{NOW}", NOW.strip('"'), "nonsense", '""'])
def test_a_change_of_an_older_version_is_412(me, header):
    answer = me.delete("/api/v1/deeds", headers={"If-Match": header})
    assert answer.status_code == 412 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "precondition_failed"


def test_the_refusal_is_a_leaf_of_the_error_tree(rf):
    with pytest.raises(PreconditionFailed) as caught:
        check_if_match(rf.put("/", headers={"If-Match": OTHER}), NOW)
    assert status_of(caught.value) == 412

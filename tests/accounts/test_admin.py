"""The administration: who comes in, and what may be seen and written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts.models import AuditEntry, Preferences
from tests.accounts.conftest import PASSWORD

User = get_user_model()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


def test_the_admin_sends_people_to_the_sites_own_sign_in(client):
    answer = client.get("/admin/login/?next=/admin/", follow=False)
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
    assert client.get("/admin/").status_code == 302


def test_the_admin_is_closed_to_people_who_are_no_staff(client, marta):
    client.force_login(marta)
    assert client.get("/admin/login/").status_code == 403


def test_staff_see_people_and_the_audit_and_cannot_write_the_audit(client, db):
    boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
    client.force_login(boss)
    entry = AuditEntry.objects.filter(subject=boss.pk).first()
    assert entry is not None
    for name in ("accounts_user", "accounts_auditentry", "accounts_refreshtoken", "django_celery_beat_periodictask"):
        page = client.get(reverse(f"admin:{name}_changelist"))
        assert page.status_code == 200 and "css/admin.css" in page.content.decode()
    assert client.get(reverse("admin:accounts_user_change", args=[boss.pk])).status_code == 200
    assert client.get(reverse("admin:accounts_user_add")).status_code == 200
    assert client.get(reverse("admin:accounts_auditentry_change", args=[entry.pk])).status_code == 200
    assert client.post(reverse("admin:accounts_auditentry_change", args=[entry.pk]), {"action": "x"}).status_code == 403
    assert client.post(reverse("admin:accounts_auditentry_delete", args=[entry.pk])).status_code == 403
    assert client.get(reverse("admin:accounts_auditentry_add")).status_code == 403


def test_an_administrator_can_make_a_person(client, db):
    client.force_login(User.objects.create_superuser("boss", "boss@example.org", PASSWORD))
    data = {"username": "made", "email": "made@example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(reverse("admin:accounts_user_add"), data)
    assert answer.status_code == 302, SimpleNamespace(errors=answer.context and answer.context["errors"])
    assert Preferences.objects.filter(user__username="made").exists()


def test_staff_enter_with_a_second_factor_only_where_the_settings_say_so(client, django_user_model, settings):
    from tests.accounts.factors import with_app

    settings.ADMIN_SECOND_FACTOR = True
    chief = django_user_model.objects.create_superuser("chief", "chief@example.org", "x")
    client.force_login(chief)
    refused = client.get("/admin/", follow=True)
    assert refused.redirect_chain[-1][0] == "/settings/security/" and "needs a second factor" in refused.content.decode()
    assert client.get("/admin/accounts/user/")["Location"].startswith("/admin/login/")
    with_app(chief)
    assert client.get("/admin/").status_code == 200
    settings.ADMIN_SECOND_FACTOR = False
    chief.authenticator_set.all().delete()
    assert client.get("/admin/").status_code == 200

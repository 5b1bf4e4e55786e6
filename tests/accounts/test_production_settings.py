"""Production refuses to start on anything unsafe, each with a plain reason."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.own_process

ROOT = Path(__file__).resolve().parent.parent.parent


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


GOOD = {
    "SECRET_KEY": "q8Zr2mVt6Yw0Lk4Xb9Nc1Hs5Jd7Gf3Pa_Uo-Ei+Rn=Tx?Wz!Dv%Kb",
    "FIELD_KEYS": f"1:{key('a')}",
    "FINGERPRINT_KEY": key("f"),
    "ALLOWED_HOSTS": "plumbline.example",
    "SITE_URL": "https://plumbline.example",
    "PROXY_COUNT": "1",
}


def start(tmp_path: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Imports the settings in a process of its own, as a server would."""
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | {
        name: value for name, value in (GOOD | changes).items() if value is not None
    }
    code = "from portfolio_site.settings import production as s; print(s.SESSION_COOKIE_NAME, s.DEBUG, s.SECURE_HSTS_SECONDS)"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_good_settings_start_with_safe_cookies(tmp_path):
    run = start(tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["__Host-session", "False", str(365 * 24 * 3600)]


def test_other_machines_are_reached_over_tls_or_a_network_of_ones_own(tmp_path):
    over_tls = {"DATABASE_URL": "postgres://u:p@db.example:5432/x?sslmode=verify-full", "REDIS_URL": "rediss://cache.example:6379/0"}
    in_the_open = {"DATABASE_URL": "postgres://u:p@db:5432/x", "REDIS_URL": "redis://cache:6379/0"}
    for changes in (over_tls, in_the_open | {"TRUSTED_NETWORK": "true"}, {"DATABASE_URL": "postgres://u:p@127.0.0.1/x"}):
        run = start(tmp_path, **changes)
        assert run.returncode == 0, run.stderr


REFUSED = {
    "no secret key": ({"SECRET_KEY": None}, "SECRET_KEY is missing, short or a default"),
    "a short secret key": ({"SECRET_KEY": "s3cret-but-short"}, "SECRET_KEY is missing, short or a default"),
    "a default secret key": (
        {"SECRET_KEY": "django-insecure-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2},
        "SECRET_KEY is missing, short or a default",
    ),
    "a secret key of one letter": ({"SECRET_KEY": "x" * 80}, "SECRET_KEY is missing, short or a default"),
    "debug": ({"DEBUG": "true"}, "DEBUG is on"),
    "no hosts": ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is empty"),
    "any host": ({"ALLOWED_HOSTS": "plumbline.example,*"}, "ALLOWED_HOSTS is empty or “*”"),
    "no field keys": ({"FIELD_KEYS": None}, "FIELD_KEYS is not set"),
    "field keys that are none": ({"FIELD_KEYS": "1:short"}, "FIELD_KEYS"),
    "a field key of the wrong size": ({"FIELD_KEYS": "1:" + base64.b64encode(b"x" * 16).decode()}, "each key is 32 bytes"),
    "a key number used twice": ({"FIELD_KEYS": f"1:{key('a')},1:{key('b')}"}, "used once"),
    "a sealing key that is not in the ring": ({"SEALING_KEY": "7"}, "SEALING_KEY is 7, which is not in FIELD_KEYS"),
    "no fingerprint key": ({"FINGERPRINT_KEY": None}, "FINGERPRINT_KEY is not set"),
    "a fingerprint key of the wrong size": ({"FINGERPRINT_KEY": "c2hvcnQ="}, "FINGERPRINT_KEY: write 32 bytes in base64"),
    "an OAuth provider without a key": ({"OAUTH_PROVIDER": "true"}, "OIDC_PRIVATE_KEY is no RSA key"),
    "no proxy count": ({"PROXY_COUNT": None}, "PROXY_COUNT is not set"),
    "a proxy count that is no number": ({"PROXY_COUNT": "many"}, "PROXY_COUNT is “many”; write a whole number"),
    "no address of its own": ({"SITE_URL": None}, "SITE_URL is not set"),
    "memory with several processes": ({"WEB_CONCURRENCY": "4"}, "WEB_CONCURRENCY is above 1 without REDIS_URL"),
    "a role of its own without servers": ({"ROLE": "web"}, "ROLE=web needs DATABASE_URL and REDIS_URL"),
    "an address without TLS": ({"SITE_URL": "http://plumbline.example"}, "SITE_URL does not begin with https://"),
    "a database elsewhere in the open": ({"DATABASE_URL": "postgres://u:p@db.example:5432/x"}, "without sslmode=verify-full"),
    "a database elsewhere whose name is not checked": (
        {"DATABASE_URL": "postgres://u:p@db.example:5432/x?sslmode=require"},
        "without sslmode=verify-full",
    ),
    "a queue elsewhere in the open": ({"REDIS_URL": "redis://cache.example:6379/0"}, "REDIS_URL leads to another machine without TLS"),
    "a switch that is neither": ({"SSL_REDIRECT": "perhaps"}, "SSL_REDIRECT is “perhaps”; write true or false"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_to_start(tmp_path, name):
    changes, reason = REFUSED[name]
    run = start(tmp_path, **changes)
    assert run.returncode != 0 and reason in run.stderr
    assert "ImproperlyConfigured" in run.stderr


def test_all_reasons_are_named_at_once(tmp_path):
    run = start(tmp_path, SECRET_KEY=None, FIELD_KEYS=None, ALLOWED_HOSTS="*", PROXY_COUNT=None)
    assert all(word in run.stderr for word in ("SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS", "PROXY_COUNT"))


def test_no_reason_repeats_a_secret(tmp_path):
    run = start(tmp_path, SECRET_KEY="hunter2-hunter2", FIELD_KEYS=f"1:{key('z')}")
    assert "hunter2" not in run.stderr and key("z") not in run.stderr


def test_every_variable_that_the_settings_read_is_explained():
    import re

    read = {"HOST", "PORT", "QUEUES"}  # read by the commands themselves
    for path in (ROOT / "portfolio_site").rglob("*.py"):
        read |= set(re.findall(r'env\.(?:text|boolean|integer|words|folder|file|key_ring|key)\(\s*"([A-Z_]+)"', path.read_text()))
    cells = re.findall(r"^\|([^|]*)\|", (ROOT / "docs" / "settings.md").read_text(), flags=re.M)
    explained = {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert {"SECRET_KEY", "DATABASE_URL"} <= read
    assert read - explained == set()

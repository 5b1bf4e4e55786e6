"""The worked example of docs/api-access.md, run as it stands there, over a real connection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from tests.accounts.apps_flow import BACK, an_app, browser_of, consent, parameters
from tests.factories import make_person

PAGE = Path(settings.BASE_DIR) / "docs" / "api-access.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are not there")
def test_the_worked_example_of_the_documentation_works(live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    maker, person = make_person("maker"), make_person("mia")
    app, secret = an_app(maker)
    known = {"SITE": live_server.url, "CLIENT": app.pk, "SECRET": secret, "BACK": BACK}
    ask, trade, use, end = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)

    def run(script: str) -> list[str]:
        done = subprocess.run(["sh", "-euc", script], env=os.environ | known, capture_output=True, text=True, timeout=60, check=True)
        return [line for line in done.stdout.splitlines() if line]

    known["VERIFIER"], address = run(ask + 'echo "$VERIFIER"')[::-1]
    request = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    back = parameters(consent(browser_of(person), request))
    assert back["state"] == "xyz"
    known["CODE"] = back["code"]
    first = json.loads(run(trade)[0])
    known["ACCESS"], known["REFRESH"] = first["access_token"], first["refresh_token"]
    me, second = json.loads("[" + "".join(run(use.replace("\ncurl", "\necho ,\ncurl", 1))) + "]")
    assert me["username"] == "mia" and second["refresh_token"] != first["refresh_token"]
    known["NEXT"] = second["refresh_token"]
    run(end)
    from allauth.idp.oidc.models import Token

    assert not Token.objects.exists()

"""What the OpenAPI document tells of each call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(db: None) -> Any:
    answer = Client().get("/api/v1/schema?format=json")
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_document_describes_every_call_in_words_of_its_own(document: Any) -> None:
    assert {"/api/v1/portfolios", "/api/v1/transactions/{id}", "/api/v1/portfolios/{id}/transactions/batch"} <= document["paths"].keys()
    for path, operations in document["paths"].items():
        for method in METHODS & operations.keys():
            operation = operations[method]
            told = f"{operation.get('summary', '')} {operation.get('description', '').partition('Scope:')[0]}"
            assert told.strip() and "Mixin" not in told, f"{method} {path} does not say what it does"

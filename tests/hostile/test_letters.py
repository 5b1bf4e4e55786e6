"""Hostile texts in mails, lines of the log and messages to a browser or a program: one subject, one line, one text."""

from __future__ import annotations

import io
import json
import logging
from email import message_from_bytes, policy
from typing import Any

import pytest
import structlog
from django.core.mail import EmailMessage

from alerts.channels.email import EmailSender, letter_of
from alerts.models import Delivery
from alerts.outbox.choices import Family
from portfolio_site.settings import logs
from tests import factories
from tests.hostile.reading import live, told, words
from tests.hostile.strings import KINDS, MARK, TEXTS

CAN_BE_STORED = [text for text in TEXTS if "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)]


@pytest.mark.django_db
def test_an_alert_by_mail_has_one_subject_and_no_element_of_a_text() -> None:
    person = factories.make_person("hedda")
    for text in {*CAN_BE_STORED[::10], *(text for text in KINDS["line"] if "\x00" not in text)}:
        delivery = Delivery(
            key=f"k:{text[:20]}", owner=person, channel="email", family=Family.PRICE, payload={"sentence": f"{text} rose.", "note": text}
        )
        letter = letter_of(delivery)
        assert len(letter.subject.splitlines()) <= 1 and live(letter.html.replace(' style="', ' data-look="')) == [], ascii(text)
        if MARK in text:
            assert MARK in letter.subject and MARK in letter.text and MARK in words(letter.html)
        message = EmailSender()._message(delivery, person.email)
        _one_letter(message, person.email)


@pytest.mark.django_db
def test_a_digest_of_all_of_them_holds_each_as_text() -> None:
    items = [{"sentence": f"{text} rose.", "note": text} for text in CAN_BE_STORED]
    delivery = Delivery(
        key="k", owner=factories.make_person("hedda"), channel="email", family=Family.PRICE, payload={"sentence": "Many.", "items": items}
    )
    letter = letter_of(delivery)
    assert live(letter.html.replace(' style="', ' data-look="')) == []
    shown = words(letter.html)
    assert [ascii(text) for text in CAN_BE_STORED if told(text)[:40] not in shown] == []
    _one_letter(EmailSender()._message(delivery, delivery.owner.email), delivery.owner.email)


def _one_letter(message: EmailMessage, address: str) -> None:
    sent = message_from_bytes(message.message().as_bytes(), policy=policy.default)
    assert sent["To"] == address and sent["Bcc"] is None and sent["Cc"] is None and len(sent.get_all("Subject")) == 1 and sent["Set-Cookie"] is None
    assert [part.get_content_type() for part in sent.walk()] in (["multipart/alternative", "text/plain", "text/html"], ["text/plain"])


def test_a_log_has_one_line_for_each_event_whatever_is_in_it() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=logs.rendered, foreign_pre_chain=logs._SHARED))
    log = logging.getLogger("tests.hostile")
    log.addHandler(handler)
    log.propagate, before = False, log.propagate
    try:
        for text in TEXTS:
            log.warning("said", extra={"who": text})
            log.warning(text)
            log.warning("%s", text)
    finally:
        log.removeHandler(handler)
        log.propagate = before
    lines = out.getvalue().split("\n")[:-1]
    assert len(lines) == 3 * len(TEXTS)
    assert all(json.loads(line)["level"] == "warning" and line.isascii() for line in lines)


def test_a_message_to_a_program_is_json_whatever_is_in_it() -> None:
    from portfolio_site.web.json import dumps

    for text in CAN_BE_STORED:
        body: Any = {"sentence": text, "data": {text: [text]}}
        assert json.loads(dumps(body)) == body

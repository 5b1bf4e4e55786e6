"""News is plain text: no marks, no pictures, no address that runs a script, and each address once."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from market.providers.articles import link, merged, text
from market.providers.base import ArticleRow

AT = datetime(2026, 6, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('<p>Shares <b>rose</b> &amp; fell</p><img src="https://x.example/a.png">', "Shares rose & fell"),
        ("<script>alert(1)</script>After<style>p{}", "After"),
        ("&lt;b&gt;Bold&lt;/b&gt; words", "Bold words"),
        ("Yields <5% and margins > 3", "Yields <5% and margins > 3"),
        ("A cut mark <a href='https://", "A cut mark"),
        ("Line one\r\n\tLine two… [+892 chars]", "Line one Line two"),
        ("a\u202eb\u200bc\x00d", "a b c d"),
        (None, ""),
        (5, ""),
    ],
)
def test_text_of_a_source_becomes_one_plain_line(sent: object, shown: str) -> None:
    assert text(sent) == shown


def test_long_text_is_cut_between_words() -> None:
    assert text("one two three, four", 16) == "one two three…"


def test_a_megabyte_of_marks_takes_no_time() -> None:
    begun = time.monotonic()
    assert len(text("<a" * 500_000)) <= 1_000 and len(text("<script>" * 100_000)) <= 1_000
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "sent", ["javascript:alert(1)", "data:text/html,x", "//x.example", "https://x.example/a b", 'https://x.example/"', None, "https://" + "a" * 3000]
)
def test_what_is_no_address_of_the_web_is_none(sent: object) -> None:
    assert link(sent) == ""


def test_an_address_of_the_web_stays() -> None:
    assert link(" https://x.example/a?b=c&d=%20 ") == "https://x.example/a?b=c&d=%20"


def test_an_article_about_two_is_one_with_both_and_the_newest_is_first() -> None:
    old = ArticleRow("https://x.example/1", "Old", AT.replace(hour=9), "X", symbols=("A",))
    new = ArticleRow("https://x.example/2", "New", AT, "X", symbols=("A",))
    again = ArticleRow("https://x.example/1", "Old", AT.replace(hour=9), "X", symbols=("B", "A"))
    assert [(each.title, each.symbols) for each in merged([old, new, again])] == [("New", ("A",)), ("Old", ("A", "B"))]

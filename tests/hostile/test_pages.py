"""Every hostile text stands on pages, in files and in answers as what it is, or is refused with a sentence."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile

import pytest
from lxml import etree

from market.models import Instrument
from portfolios.models import Portfolio
from tests.hostile.conftest import World
from tests.hostile.reading import charts, live, templates, told, words
from tests.hostile.strings import KINDS, MARK, TEXTS

NAMES = ("portfolio", "instrument", "watchlist", "key", "blend", "display name")
PAGES = {  # page → the place whose texts all stand there ("" where only some do)
    "/portfolios/": "portfolio", "/holdings/?p=%(p)s": "instrument", "/transactions/?p=%(p)s": "", "/dashboard/?p=%(p)s": "", "/portfolios/%(p)s/lots/": "instrument",
    "/value/?p=%(p)s": "", "/risk/?p=%(p)s": "", "/diversification/?p=%(p)s": "", "/performance/?p=%(p)s": "", "/income/?p=%(p)s": "", "/compare/": "",
    "/alerts/": "", "/alerts/add/": "", "/markets/": "", "/watchlists/add/": "", "/instruments/": "instrument", "/holdings/%(i)s/": "", "/instruments/%(i)s/": "",
    "/settings/keys/": "key", "/settings/notifications/webhooks/": "webhook", "/settings/notifications/": "", "/settings/profile/": "", "/settings/log/": "",
    "/import/": "", "/benchmarks/": "", "/search/?q=H": "", "/health/": "", "/actions/": "", "/portfolios/%(q)s/settings/": "", "/portfolios/%(q)s/share/": "",
    "/transactions/new/?p=%(p)s": "", "/household/": "",
}  # fmt: skip


def test_there_are_three_hundred_different_texts() -> None:
    assert len(set(TEXTS)) >= 300 and sum(MARK in text for text in TEXTS) >= 150


def test_what_would_become_more_than_text_is_seen() -> None:
    """Else nothing below would be."""
    for text in KINDS["element"]:
        silent = text.startswith(("<xmp", "<title", "<plaintext", "<listing"))  # of these the content is text
        assert live(f"<p>{text}</p>") or silent, text
        assert live(f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>") == []
    assert live(f'<input value="{KINDS["out of"][0]}">') and live(f"<a href='javascript:{MARK}()'>x</a>")


def test_what_is_refused_is_refused_with_a_sentence(world: World) -> None:
    for place, refused in world.refused.items():
        for text, sentence in refused.items():
            assert sentence.endswith(".") and " " in sentence, (place, text, sentence)
    for place, stored in world.stored.items():
        assert len(stored) >= len(TEXTS) // 40, place


@pytest.mark.parametrize("place", NAMES)
def test_a_name_that_others_may_read_holds_nothing_unseen(world: World, place: str) -> None:
    kept = [told(text) if place == "watchlist" else text.strip() for text in world.stored[place]]  # runs of blanks in it are made one
    seen_by_nobody = [
        ascii(text) for text in kept for sign in text if unicodedata.category(sign) in {"Cc", "Cs"} or sign in "\u202e\u2066\u200b\ufeff"
    ]
    assert seen_by_nobody == []


@pytest.mark.parametrize("place", ["portfolio", "instrument", "entry", "alert", "watchlist", "key", "webhook", "display name"])
def test_no_place_takes_what_a_database_cannot_hold(world: World, place: str) -> None:
    assert not [text for text in world.stored[place] if "\x00" in text.strip() or any("\ud800" <= sign <= "\udfff" for sign in text)]


@pytest.mark.parametrize("address", list(PAGES))
def test_a_page_shows_them_as_text(world: World, address: str) -> None:
    portfolio = Portfolio.objects.filter(owner=world.person).exclude(pk=world.portfolio.pk).first()
    instrument = Instrument.objects.filter(owner=world.person).first()
    answer = world.browser().get(address % {"p": world.portfolio.pk, "q": portfolio.pk, "i": instrument.pk})
    assert answer.status_code == 200, answer.status_code
    page = answer.content.decode()
    assert live(page) == []
    for chart in charts(page):
        assert not [one for one in templates(chart) if MARK in one or "evil" in one]
    shown = words(page)
    missing = [text for text in world.stored.get(PAGES[address], ()) if told(text)[:40] not in shown]
    assert missing == []


def test_every_page_of_entries_shows_them_as_text(world: World) -> None:
    browser, shown = world.browser(), ""
    for number in (1, 2, 7):
        answer = browser.get("/transactions/", {"p": world.portfolio.pk, "page": number, "open": "all"})
        assert answer.status_code == 200 and live(answer.content.decode()) == []
        shown += words(answer.content.decode())
    assert f"{world.portfolio.name}" in shown


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_of_a_file_is_a_formula(world: World, form: str) -> None:
    browser, seen = world.browser(), 0
    for address in (
        f"/api/v1/portfolios/{world.portfolio.pk}/export?format={form}",
        f"/api/v1/portfolios/{world.portfolio.pk}/holdings?format={form}",
    ):
        answer = browser.get(address)
        if answer.status_code != 200 or "json" in answer["Content-Type"]:
            continue
        assert "\r" not in answer["Content-Disposition"] and answer["X-Content-Type-Options"] == "nosniff"
        content = b"".join(answer) if answer.streaming else answer.content
        cells = _cells(content, form)
        seen += len(cells)
        live_cells = [
            cell
            for cell in cells
            if cell.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) or (cell.startswith("-") and not _number(cell))
        ]
        assert live_cells == []
    assert seen > 1000


def _cells(content: bytes, form: str) -> list[str]:
    if form == "csv":
        return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [etree.fromstring(archive.read(name)) for name in archive.namelist() if name.startswith("xl/worksheets/")]
        assert not [name for name in archive.namelist() if "external" in name.lower() or "macro" in name.lower()]
    kinds = {etree.QName(node).localname for sheet in sheets for node in sheet.iter()}
    assert kinds <= {"worksheet", "sheetData", "row", "c", "is", "t", "v"}, "formulas, links and the like are elements of their own"
    # a text of a workbook is a text whatever it begins with: it has a type of its own
    return ["" for sheet in sheets for node in sheet.iter() if etree.QName(node).localname == "c"]


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("address", "place", "field"),
    [
        ("/api/v1/portfolios?page_size=500", "portfolio", "description"),
        ("/api/v1/alerts?page_size=500", "alert", "note"),
        ("/api/v1/watchlists?page_size=500", "watchlist", "name"),
        ("/api/v1/auth/keys?page_size=500", "key", "name"),
        ("/api/v1/webhooks?page_size=500", "webhook", "description"),
    ],
)
def test_the_api_tells_them_sign_by_sign_as_json(world: World, address: str, place: str, field: str) -> None:
    answer = world.api().get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json" and answer["X-Content-Type-Options"] == "nosniff"
    body = json.loads(answer.content)
    found = {unicodedata.normalize("NFC", " ".join(str(row[field]).split())) for row in (body["results"] if isinstance(body, dict) else body)}
    wanted = {unicodedata.normalize("NFC", told(text)) for text in world.stored[place]}
    assert {text for text in wanted if text not in found and len(text) < 90} == set()

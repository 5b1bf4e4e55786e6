"""The ECB's rates: the right file, asked for again only where it changed, and nothing but rates believed."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from market.currencies import ENDED
from market.providers.base import RateRow, Version
from market.providers.ecb import LARGEST, Ecb, File, file_for, read_csv, read_xml, read_zip
from market.providers.failures import BadAnswer, ProviderFailed, Unreachable
from market.providers.web import Reply
from tests.emulator import Answer, Emulator
from tests.emulator.rates import CURRENCIES

TUESDAY = date(2026, 6, 16)  # of the emulator; at 17:00 in Frankfurt its rates are out


@pytest.fixture
def ecb(emulator: Emulator) -> Ecb:
    return Ecb.open(base=emulator.base("ecb"))


def xml(inner: str, head: str = "") -> Reply:
    text = f'<?xml version="1.0"?>{head}<e:Envelope xmlns:e="x" xmlns="y"><Cube>{inner}</Cube></e:Envelope>'
    return Reply(200, "text/xml", text.encode())


def packed(text: str | bytes, *more: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", text)
        for name in more:
            archive.writestr(name, "x")
    return buffer.getvalue()


# ── which file ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("after", "until", "file"),
    [
        (None, TUESDAY, File.ALL),
        (date(2026, 6, 15), TUESDAY, File.DAY),
        (date(2026, 6, 12), date(2026, 6, 15), File.DAY),  # from Friday to Monday
        (date(2026, 6, 12), TUESDAY, File.QUARTER),
        (date(2026, 3, 23), TUESDAY, File.QUARTER),
        (date(2026, 3, 20), TUESDAY, File.ALL),
        (date(2026, 6, 12), date(2026, 6, 14), None),  # a weekend
        (TUESDAY, TUESDAY, None),
    ],
)
def test_the_smallest_file_that_reaches_back_far_enough_is_fetched(after: date | None, until: date, file: File | None) -> None:
    assert file_for(after, until) is file


def test_each_file_gives_the_same_rates(emulator: Emulator, ecb: Ecb) -> None:
    newest = list(ecb.rates(date(2026, 6, 15), TUESDAY))
    assert [row.quote for row in newest] == sorted(set(CURRENCIES) - {"HRK", "RUB", "BGN"})
    assert newest[-1] == RateRow("EUR", "ZAR", TUESDAY, emulator.world.rates.published("ZAR", TUESDAY) or Decimal(0), "ecb")
    quarter = ecb.rates(date(2026, 4, 1), TUESDAY)
    everything = ecb.rates(None, TUESDAY)
    assert [row for row in everything if row.day > date(2026, 4, 1)] == quarter
    assert [row for row in quarter if row.day == TUESDAY] == newest
    assert everything[0].day == date(1999, 1, 4)
    assert [call.path.rpartition("/")[2] for call in emulator.calls()] == ["eurofxref-daily.xml", "eurofxref-hist-90d.xml", "eurofxref-hist.zip"]


def test_a_weekend_costs_no_call(emulator: Emulator, ecb: Ecb) -> None:
    assert ecb.rates(date(2026, 6, 12), date(2026, 6, 14)) == []
    assert emulator.calls() == []


def test_in_the_morning_today_is_missing_and_nothing_is_made_up(emulator: Emulator, ecb: Ecb) -> None:
    emulator.world.clock.move(hours=-6)
    assert ecb.rates(date(2026, 6, 15), TUESDAY) == []


def test_good_friday_has_no_rates(ecb: Ecb) -> None:
    assert {row.day.day for row in ecb.rates(date(2026, 4, 1), date(2026, 4, 7))} == {2, 7}


# ── asked for again only where it changed ───────────────────────────────────


def test_a_file_that_has_not_changed_is_not_sent_again(emulator: Emulator, ecb: Ecb) -> None:
    first = ecb.published(File.DAY)
    assert first.version.etag and first.version.modified == "Tue, 16 Jun 2026 14:00:00 GMT"
    again = ecb.published(File.DAY, first.version)
    assert (again.rows, again.unchanged, again.version) == ((), True, first.version)
    assert ecb.published(File.DAY, Version(modified=first.version.modified)).unchanged
    emulator.world.clock.move(days=1)
    changed = ecb.published(File.DAY, first.version)
    assert not changed.unchanged and changed.rows[0].day == date(2026, 6, 17) and changed.version != first.version


def test_a_file_with_days_that_were_not_asked_for_counts_as_not_seen(ecb: Ecb) -> None:
    assert ecb.rates_unless(date(2026, 6, 8), date(2026, 6, 16), None).version.headers
    assert not ecb.rates_unless(date(2026, 6, 8), date(2026, 6, 15), None).version.headers


def test_an_unchanged_file_that_nobody_has_seen_is_a_bad_answer(emulator: Emulator, ecb: Ecb) -> None:
    emulator.say("ecb", Answer(b"", 304))
    with pytest.raises(BadAnswer):
        ecb.published(File.DAY)


# ── currencies that ended ───────────────────────────────────────────────────

LAST = {"HRK": date(2022, 12, 30), "RUB": date(2022, 3, 1), "BGN": date(2025, 12, 31)}


def test_kuna_rouble_and_lev_end_on_their_last_day(ecb: Ecb) -> None:
    rows = ecb.rates(None, TUESDAY)
    assert {currency: max(row.day for row in rows if row.quote == currency) for currency in LAST} == LAST


@pytest.mark.parametrize("currency", sorted(LAST))
def test_a_rate_after_the_last_day_of_a_currency_is_left_out(currency: str) -> None:
    last = ENDED[currency].last
    stale = read_csv(f"Date,USD,{currency},\n{last + timedelta(days=1)},1.1,7.5,\n{last},1.2,7.5,\n")
    assert last == LAST[currency]
    assert {(row.quote, row.day) for row in stale} == {(currency, last), ("USD", last), ("USD", last + timedelta(days=1))}


def test_what_took_the_euro_has_a_fixed_rate_ever_since_and_the_rouble_has_none() -> None:
    assert ENDED["HRK"].fixed == Decimal("7.5345") and ENDED["BGN"].fixed == Decimal("1.95583") and ENDED["RUB"].fixed is None


# ── layouts ─────────────────────────────────────────────────────────────────


def test_a_table_has_missing_marks_an_empty_last_column_and_dates_in_two_styles() -> None:
    rows = read_csv("Date, USD, JPY, CYP, \n13 April 2026, 1.1684, 186.75, N/A, \n2026-04-10,1.1711,,N/A,\n")
    assert rows == [
        RateRow("EUR", "USD", date(2026, 4, 10), Decimal("1.1711"), "ecb"),
        RateRow("EUR", "JPY", date(2026, 4, 13), Decimal("186.75"), "ecb"),
        RateRow("EUR", "USD", date(2026, 4, 13), Decimal("1.1684"), "ecb"),
    ]


def test_a_zero_rate_is_missing_and_a_negative_one_is_refused() -> None:
    assert [row.quote for row in read_csv("Date,USD,JPY\n2026-04-10,1.1,0\n")] == ["USD"]
    with pytest.raises(BadAnswer):
        read_csv("Date,USD\n2026-04-10,-1.1\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html></html>",
        "Day,USD\n2026-04-10,1.1\n",
        "Date,USD\n2026-04-10,1.1,3\n",
        "Date,USD\n2026-04-10\n",
        "Date,USD\n32 April 2026,1.1\n",
        "Date,usd\n2026-04-10,1.1\n",
        "Date,USD\n2026-04-10,1.1\n2026-04-10,1.2\n",
        "Date,USD\n",
        "Date,USD\n2026-04-10,one\n",
        'Date,USD\n2026-04-10,"1\n' + "9" * 200_000,
    ],
)
def test_what_is_no_table_of_rates_is_a_bad_answer(text: str) -> None:
    with pytest.raises(BadAnswer):
        read_csv(text)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "text/html", b"<!DOCTYPE html><html></html>"),
        Reply(200, "text/xml", b""),
        xml('<Cube currency="USD" rate="1.1"/>'),
        xml('<Cube time="2026-04-10"><Cube currency="USD"/></Cube>'),
        xml('<Cube time="soon"><Cube currency="USD" rate="1.1"/></Cube>'),
        xml(""),
        Reply(200, "text/xml", xml('<Cube time="2026-04-10"><Cube currency="USD" rate="1.1"/></Cube>').body[:-20]),
    ],
)
def test_what_is_no_xml_of_rates_is_a_bad_answer(reply: Reply) -> None:
    with pytest.raises(BadAnswer):
        read_xml(reply)


def test_xml_with_entities_of_its_own_is_refused_before_they_grow() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(BadAnswer, match="type of its own"):
        read_xml(xml('<Cube time="2026-04-10"><Cube currency="USD" rate="&b;"/></Cube>', laughs))


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    bomb = packed(b"0" * (LARGEST + 10))
    assert len(bomb) < 100_000
    with pytest.raises(BadAnswer, match="more than"):
        read_zip(bomb)


@pytest.mark.parametrize(
    "body", [b"", b"PK", b"<html>", packed("Date,USD\n2026-04-10,1.1\n")[:-30], packed("Date,USD\n2026-04-10,1.1\n", "second.csv")]
)
def test_what_is_no_archive_of_one_table_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_zip(body)


def test_an_archive_whose_content_was_changed_is_a_bad_answer() -> None:
    body = bytearray(packed("Date,USD\n2026-04-10,1.1\n"))
    body[50] ^= 0xFF
    with pytest.raises(BadAnswer):
        read_zip(bytes(body))


# ── the way ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("switch", "problem"),
    [
        ({"html": True}, BadAnswer),
        ({"truncated": True}, Unreachable),
        ({"reset": True}, Unreachable),
        ({"fault": 503}, Unreachable),
        ({"empty_window": True}, BadAnswer),
    ],
)
def test_a_broken_answer_gives_no_rates(emulator: Emulator, ecb: Ecb, switch: dict[str, object], problem: type[ProviderFailed]) -> None:
    emulator.switches["ecb"].turn(**switch)
    with pytest.raises(problem):
        ecb.rates(date(2026, 6, 15), TUESDAY)

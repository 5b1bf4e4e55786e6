"""What a person is given of their data is complete, checks out, and makes the same ledger elsewhere."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from accounts.data_rights import registry
from accounts.data_rights.archive import exported_fields, write_archive
from accounts.data_rights.arriving import Export, read_in
from accounts.errors import BadExport
from alerts.services import create_rule
from market.models import Instrument
from market.services import create_watchlist
from portfolios.models import CashBalance, Holding, Portfolio, Transaction
from portfolios.selectors import book_of
from portfolios.services import delete_portfolio, load_demo, record_many
from tests import factories
from tests.factories import D
from tests.portfolios.every_kind import drafts_of_every_kind, make_world


def zip_of(person: Any) -> bytes:
    out = io.BytesIO()
    write_archive(person, out, lambda done, total: None)
    return out.getvalue()


def bring(person: Any, content: bytes) -> Export:
    export = Export(content)
    with transaction.atomic():
        read_in(person, export)
    return export


def ledger_of(portfolio: Portfolio) -> list[tuple[Any, ...]]:
    """Every stored value of every entry that counts, but for numbers of rows and the moment of recording."""
    skipped = {"id", "portfolio", "batch", "proposal", "recorded_at", "recorded_by", "replaces", "origin", "link", "tag_keys", "source_key", "lots"}
    names = [field.name for field in Transaction._meta.concrete_fields if field.name not in skipped | {"sealed", "instrument"}]
    sealed = ["quantity", "price", "amount", "fees", "taxes", "fx_rate", "notes", "external_id", "accrued", "given_amount"]
    sealed += ["reinvested_quantity", "costs_rate", "cost_share", "reference", "tags"]
    rows = Transaction.objects.live().filter(portfolio=portfolio).select_related("instrument").order_by("traded_on", "pk")
    return [(row.instrument.symbol if row.instrument else "", row.link is None, *(getattr(row, name) for name in names + sealed)) for row in rows]


def holdings_of(portfolio: Portfolio) -> Any:
    held = Holding.objects.filter(portfolio=portfolio).select_related("instrument")
    numbers = ("quantity", "cost", "cost_local", "realised", "income", "expenses", "is_open", "opened_on", "changed_on")
    cash = CashBalance.objects.filter(portfolio=portfolio)
    return (
        sorted((row.instrument.symbol, *(getattr(row, name) for name in numbers)) for row in held),
        sorted((row.currency, row.amount, row.cost) for row in cash),
    )


def lots_of(portfolio: Portfolio) -> Any:
    book = book_of(portfolio)
    symbols = dict(Instrument.objects.values_list("pk", "symbol"))
    lots = [
        (symbols[key], lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for key, position in book.positions.items() for lot in position.lots
    ]
    return sorted(lots), book.realised, book.income, book.expenses, book.net_flows


def figures_of(portfolio: Portfolio) -> Any:
    """What the API says of it, without numbers of rows."""
    caller = APIClient()
    caller.force_authenticate(portfolio.owner)
    told = []
    for path in ("value", "gains", "performance", "holdings"):
        answer = caller.get(f"/api/v1/portfolios/{portfolio.pk}/{path}")
        assert answer.status_code == 200, answer.content
        told.append(_without_numbers(json.loads(answer.content)))
    return told


def _without_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_numbers(one) for key, one in value.items() if key not in {"id", "portfolio", "portfolios", "instrument", "as_of", "time"}
        }
    return [_without_numbers(one) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_persons_export_makes_the_same_ledgers_lots_and_figures_where_nothing_is(django_user_model: Any) -> None:
    demo = load_demo()
    content = zip_of(demo.user)
    before = {one.name: (ledger_of(one), holdings_of(one), lots_of(one), figures_of(one)) for one in Portfolio.objects.filter(owner=demo.user)}
    for portfolio in demo.portfolios:
        delete_portfolio(demo.user, portfolio)
    demo.user.delete()
    assert not Portfolio.objects.exists() and not Instrument.objects.exclude(owner=None).exists()
    newcomer = factories.make_person("newcomer")
    assert bring(newcomer, content).notes == []
    after = {one.name: (ledger_of(one), holdings_of(one), lots_of(one), figures_of(one)) for one in Portfolio.objects.filter(owner=newcomer)}
    assert after.keys() == before.keys() and len(after) == 2
    for name, (ledger, holdings, lots, figures) in before.items():
        assert after[name][0] == ledger
        assert after[name][1] == holdings
        assert after[name][2] == lots
        assert after[name][3] == figures


@pytest.mark.django_db
def test_every_kind_of_entry_comes_back_with_all_its_fields(person: Any, stranger: Any) -> None:
    world = make_world(person)
    record_many(person, world.portfolio, drafts_of_every_kind(world))
    own = factories.make_instrument("HOUSE", owner=person, exchange="")
    factories.record(world.portfolio, "buy", "2024-03-05", own, quantity="0.000000000000000001", price="12345678901234567.5")
    create_watchlist(person, name="Mine", instruments=[own, world.symbols["COIN"]])
    create_rule(person, instrument=own, kind="price_above", threshold=D("20.25"), note="=HYPERLINK()", quiet_from=time(22), quiet_until=time(7, 30))
    bring(stranger, zip_of(person))
    copy = Portfolio.objects.get(owner=stranger)
    assert ledger_of(copy) == ledger_of(world.portfolio) and holdings_of(copy) == holdings_of(world.portfolio)
    assert lots_of(copy) == lots_of(world.portfolio)
    assert [one.instrument.symbol for one in stranger.watchlists.get().items.order_by("position")] == ["HOUSE", "COIN"]
    rule = stranger.alert_rules.get()
    assert (rule.parameters["threshold"], rule.note, rule.instrument.owner) == ("20.25", "=HYPERLINK()", stranger)
    assert (rule.quiet_from, rule.quiet_until) == (time(22), time(7, 30))


@pytest.mark.django_db
def test_what_is_not_listed_elsewhere_becomes_ones_own_and_is_said(person: Any, stranger: Any) -> None:
    share = factories.make_instrument("RARE", price_factor=D("10"))
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "deposit", "2024-01-02", amount="1000")
    factories.record(portfolio, "buy", "2024-01-03", share, quantity="3", price="7")
    content = zip_of(person)
    delete_portfolio(person, portfolio)
    share.delete()
    export = bring(stranger, content)
    made = Instrument.objects.get(symbol="RARE")
    assert made.owner == stranger and made.price_factor == 10
    assert export.notes == ["RARE is not listed here: it was made an instrument of your own, whose prices you enter."]


@pytest.mark.django_db
def test_the_two_sides_of_a_transfer_know_each_other_again(person: Any, stranger: Any) -> None:
    from portfolios.services import TransactionDraft
    from portfolios.services.recording import record_transfer

    share = factories.make_instrument("MOVED")
    one, two = factories.make_portfolio(person, name="One"), factories.make_portfolio(person, name="Two")
    factories.record(one, "deposit", "2024-01-02", amount="1000")
    factories.record(one, "buy", "2024-01-03", share, quantity="10", price="7")
    day = Transaction.objects.latest("pk").traded_on
    record_transfer(person, one, two, TransactionDraft(kind="transfer_out", traded_on=day, instrument=share, quantity=D(4)))
    bring(stranger, zip_of(person))
    legs = Transaction.objects.filter(portfolio__owner=stranger, link__isnull=False)
    assert legs.count() == 2 and len({leg.link for leg in legs}) == 1
    assert set(Portfolio.objects.filter(owner=stranger).values_list("is_linked", flat=True)) == {True}
    theirs, mine = (Portfolio.objects.filter(owner=owner).order_by("pk") for owner in (stranger, person))
    assert [(one.name, lots_of(one)) for one in theirs] == [(one.name, lots_of(one)) for one in mine]


@pytest.mark.django_db
def test_the_archive_is_complete_by_the_registry_and_its_checksums_hold(person: Any) -> None:
    portfolio = factories.make_portfolio(person, name="=1+1", description="two\nlines")
    factories.record(portfolio, "deposit", "2024-01-02", amount="1000", notes="@SUM(A1)")
    with zipfile.ZipFile(io.BytesIO(zip_of(person))) as archive:
        manifest, schema = (json.loads(archive.read(name)) for name in ("manifest.json", "schema.json"))
        assert manifest["schema_version"] == schema["schema_version"]
        for file in manifest["files"]:
            content = archive.read(file["path"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"]), file["path"]
        assert {file["path"] for file in manifest["files"]} | {"manifest.json"} == set(archive.namelist())
        for model, _ in registry.personal_models():
            if exported_fields(model):
                name = model._meta.label_lower
                rows = json.loads(archive.read(f"data/{name}.json"))
                assert next(csv.reader(io.StringIO(archive.read(f"data/{name}.csv").decode()))) == list(schema["kinds"][name]["fields"])
                assert len(rows) == registry.belonging_to(model, person.pk).distinct().count(), name
                assert all(list(row) == list(schema["kinds"][name]["fields"]) for row in rows), name
        (told,) = json.loads(archive.read("data/portfolios.transaction.json"))
        assert (Decimal(told["amount"]), told["notes"]) == (1000, "@SUM(A1)")
        cells = [cell for row in csv.reader(io.StringIO(archive.read("data/portfolios.portfolio.csv").decode())) for cell in row]
        assert "'=1+1" in cells and not any(cell.startswith(("=", "@", "+")) for cell in cells)
        assert b"What is what" not in archive.read("README.txt") and b"ledgers/" in archive.read("README.txt")


@pytest.mark.django_db
def test_nothing_of_anybody_else_and_no_secret_is_in_it(person: Any, stranger: Any) -> None:
    factories.make_portfolio(person, name="Mine")
    theirs = factories.make_portfolio(stranger, name="Canary of theirs")
    factories.record(theirs, "deposit", "2024-01-02", amount="777777", notes="Canary of theirs")
    with zipfile.ZipFile(io.BytesIO(zip_of(person))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Canary" not in everything and b"777777" not in everything
    assert stranger.email.encode() not in everything and person.password.encode() not in everything


def _changed(content: bytes, path: str, change: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == path else old.read(name))
    return out.getvalue()


@pytest.mark.django_db
def test_a_file_that_was_changed_or_is_none_is_refused_in_words(person: Any, stranger: Any) -> None:
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "deposit", "2024-01-02", amount="1000")
    content = zip_of(person)
    ledger = f"ledgers/{portfolio.pk}.json"
    for wrong, said in (
        (b"PK\x03\x04 no zip", "does not open as a ZIP"),
        (b"", "does not open as a ZIP"),
        (_changed(content, "manifest.json", lambda raw: b"{}"), "no manifest that can be read"),
        (_changed(content, "manifest.json", lambda raw: raw.replace(b"export-1", b"export-9")), "this Plumbline reads plumbline-export-1"),
        (_changed(content, ledger, lambda raw: raw.replace(b"1000", b"2000")), "was changed since it was exported"),
    ):
        with pytest.raises(BadExport, match=said):
            bring(stranger, wrong)
    assert not Portfolio.objects.filter(owner=stranger).exists()

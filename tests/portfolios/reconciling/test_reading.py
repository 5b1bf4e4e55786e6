"""A statement as lines of text becomes units and balances, or says which line is not understood."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolio_site.kernel.errors import Invalid
from portfolios.importers.base import Unreadable
from portfolios.reconciling.reading import Stated, read_statement
from tests.factories import make_instrument

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML", isin="NL0010273215")


@pytest.fixture
def sap(db: None) -> Any:
    return make_instrument("SAP", isin="DE0007164600")


def units(found: Stated) -> dict[str, Decimal]:
    return {one.symbol: quantity for one, quantity in found.positions}


def test_lines_without_a_header(person: Any, asml: Any, sap: Any) -> None:
    found = read_statement(person, "ASML;12.5\nDE0007164600;3\nEUR;1204.30\n")
    assert units(found) == {"ASML": Decimal("12.5"), "SAP": Decimal(3)} and found.cash == {"EUR": Decimal("1204.30")}


def test_a_header_names_the_columns(person: Any, asml: Any, sap: Any) -> None:
    text = "Name,ISIN,Price,Quantity,Currency\nASML Holding,NL0010273215,700.10,2,EUR\nSAP SE,DE0007164600,120,4,EUR\nCash,,1,55.20,EUR\n"
    found = read_statement(person, text.encode())
    assert units(found) == {"ASML": Decimal(2), "SAP": Decimal(4)} and found.cash == {"EUR": Decimal("55.20")}


def test_a_german_file_is_read_by_its_marks(person: Any, asml: Any) -> None:
    content = "Bezeichnung;ISIN;Anzahl\r\nASML Holding;NL0010273215;1.012,5\r\nBargeld EUR;;3,50\r\n".encode("cp1252")
    found = read_statement(person, content)
    assert units(found) == {"ASML": Decimal("1012.5")} and found.cash == {"EUR": Decimal("3.50")}


def test_several_lines_of_one_currency_are_added_up(person: Any, asml: Any) -> None:
    assert read_statement(person, "Cash USD;5\nUSD;2.5\nASML;1").cash == {"USD": Decimal("7.5")}


def test_what_is_held_is_meant_before_a_currency_of_the_same_name(person: Any) -> None:
    allstate = make_instrument("ALL", currency="USD")
    assert read_statement(person, "ALL;3\nEUR;1", [allstate]).positions == ((allstate, Decimal(3)),)
    assert read_statement(person, "ALL;3\nEUR;1").cash == {"ALL": Decimal(3), "EUR": Decimal(1)}


def test_every_line_that_is_not_understood_is_named(person: Any, asml: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read_statement(person, "ASML;1\nNOPE;2\nASML;many\n")
    assert [error.field for error in refused.value.errors] == ["lines.2", "lines.3"]
    assert "“NOPE”" in refused.value.detail and "2 lines" in refused.value.detail


def test_a_line_tells_of_its_name_and_of_its_number_at_once(person: Any, asml: Any) -> None:
    with pytest.raises(Invalid) as refused:
        read_statement(person, "Symbol;Units\nNOPE;x\nASML;1\n")
    assert [(error.field, error.code) for error in refused.value.errors] == [("lines.2", "not_a_number"), ("lines.2", "unknown_instrument")]
    assert "lines need" not in refused.value.detail


def test_files_that_are_no_text_are_refused(person: Any) -> None:
    with pytest.raises(Unreadable, match="PDF"):
        read_statement(person, b"%PDF-1.7 \x00")
    with pytest.raises(Unreadable, match="empty"):
        read_statement(person, b"")
    with pytest.raises(Invalid):
        read_statement(person, "just some words\n")


def test_somebody_elses_own_instrument_is_not_found(person: Any, stranger: Any) -> None:
    make_instrument("HOUSE", owner=stranger)
    with pytest.raises(Invalid):
        read_statement(person, "HOUSE;1\nEUR;5")

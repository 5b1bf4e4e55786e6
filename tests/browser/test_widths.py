"""Tables of the ledger at the widths of phones, tablets and screens: none is wider than its card, and none loses its main columns."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

WIDTHS = (390, 768, 1100, 1280, 1440, 1920)
TABLES = ("/transactions/", "/holdings/", "/lots/", "/portfolios/1/lots/?show=sales", "/portfolios/1/lots/?show=methods", "/actions/")
WIDER = """() => [...document.querySelectorAll('main .table-wrap')]
  .filter(wrap => wrap.scrollWidth > wrap.clientWidth + 1).map(wrap => `${wrap.ariaLabel}: ${wrap.scrollWidth} > ${wrap.clientWidth}`)"""


@pytest.mark.parametrize("path", TABLES)
def test_a_table_fits_its_card_at_every_width(demo: Page, path: str) -> None:
    demo.goto(path)
    found = {}
    for width in WIDTHS:
        demo.set_viewport_size({"width": width, "height": 900})
        if wider := demo.evaluate(WIDER):
            found[width] = wider
    assert found == {}

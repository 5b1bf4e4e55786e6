"""Hostile names in a real browser: charts draw them sign by sign."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route

from tests.hostile.strings import MARK

BOLD = f"<b>{MARK}</b>"


def test_a_chart_draws_a_name_that_looks_like_markup_sign_by_sign(demo: Page) -> None:
    def renamed(route: Route) -> None:
        answer = route.fetch()
        written = BOLD.replace("<", "\\\\u003C").replace(">", "\\\\u003E")
        route.fulfill(response=answer, body=re.sub(r'"y":\["[^"]+"', f'"y":["{written}"', answer.text()))

    page = demo.context.new_page()  # a page that is answered from here may not open a socket, and says so: it is not watched
    page.route("**/risk/*", renamed)
    page.goto("/risk/")
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
    page.locator(".chart[data-ready]").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert BOLD in " ".join(page.locator("svg text").all_text_contents())

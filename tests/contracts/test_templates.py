"""What every template keeps to: no style or script inside, no dead reference, a stated head, no bare figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template, engines
from django.urls import URLPattern, URLResolver, get_resolver

from portfolio_site.web import pages
from tests.strict_templates import BareValue, UndefinedName

FOLDER = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = sorted(path for path in FOLDER.rglob("*.html"))
COMPONENTS = sorted((FOLDER / "components").glob("*.html"))
IDS = [str(path.relative_to(FOLDER)) for path in TEMPLATES]


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)


def icons_of_sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


def route_names(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from route_names(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield f"{space}{pattern.name}"


@pytest.fixture(scope="module")
def routes() -> set[str]:
    return set(route_names(get_resolver().url_patterns))


@pytest.mark.parametrize("path", TEMPLATES, ids=IDS)
def test_a_template_holds_no_style_script_or_handler(path: Path) -> None:
    text = without_comments(path.read_text())
    if "mail" not in path.parts:  # programs that show mail know no style sheet
        assert not re.search(r"\sstyle\s*=|<style", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "data for scripts goes through json_script"
    assert not re.search(r"<[^>]*\s(on[a-z]+|hx-on[^=]*)\s*=", text)
    assert not re.search(r"javascript:|http://|https://", re.sub(r'xmlns="[^"]*"', "", text)), "nothing comes from outside"


@pytest.mark.parametrize("path", TEMPLATES, ids=IDS)
def test_what_a_template_refers_to_exists(path: Path, routes: set[str]) -> None:
    text = without_comments(path.read_text())
    for name in re.findall(r'{%\s*static\s+"([^"]+)"', text):
        assert finders.find(name), f"there is no static file {name}"
    for name in re.findall(r'{%\s*icon\s+"([^"]+)"', text) + re.findall(r'icon_name="([^"]+)"', text):
        assert name in icons_of_sprite(), f"there is no icon {name}"
    for name in re.findall(r"""{%\s*url\s+["']([^"']+)["']""", text):
        assert name in routes, f"no address is called {name}"
    for name in re.findall(r'{%\s*(?:include|extends)\s+"([^"#]+)', text):
        assert (FOLDER / name).exists() or name.startswith("admin/"), f"there is no template {name}"
    assert not re.search(r'href="#"', text), "a link that leads nowhere"


@pytest.mark.parametrize("path", TEMPLATES, ids=IDS)
def test_a_template_compiles(path: Path) -> None:
    assert engines["django"].get_template(str(path.relative_to(FOLDER)))


@pytest.mark.parametrize("path", TEMPLATES, ids=IDS)
def test_comments_stand_on_one_line_or_they_would_be_printed(path: Path) -> None:
    assert all(line.count("{#") == line.count("#}") for line in path.read_text().splitlines())


@pytest.mark.parametrize("path", COMPONENTS, ids=[path.name for path in COMPONENTS])
def test_a_component_states_what_it_takes(path: Path) -> None:
    head = path.read_text().split("#}")[0]
    assert head.startswith(f"{{# components/{path.name} · ")
    assert re.search(r"takes|context", head)


def exact_names() -> set[str]:
    """Attributes that are amounts, ratios or figures in what selectors answer with."""
    import portfolios.selectors as portfolio_answers

    modules: list[ModuleType] = [portfolio_answers]
    try:
        import analytics.selectors as analysis
    except ImportError:
        pass
    else:
        modules.append(analysis)
    kinds = re.compile(r"\b(Decimal|Figure|float)\b")
    names: set[str] = set()
    plain: set[str] = set()
    for module in modules:
        for thing in vars(module).values():
            if isinstance(thing, type) and is_dataclass(thing):
                for one in fields(thing):
                    (names if kinds.search(str(one.type)) and "tuple" not in str(one.type) else plain).add(one.name)
    return names - plain


@pytest.mark.parametrize("path", TEMPLATES, ids=IDS)
def test_a_figure_goes_through_a_filter(path: Path) -> None:
    names = exact_names()
    for printed in re.findall(r"{{\s*([\w.]+)\s*}}", without_comments(path.read_text())):
        parts = printed.split(".")
        assert len(parts) == 1 or parts[-1] not in names, f"{printed} is printed bare"


def test_every_place_of_the_navigation_exists(routes: set[str]) -> None:
    known = [entry for _, group in pages.GROUPS for entry in group] + [*pages.FOOT, pages.ADD]
    for key, _, icon, _ in known:
        assert key in routes
        assert icon in icons_of_sprite()
    keys = [entry[3] for entry in known]
    assert len(keys) == len(set(keys))


def test_an_undefined_name_fails_in_our_templates_and_in_tests_only() -> None:
    problem = engines["django"].get_template("problem.html")
    with pytest.raises(UndefinedName, match="detail"):
        problem.render({"status": 404, "title": "There is no such thing.", "request_id": "", "look": pages.Look()})
    assert Template("a{{ missing }}b").render(Context({})) == "ab"


@pytest.mark.parametrize("value", [1.5, None])
def test_a_bare_number_fails_in_our_templates(value: object) -> None:
    problem = engines["django"].get_template("problem.html")
    with pytest.raises(BareValue):
        problem.render({"status": 404, "title": "There is no such thing.", "detail": value, "request_id": "", "look": pages.Look()})


def test_styles_hold_only_tokens_and_scripts_no_eval() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", (STATIC / "css" / "components.css").read_text(), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", sheet.replace("url(#", "")), "colours stand in tokens.css"
    assert not re.search(r"url\(\s*[\"']?http", sheet)
    for script in sorted((STATIC / "js").glob("*.js")):
        text = script.read_text()
        assert not re.search(r"\beval\(|new Function|innerHTML\s*=|insertAdjacentHTML|document\.write|https?://", text), script.name


def test_licences_stand_beside_what_is_not_ours() -> None:
    for name in ("fonts/LICENSE.inter.txt", "icons.LICENSE.txt", "vendor/LICENSE.plotly.txt"):
        assert (STATIC / name).stat().st_size > 500

"""The page in a browser: clicked, on a desk and on a phone, by day and by night."""

import shutil

import pytest
from test_report_html import EVIL, LEAK, PATH, RECEIPT, STEADY, replace, run_of

from pytest_nodeleak.report.html import render_page
from pytest_nodeleak.report.run import MeasuredTest, Run

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="no playwright here: the page is not clicked"
)
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: it is not clicked")

#: the lowest contrast of a text and what is behind it (WCAG), and the text
CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [...document.querySelectorAll('body *:not(script, svg *)')]
    .filter((e) => e.checkVisibility())
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)];
    });
  return found.sort((a, b) => a[0] - b[0])[0];
}"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def shown(browser, tmp_path):
    """Shows a page; what it asked for, and complained of, is in its `told`."""
    contexts = []

    def show(text, columns=1280, scheme="light"):
        file = tmp_path / "page.html"
        file.write_text(text, encoding="utf-8")
        size = {"width": columns, "height": 844}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.told = []
        page.on("request", lambda request: page.told.append(request.url))
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.on("dialog", lambda dialog: (page.told.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri())
        assert page.told.pop(0) == file.as_uri()
        return page

    yield show
    for context in contexts:
        context.close()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("columns", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chips_filter_cards_and_trees_fold_and_it_is_readable(shown, columns, scheme):
    page = shown(render_page(run_of(LEAK, STEADY)), columns, scheme)
    cards, (leak, steady) = page.locator(".card"), page.locator(".card").all()
    assert page.locator("svg.chart:visible").count() == 1
    page.locator(".chip.steady").click()
    assert (leak.is_visible(), steady.is_visible()) == (False, True)
    steady.locator("summary").first.click()
    assert steady.locator("svg.chart").is_visible()
    page.get_by_role("button", name="all").click()
    assert cards.locator("visible=true").count() == 2
    branch = page.get_by_text(".items", exact=True)
    assert branch.is_visible()
    page.locator(".tree summary").first.click()
    assert not branch.is_visible()
    page.locator(".tree summary").first.click()
    assert branch.is_visible()
    assert page.get_by_text(PATH[0]).is_visible()
    assert fits(page)
    contrast, text = page.evaluate(CONTRAST)
    assert contrast >= 4.5, text
    assert page.told == []


def test_day_and_night_differ(shown):
    background = "getComputedStyle(document.body).backgroundColor"
    text = render_page(run_of(LEAK))
    assert len({shown(text, 390, s).evaluate(background) for s in ("light", "dark")}) == 2


def test_tables_sort_by_each_column_both_ways(shown):
    page = shown(render_page(run_of(LEAK)))
    names = page.locator("tbody th")
    assert names.all_text_contents() == ["Receipt", "Item"]
    button = page.get_by_role("button", name="per iteration")
    button.click()
    assert names.all_text_contents() == ["Receipt", "Item"]
    button.click()
    assert names.all_text_contents() == ["Item", "Receipt"]
    page.get_by_role("button", name="constructor").click()
    assert names.all_text_contents() == ["Receipt", "Item"]
    assert page.told == []


@pytest.mark.parametrize("columns", [1280, 390])
def test_names_do_nothing_and_fit(shown, columns):
    row = replace(RECEIPT, name=EVIL, retaining_path=(EVIL, EVIL), allocated_at=EVIL)
    odd = replace(LEAK, constructors=(row,), reasons=(EVIL,), workload=EVIL, accepted=EVIL)
    run = Run((MeasuredTest(EVIL, EVIL, (odd,)),))
    page = shown(render_page(run, run), columns)
    assert page.locator("script").count() == 1
    assert "<script>alert(1)</script>" in page.locator("tbody th").first.inner_text()
    assert fits(page)
    assert page.told == []

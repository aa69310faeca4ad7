"""The code of one function, and the places in it where objects are made."""

import pytest

from pytest_nodeleak.sources.code import own_code
from pytest_nodeleak.sources.making import makes


def places(text, name="", callee="", begin="(n)"):
    """What stands at the places that are found in the function that begins at ``begin``."""
    start = text.index(begin) if begin else 0
    code = own_code(text, start)
    assert code is not None
    assert len(code) <= len(text) - start
    return [text[start + at :].split("\n")[0] for at in makes(code, name, callee)]


LEAK = """function leak(n) {
  // new Order()
  const text = `${n ? `new Order() ${new Map()}` : "new Order()"} {`;
  if (/new Order()[/"{]/.test(text)) return 6 / 2 / 1;
  list.forEach((x) => { kept.push(new Order(x)); });
  class Inner { make() { return new Order(1); } }
  const api = { id: n, text, make() { return new Order(2); } };
  kept.push(
    new shop.Order(n), /* new Order() */
  );
  setTimeout(() => new Order(3), 10);
  return [1, 2];
}
function other() { return new Order(4); }
"""


LEAK_ORDER = "new shop.Order(n), /* new Order() */"


def test_only_the_functions_own_code_counts():
    assert places(LEAK, "Order") == [LEAK_ORDER]


def test_an_expression_in_a_template_is_code():
    assert places(LEAK, "Map") == ['new Map()}` : "new Order()"} {`;']


def test_a_class_may_be_bound_to_another_name():
    text = "var n = class e {}; function r(t) { let o = x => k.push(x); return o(new n(t)); }"
    assert places(text, "e", begin="(t)") == ["new n(t)); }"]
    assert places(LEAK, "e") == ['new Map()}` : "new Order()"} {`;', LEAK_ORDER]


def test_a_literal_is_known_by_its_keys():
    api = "{ id: n, text, make() { return new Order(2); } };"
    assert places(LEAK, "{id, text, make}") == [api]
    assert places(LEAK, "{id, text, make, later}") == [api]  # set on it afterwards
    assert places(LEAK, "{id, text, make, a, b… 40 properties}") == [api]
    assert places(LEAK, "{text, id}") == []


def test_an_array_is_no_index():
    assert places("f = (n) => { a[n] = 1; return [n]; }", "Array") == ["[n]; }"]
    assert places("f = (n) => kept.push([n, kept[n]])", "Array") == ["[n, kept[n]])"]


@pytest.mark.parametrize(
    ("callee", "said"),
    [
        ("setTimeout", "setTimeout(() => new Order(3), 10);"),
        ("push", "push("),
        ("Cart.push", "push("),
        ("get size", None),
        ("", None),
    ],
)
def test_a_call_is_known_by_the_name_of_what_is_called(callee, said):
    assert places(LEAK, "", callee) == ([said] if said else [])


def test_what_is_made_and_what_is_called_for_it_decide_together():
    text = "f = (n) => {\n  kept.push(n);\n  kept.push(new Order());\n  return new Order();\n}"
    assert len(places(text, "Order")) == 2
    assert places(text, "Order", "push") == ["new Order());"]


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("const a = (n) => new Order(n), b = () => new Order(0);", "(n)"),
        ("const a = n => new Order(n), b = 1;", "n =>"),
        ("const a = async (n) => { await n; return new Order(n); };", "async (n)"),
        ("class A { put(n) { this.a = new Order(n); } get b() { return new Order(); } }", "(n)"),
        ("function* pages(n) { yield new Order(n); } new Order();", "(n)"),
        ("call(function (n = { a: 1 }) { return new Order(n); }, new Order())", "(n ="),
        ("class Page { order = new Order(1); } new Order();", "class"),
        ("const order = new Order();\nfunction f() { return new Order(); }", ""),
    ],
)
def test_functions_of_every_kind_end_where_they_end(text, begin):
    assert len(places(text, "Order", begin=begin)) == 1


@pytest.mark.parametrize("text", ["x + 1", "(n) {", "(((", "", "`${", '"', "/*", "function"])
def test_what_is_no_function_has_no_code(text):
    assert own_code("; " + text, 2) is None


def test_broken_text_does_not_break_it():
    assert own_code("(n) => { '", 0) is not None
    assert own_code("`${ `${ } `", 0) is not None

"""Where variables are declared, in texts as minifiers and compilers write them."""

from __future__ import annotations

import pytest

from pytest_nodeleak.sources.declaring import Declarations, is_at_top

# «» is where a function begins that sees `a`; ‹› is where that `a` is declared.
TEXTS = {
    "of the script": "var b=1,‹›a=new Map;function c«»(t){return a.get(t)}",
    "without a word of its own": "const b = 1, ‹›a = []; let f = «»() => a;",
    "in a function around": "var a=1;function s(){let b=2,‹›a=[];return{add«»(t){a.push(t)}}}",
    "not in one beside it": "var ‹›a=1;function s(){let a=[];return a}function f«»(){return a}",
    "not in an object": "var ‹›a=1;const o={a:2,b«»(){return a}};",
    "in a block": "var a=1;if(x){let ‹›a=[];f(«»()=>a)}",
    "a parameter": "var a=1;function s(‹›a,b){return«»()=>a}",
    "the only parameter of an arrow": "var a=1,s=‹›a=>{return «»()=>a};",
    "a pattern": "const {b:c,‹›a}=o;function f«»(){return a}",
    "a class": "class ‹›a{};function f«»(){return new a}",
    "a class that is a value": "var ‹›a=class a{m«»(){return a}}",
    "a function": "function ‹›a(){}function f«»(){return a}",
    "behind a comma that declares nothing": (
        "var ‹›a=1;function s(){let b=2\nreturn b++,a,«»()=>a}"
    ),
    "in a module that is a function": '({"x.js"(e){var ‹›a={};e.f=«»()=>a}});var b,c,d',
    "in a template": "var ‹›a=[];const f=`${g(«»()=>a)}`;",
    "of a generator": "function*‹›a(){}const f=«»()=>a;",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_variable_is_found_as_javascript_finds_it(text):
    wanted = text.replace("«»", "").index("‹›")
    seen_from = text.replace("‹›", "").index("«»")
    plain = text.replace("«»", "").replace("‹›", "")
    assert Declarations(plain).find("a", seen_from) == wanted


@pytest.mark.parametrize(
    ("declared", "kind"),
    {
        "const a = new Map();": "Map",
        "let b, a = [1];": "Array",
        "var a={};": "Object",
        "let a;": "",
        "let a = make();": "",
        "let b = new Map();": "",
    }.items(),
)
def test_what_a_variable_begins_as(declared, kind):
    text = f"{{ {declared} f(() => a); }}"
    assert Declarations(text).class_of("a", text.index("()")) == kind


def test_a_variable_of_the_script_needs_nobody_who_sees_it():
    text = "function f(){let a=1}\nlet a=2"
    assert Declarations(text).find("a", None) == text.index("a=2")


def test_what_is_not_declared_is_not_found():
    assert Declarations("f(a);{let b}").find("a", 3) is None
    assert Declarations("let a" + " " * (3 << 20)).find("a", None) is None  # too long to read
    assert Declarations("}}let a=1;))").find("a", None) == 6


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("function make(label){if(label){const a=1}}", "(label){if"),
        ("const make=label=>{const a=1}", "label=>"),
        ("const make=(x,y)=>{for(;;){const a=1}}", "(x,y)"),
        ("class A{make(){const a=1}}", "(){"),
        ("{const a=1}", None),
    ],
)
def test_the_function_around_begins_where_v8_says(text, begin):
    found = Declarations(text).function_around(text.index("a=1"))
    assert found == (None if begin is None else text.index(begin))


def test_what_is_at_the_top_of_a_module():
    text = "import {a} from 'b';\nconst kept: Map<string, {n: 1}> = new Map();\nfunction f() { x }"
    assert is_at_top(text, text.index("kept"))
    assert not is_at_top(text, text.index("x }"))

"""What the pages say is said in the field's words."""

import ast
import re
from collections.abc import Iterator

import pytest

from galexplore.places import ROOT

SHOWN = ("pages", "galexplore/explore", "galexplore/figures", "galexplore/draw", "galexplore/tables")
#: What was once shown, and is said otherwise now.
REPLACED = (
    r"^(Across|Up|Audit)$",
    r"as read from the images|[Ll]asso or box: select|Pointer: see|least distance|[Aa]gainst the rest",
    r"[Rr]arer than [{\d]|\bbrings [{\d]|given the others|\b[Ww]ere its|made ordinary|manifold|left over",
    r"model, not data|[Dd]rop (it )?in\b|Only a position|by threes|is no position\b|too round to tell",
    r"[Tt]old from ordinary|being looked for|false alarm|\btension\b|\bdull\b|log M/yr|at a glance",
    r"J-name|at hand\?|for want of|[Ff]or the eye|Strange looks|raises an alarm|learnt from does",
    r"[Oo]ne-sided|[Ll]ooked at \||looked at(\"|$)|made of likeness|[Ll]ikeness in|nearer, as inferred|at rest\b",
    r"what (the model|it|was) (has )?learnt|cannot be told from|\bthe sky's mix\b|a pixel \*\*|χ² a pixel",
)


def list_texts(source: str) -> Iterator[str]:
    """List the texts of a module that are no docstrings; what an f-string inserts is written {}."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    skipped = {
        id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and isinstance(n.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def find_replaced(source: str) -> list[str]:
    return [text for text in list_texts(source) if any(re.search(words, text) for words in REPLACED)]


@pytest.mark.parametrize("room", SHOWN)
def test_no_page_says_what_the_field_says_otherwise(room):
    modules = sorted((ROOT / room).rglob("*.py"))
    said = {path.name: found for path in modules if (found := find_replaced(path.read_text(encoding="utf-8")))}
    assert modules and not said


def test_such_words_are_found_wherever_they_are_shown():
    source = '"""Were its SFR ordinary."""\nst.caption(f"SFR brings {share:.1f} of d2")\nst.selectbox("Across", [])\n'
    assert sorted(find_replaced(source)) == ["Across", "SFR brings {} of d2"]

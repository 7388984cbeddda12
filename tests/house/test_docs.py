"""The papers say what the code says: every dependency is argued for, every error code has its line."""

import re

import pytest

from docs import generate_errors
from tests.house.source import ROOT

_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")


def _requirements(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return {found.group(1).lower() for line in lines if (found := _NAME.match(line.strip()))}


@pytest.mark.parametrize("name", ["base.in", "dev.in", "models.in"])
def test_every_requirement_is_argued_for(name):
    argued = set(re.findall(r"^\| `([^`\[]+)", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert _requirements(name) <= argued


def test_every_dependency_argued_for_is_required():
    argued = set(re.findall(r"^\| `([^`\[]+)", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))
    assert argued <= _requirements("base.in") | _requirements("dev.in") | _requirements("models.in")


def test_every_error_code_is_documented():
    written = (ROOT / "docs" / "reference" / "errors.md").read_text()
    assert written == generate_errors.page(), "run: python docs/generate_errors.py"


def test_the_page_of_errors_finds_codes_in_each_form_they_are_written():
    source = (
        'class A(InvalidInput):\n    """Doc."""\n    code = "in_a_class"\n    title = "A title"\n'
        'raise Conflict(f"The slug {slug!r} is taken.", code="in_a_keyword")\n'
        'problems.add("in_a_problem", f"Row {row.number} is bad: {quoted(x)}." " Go on.", {})\n'
        'parser.add("-x", "not a code at all")\n'
    )
    found = {entry.code: entry.sentence for entry in generate_errors.codes_in(source, "x.py")}
    assert found == {
        "in_a_class": "A title.",
        "in_a_keyword": "The slug … is taken.",
        "in_a_problem": "Row … is bad: …. Go on.",
    }


def test_links_between_the_papers_lead_somewhere():
    broken = []
    for paper in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", paper.read_text()):
            if not re.match(r"[a-z]+:", target) and not (paper.parent / target).exists():
                broken.append(f"{paper.relative_to(ROOT)} -> {target}")
    assert not broken

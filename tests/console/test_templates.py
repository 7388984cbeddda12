"""What holds for every template: no inline code or style for the content policy, nothing a person wrote is trusted."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2] / "templates"
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_can_be_read(name):
    assert get_template(name).template.name == name


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_inline_and_nothing_is_trusted(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\|\s*safe\b|autoescape off", text)


@pytest.mark.parametrize("name", NAMES)
def test_every_include_exists(name):
    for included in re.findall(r'{% (?:include|extends) "([^"]+)"', (ROOT / name).read_text()):
        assert (ROOT / included).is_file(), included

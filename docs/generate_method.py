"""Write the sections of docs/method.md as the page that the product shows: ``python docs/generate_method.py``.

It reads the little Markdown that paper uses: sections, paragraphs, fenced formulas, bold, code.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAPER = ROOT / "docs" / "method.md"
PAGE = ROOT / "templates" / "console" / "method" / "_sections.html"
HEAD = "{# Written by `python docs/generate_method.py` from docs/method.md; edit that. No context. #}\n"
_LEAD = re.compile(r"\*\*(.+?)\.\*\* ")
_BREAKS_TEMPLATES = str.maketrans({"{": "&#123;", "}": "&#125;"})


def sections(paper: str) -> dict[str, str]:
    """The text below each second-level heading, by its name."""
    parts = re.split(r"^## (.+)\n", paper, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def intro(paper: str) -> list[str]:
    """The paragraphs between the title and the first section, as HTML."""
    return [_inline(block) for block in _blocks(paper.split("\n## ")[0])[1:]]


def anchor(name: str) -> str:
    """How a section is addressed, on the page as in a rendered paper."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def page(paper: str) -> str:
    """The list of contents and all sections; raises ValueError where a section lacks one of its four parts."""
    found = sections(paper)
    links = "".join(f'<li><a href="#{anchor(name)}">{_inline(name)}</a></li>' for name in found)
    lead = "".join(f"<p>{text}</p>" for text in intro(paper))
    return "\n".join(
        [
            f'{HEAD}<nav class="contents" aria-label="Sections"><ul>{links}</ul></nav>',
            f'<div><div class="lead">{lead}</div>',
            *(_section(name, text) for name, text in found.items()),
            "</div>\n",
        ]
    )


def _section(name: str, text: str) -> str:
    """Plain words on the left; the estimator, its formula and its source on the right."""
    plain, estimator, formula, source = _blocks(text)
    key = anchor(name)
    lines = "".join(f"<span>{_inline(line)}</span>" for line in formula.strip("`\n").splitlines())
    return (
        f'<section class="panel method" id="{key}" aria-labelledby="{key}-title">'
        f'<header><h2 id="{key}-title">{_inline(name)}</h2></header><div class="body columns">\n'
        f"<div>{_paragraph(plain)}</div>\n"
        f'<div>{_paragraph(estimator)}<p class="formula">{lines}</p>{_paragraph(source)}</div></div></section>'
    )


def _paragraph(block: str) -> str:
    """Its bold first words become a heading."""
    lead = _LEAD.match(block)
    if lead is None:
        raise ValueError(f"a paragraph has to start with what it is for: {block[:60]!r}")
    return f"<h3>{_inline(lead[1])}</h3><p>{_inline(block[lead.end() :])}</p>"


def _blocks(text: str) -> list[str]:
    return [block for block in re.split(r"\n{2,}", text.strip()) if block]


def _inline(text: str) -> str:
    flat = html.escape(text.replace("\n", " "), quote=False).translate(_BREAKS_TEMPLATES)
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", re.sub(r"`(.+?)`", r"<code>\1</code>", flat))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(PAPER.read_text()))

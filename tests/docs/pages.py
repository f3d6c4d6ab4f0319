"""The documentation as its tests see it: pages, their links, headings and code."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))

PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A block of code, and the language that is named for it (none for an indented one)."""

    language: str
    text: str


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def tokens(self) -> list[Token]:
        return PARSER.parse(self.path.read_text(encoding="utf-8"))

    @property
    def inline(self) -> Iterator[Token]:
        """What is inside of paragraphs, headings and cells."""
        for token in self.tokens:
            yield from token.children or ()

    @property
    def links(self) -> list[str]:
        """The targets of links and images, in order."""
        targets = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in self.inline]
        html = re.findall(r'(?:src|href|srcset)="([^"]+)"', "".join(t.content for t in self.tokens if t.type == "html_block"))
        return [target for target in [*targets, *html] if target]

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors that GitHub gives to the headings."""
        seen: Counter[str] = Counter()
        anchors = set()
        for before, token in zip(self.tokens, self.tokens[1:], strict=False):
            if before.type == "heading_open":
                text = "".join(child.content for child in token.children or ())
                slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
                anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
                seen[slug] += 1
        return anchors

    @property
    def blocks(self) -> list[Block]:
        """Every block of code."""
        return [
            Block(token.info.split()[0] if token.info else "", token.content)
            for token in self.tokens
            if token.type in {"fence", "code_block"}
        ]

    @property
    def spans(self) -> list[str]:
        """Every piece of code within text."""
        return [" ".join(token.content.split()) for token in self.inline if token.type == "code_inline"]


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of each ``ltk8s`` command in a block of shell, without what is redirected, piped or commented.

    What stands behind three spaces is a remark for people, as after a ``#``.
    """
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(re.split(r" {3,}", line.strip())[0], posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words: list[str] = []
        for word in [*_words(lexer), ";"]:
            if not re.fullmatch(r"[|&;<>]+", word):
                words.append(word)
                continue
            while words and re.fullmatch(r"[A-Z0-9_]+=.*", words[0]):
                words.pop(0)
            if words[:1] == ["ltk8s"]:
                yield words[1:]
            words = []


def _words(lexer: shlex.shlex) -> Iterator[str]:
    try:
        yield from lexer
    except ValueError:  # an apostrophe in what is no shell
        return

"""What a host makes of a report: the tags, links and words of the HTML that readers get."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options


CODE = ("code", "pre")
VOID = ("br", "hr", "img", "meta", "link", "input")


@dataclass
class Rendered(HTMLParser):
    """Taken apart as a browser does.

    tags     each start tag, in order
    links    of anchors
    plain    the text outside code
    code     the text inside
    open     tags that were not closed
    strays   tags that were closed and not open
    """

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    plain: str = ""
    code: str = ""
    open: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.strays.append(tag)

    def handle_data(self, data: str) -> None:
        if any(tag in CODE for tag in self.open):
            self.code += data
        else:
            self.plain += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def as_github(markdown: str) -> Rendered:
    """By the parser that GitHub uses, before anything is taken out."""
    return Rendered(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))

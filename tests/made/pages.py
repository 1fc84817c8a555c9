"""A page of HTML as a test reads it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The ids, links and tags of a page; a tag that is closed must be the last one opened."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        """An empty page."""
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a tag with its id or link."""
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name == "href":
                self.links.append(str(value))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parse_page(html: str) -> Page:
    """Reads a page, in which every tag must be closed."""
    page = Page()
    page.feed(html)
    assert page.open == []
    return page

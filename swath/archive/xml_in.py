"""What does somebody's XML say? Parsed without entities, without a document type, and within limits of size and depth.

Metadata of products comes from anywhere. A document type is where entity bombs and files of this machine hide: no
product needs one, so a document that has one is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from swath.errors import DataError

__all__ = ["MAX_XML_BYTES", "Node", "read_xml"]

MAX_XML_BYTES = 100_000_000
"""the largest noise annotations of Sentinel-1 have some 10 MB"""
_DEEPEST = 100
_MOST_NODES = 3_000_000


@dataclass
class Node:
    """An element: local name without its namespace, attributes, text and children."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Node] = field(default_factory=list)
    where: str = ""
    """of the document, for errors"""

    def all(self, path: str) -> list[Node]:
        """Every descendant by a path of local names: ``a/b``; a name ``*`` fits all."""
        found = [self]
        for name in path.split("/"):
            found = [child for node in found for child in node.children if name in ("*", child.name)]
        return found

    def deep(self, name: str) -> Iterator[Node]:
        """Every element of a name at any depth, in the order of the document."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            if node.name == name:
                yield node
            waiting += reversed(node.children)

    def find(self, path: str) -> Node:
        """The first element by a path, from here or from anywhere below. :class:`DataError` where there is none."""
        first, _, rest = path.partition("/")
        for node in [*(c for c in self.children if c.name == first), *self.deep(first)]:
            got = node.all(rest) if rest else [node]
            if got:
                return got[0]
        raise DataError(
            f"<{path}> is missing", where=self.where, fix="Get the product again: its metadata is not whole"
        )

    def has(self, path: str) -> bool:
        """Is there an element by this path?"""
        first, _, rest = path.partition("/")
        return any(not rest or node.all(rest) for node in self.deep(first))

    def word(self, path: str, default: str | None = None) -> str:
        """The text of an element. :class:`DataError` where it is missing and there is no default."""
        if default is not None and not self.has(path):
            return default
        return self.find(path).text.strip()

    def number(self, path: str) -> float:
        """The number in an element. :class:`DataError` where it is missing or no finite number."""
        return self.numbers(path, count=1)[0]

    def numbers(self, path: str, *, count: int | None = None) -> list[float]:
        """The numbers in an element, separated by blanks. :class:`DataError` for anything else, or another count."""
        text = self.find(path).text
        try:
            values = [float(word) for word in text.split()]
        except ValueError:
            values = []
        good = bool(values) and all(map(math.isfinite, values)) and count in (None, len(values))
        if not good:
            raise DataError(f"<{path}> holds {text[:40]!r}, not numbers", where=self.where, fix="Get the product again")
        return values


def read_xml(data: bytes, *, where: str) -> Node:
    """The root element of a document. Raises :class:`DataError` for what is no XML, too large, or has entities."""
    if len(data) > MAX_XML_BYTES:
        raise DataError(f"{len(data) / 1e6:.0f} MB of XML are too much", where=where, fix="Look what it is")
    root = Node("", where=where)
    stack, count = [root], 0
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise DataError("the XML declares a document type or entities", where=where, fix="Products have none: leave it")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > _DEEPEST or count > _MOST_NODES:
            raise DataError("the XML is nested too deep or too long", where=where, fix="Look what it is")
        node = Node(name.rpartition(":")[2], attributes, where=where)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"is no XML, or not whole: {error}", where=where, fix="Get the product again") from error
    return root.children[0]

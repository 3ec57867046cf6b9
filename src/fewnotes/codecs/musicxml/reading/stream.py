"""A hardened XML stream: the standard library's expat with every way to grow or reach outside shut.

An entity declaration ends the reading, a DOCTYPE is allowed but nothing it names is ever fetched, and depth,
number of elements and size of one captured element have caps. Nothing but the element being captured is held.
The whole text is given to expat in one call: expat before 2.6 takes quadratic time for a long token that
arrives in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, Protocol
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from fewnotes.errors import BadInput, TooLarge

MAX_DEPTH = 64
MAX_ELEMENTS = 5_000_000
#: Elements and characters of one captured element: a part-list of 1024 parts stays well below.
MAX_CAPTURED_ELEMENTS = 100_000
MAX_CAPTURED_CHARACTERS = 1_000_000


class Visitor(Protocol):
    """Who listens: `enter` and `leave` for structural elements, `element` for each captured one."""

    def enter(self, tag: str, attributes: dict[str, str]) -> None: ...

    def leave(self, _tag: str) -> None: ...

    def element(self, element: Element) -> None: ...


class _Stream:
    """The expat handlers. Tags lose their namespace prefix."""

    def __init__(self, visitor: Visitor, structure: Sequence[frozenset[str]], skip: frozenset[str]) -> None:
        self.visitor = visitor
        self.structure = structure
        self.skip = skip
        self.depth = 0
        self.elements = 0
        self.skipping = 0
        self.captured_depth = 0
        self.captured_elements = 0
        self.captured_characters = 0
        self.builder: TreeBuilder | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge(f"The XML is nested deeper than {MAX_DEPTH} elements", expected="a score", code="xml-depth")
        if self.elements > MAX_ELEMENTS:
            raise TooLarge(f"The XML has more than {MAX_ELEMENTS:,} elements", fix="Split the score into movements")
        if self.skipping:
            self.skipping += 1
            return
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag in self.skip:
            self.skipping = 1
        elif self.builder is not None:
            self._inside(tag, attributes)
        elif self.depth <= len(self.structure) and tag in self.structure[self.depth - 1]:
            self.visitor.enter(tag, attributes)
        elif self.depth == 1 and self.structure:
            raise BadInput(
                f"The XML is a <{tag}> document, not a score",
                expected=" or ".join(f"<{t}>" for t in sorted(self.structure[0])),
                code="xml-root",
            )
        else:
            self.builder = TreeBuilder()
            self.captured_depth = self.depth
            self.captured_elements = self.captured_characters = 0
            self.builder.start(tag, attributes)

    def _inside(self, tag: str, attributes: dict[str, str]) -> None:
        self.captured_elements += 1
        if self.captured_elements > MAX_CAPTURED_ELEMENTS:
            raise TooLarge(f"One element of the score holds more than {MAX_CAPTURED_ELEMENTS:,} others")
        assert self.builder is not None
        self.builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        depth = self.depth
        self.depth -= 1
        if self.skipping:
            self.skipping -= 1
            return
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if self.builder is None:
            self.visitor.leave(tag)
            return
        self.builder.end(tag)
        if depth == self.captured_depth:
            element = self.builder.close()
            self.builder = None
            self.visitor.element(element)

    def text(self, text: str) -> None:
        if self.builder is None or self.skipping:
            return
        self.captured_characters += len(text)
        if self.captured_characters > MAX_CAPTURED_CHARACTERS:
            raise TooLarge(f"One element of the score holds more than {MAX_CAPTURED_CHARACTERS:,} characters of text")
        self.builder.data(text)


def stream(
    data: bytes, visitor: Visitor, structure: Sequence[frozenset[str]] = (), skip: frozenset[str] = frozenset()
) -> None:
    """Walk through an XML document.

    structure: for each depth from the root, the tags that are entered and left; any other element is captured
    whole and handed over as a tree. skip: tags left out with all they hold.
    Raises BadInput (not well formed, entity declared) or TooLarge (a cap reached).
    """
    parser = expat.ParserCreate()
    handlers = _Stream(visitor, structure, skip)
    parser.buffer_text = True
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = handlers.text
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadInput(
            f"The XML is broken: {expat.ErrorString(error.code)}, line {error.lineno}, column {error.offset + 1}",
            expected="a well-formed MusicXML file",
            fix="Export the score again; the file may have been cut off",
            code="xml-broken",
        ) from None
    except (LookupError, UnicodeError, ValueError) as error:
        raise BadInput(f"The text encoding of the XML cannot be read: {error}", expected="UTF-8") from None


def tree(data: bytes) -> Element:
    """The root of a small document, parsed under the same rules."""
    keeper = _Keeper()
    stream(data, keeper)
    if keeper.root is None:
        raise BadInput("The XML holds no element", code="xml-broken")
    return keeper.root


class _Keeper:
    root: Element | None = None

    def enter(self, tag: str, attributes: dict[str, str]) -> None: ...

    def leave(self, _tag: str) -> None: ...

    def element(self, element: Element) -> None:
        self.root = element


def _refuse_entity(*declaration: object) -> NoReturn:
    raise BadInput(
        "The XML declares an entity of its own",
        expected="a score without entity declarations",
        fix="Export the score again as MusicXML",
        code="xml-entity",
    )

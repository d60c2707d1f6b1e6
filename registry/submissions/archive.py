"""The zip archive and XML of an XLSX file (ECMA-376), opened with suspicion: sizes first, no entities."""

from __future__ import annotations

import mmap
import zipfile
import zlib
from typing import TYPE_CHECKING
from xml.parsers import expat

from registry.submissions import limits
from registry.submissions.line import BadFile, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Attributes = dict[str, str]
_OLE = b"\xd0\xcf\x11\xe0"
_PART_SIGNATURE = b"PK\x01\x02"
_CHUNK = 64 * 1024


def open_archive(path: Path) -> zipfile.ZipFile:
    """The zip archive, its directory checked.

    Raises: BadFile("empty-file", "file-too-large", "xlsx-encrypted", "xls-old", "xlsx-broken", "zip-bomb").
    """
    size = path.stat().st_size
    if size == 0:
        raise BadFile("empty-file")
    if size > limits.XLSX_BYTES:
        raise BadFile("file-too-large", got=size, expected=limits.XLSX_BYTES)
    _look_over(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as fault:
        raise BadFile("xlsx-broken", got=shown(str(fault))) from None
    names = archive.namelist()
    if len(names) != len(set(names)):
        raise BadFile("xlsx-broken", got="two parts of one name")
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise BadFile("xlsx-encrypted")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in archive.infolist()):
        raise BadFile("xlsx-broken", got="a compression that the format does not have")
    return archive


def _look_over(path: Path) -> None:
    """What must be known before the archive's directory is read into memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:4] == _OLE:
            encrypted = content.find("EncryptedPackage".encode("utf-16-le")) >= 0
            raise BadFile("xlsx-encrypted" if encrypted else "xls-old")
        at = content.find(_PART_SIGNATURE)
        for _ in range(limits.XLSX_PARTS):
            if at < 0:
                return
            at = content.find(_PART_SIGNATURE, at + 1)
        raise BadFile("zip-bomb", got=f"more than {limits.XLSX_PARTS} parts", expected=limits.XLSX_PARTS)


def parse(archive: zipfile.ZipFile, part: str, handlers: Callable[[expat.XMLParserType], None], bound: int) -> None:
    """Run a part through the parser."""
    for _ in parsed(archive, part, handlers, bound):
        pass


def parsed(
    archive: zipfile.ZipFile, part: str, handlers: Callable[[expat.XMLParserType], None], bound: int
) -> Iterator[None]:
    """Feed a part to the parser piece by piece; `handlers` sets what listens. Yields after each piece.

    A document type, and so any entity, is refused.

    Raises: BadFile("xlsx-broken", "zip-bomb").
    """
    try:
        if archive.getinfo(part).file_size > bound:
            raise BadFile("zip-bomb", got=archive.getinfo(part).file_size, expected=bound)
        parser = expat.ParserCreate("UTF-8", " ")  # whatever it declares: spreadsheets write nothing else
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _no_doctype
        handlers(parser)
        fed = 0
        with archive.open(part) as file:
            while piece := file.read(_CHUNK):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > limits.XML_TOKEN_BYTES:
                    raise BadFile("xlsx-broken", got="a tag or text beyond all bounds")
                yield
            parser.Parse(b"", True)
            yield
    except (
        KeyError,
        EOFError,
        expat.ExpatError,
        zipfile.BadZipFile,
        NotImplementedError,
        OSError,
        zlib.error,
    ) as fault:
        raise BadFile("xlsx-broken", got=shown(str(fault))) from None


def _no_doctype(name: str, *_: object) -> None:
    raise BadFile("xlsx-broken", got=f"a document type declaration: {shown(name)}")


def local(tag: str) -> str:
    """The tag without its namespace, which differs between the two forms of the standard."""
    return tag.rpartition(" ")[2]


def starts(archive: zipfile.ZipFile, part: str, wanted: str) -> list[Attributes]:
    """The attributes of all elements of that name, in order, namespaces cut off: as many as there may be parts.

    Raises: BadFile("zip-bomb"), and as `parsed`.
    """
    found: list[Attributes] = []

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == wanted:
            found.append({local(name): value for name, value in attributes.items()})
        if len(found) > limits.XLSX_PARTS:
            raise BadFile("zip-bomb", got=f"more than {limits.XLSX_PARTS} {wanted}", expected=limits.XLSX_PARTS)

    def handlers(parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = start

    parse(archive, part, handlers, limits.PART_BYTES)
    return found

"""Bytes to text.  Files that are no text are recognised by their first bytes and refused with a sentence; nothing is unpacked."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from portfolios.importers.base import Unreadable

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "This is an Excel file of the old kind. Open it, save the sheet as CSV, and upload that."),
    (b"%PDF", "This is a PDF document. Ask your broker for the statement as CSV."),
    (b"\x1f\x8b", "This is a compressed file. Unpack it and upload the CSV file inside."),
    (b"BZh", "This is a compressed file. Unpack it and upload the CSV file inside."),
    (b"\xfd7zXZ", "This is a compressed file. Unpack it and upload the CSV file inside."),
    (b"7z\xbc\xaf", "This is an archive. Unpack it and upload the CSV file inside."),
    (b"Rar!", "This is an archive. Unpack it and upload the CSV file inside."),
    (b"\x28\xb5\x2f\xfd", "This is a compressed file. Unpack it and upload the CSV file inside."),
    (b"\x89PNG", "This is a picture. Upload the statement as CSV."),
    (b"\xff\xd8\xff", "This is a picture. Upload the statement as CSV."),
    (b"GIF8", "This is a picture. Upload the statement as CSV."),
    (b"\x7fELF", "This is a program, not a statement. Upload a CSV file."),
    (b"MZ", "This is a program, not a statement. Upload a CSV file."),
    (b"SQLite format 3", "This is a database file, not a statement. Upload a CSV file."),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_NEWLINES = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Text:
    """The file as text, without its mark of byte order, and the name of the encoding it was read by."""

    content: str
    encoding: str


def refuse_foreign(data: bytes) -> None:
    """Raise Unreadable if the bytes are empty, an archive, a workbook, a picture, or another kind of document."""
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Unreadable("The file is empty.", reason="empty")
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        if b"xl/" in data[:65_536] or b"[Content_Types].xml" in data[:65_536]:
            raise Unreadable("This is an Excel workbook. Open it, save the sheet as CSV, and upload that.", reason="workbook")
        raise Unreadable("This is a zip archive. Unpack it and upload the CSV file inside.", reason="archive")
    for signature, sentence in _SIGNATURES:
        # two letters may also begin a text: only what goes on as no text is refused by them
        if data.startswith(signature) and (len(signature) > 2 or b"\x00" in data[:256] or signature[0] > 0x7E or signature[0] < 0x20):
            raise Unreadable(sentence, reason="not_text")
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"<":
        raise Unreadable("This is an XML or HTML document. Choose CSV where your broker asks for the format.", reason="markup")
    if head[:1] in (b"{", b"["):
        raise Unreadable("This is a JSON document. Choose CSV where your broker asks for the format.", reason="json")
    if head.startswith((b"OFXHEADER", b"!Type:", b"!Account")):
        raise Unreadable("This is an OFX or QIF file. Choose CSV where your broker asks for the format.", reason="other_format")


def _utf16_without_mark(data: bytes) -> str:
    """The name of a UTF-16 whose byte-order mark is missing: Latin text has a NUL in nearly every second byte."""
    sample = data[:2000]
    half = len(sample) // 2
    if half < 8:
        return ""
    even, odd = sample[0 : half * 2 : 2].count(0), sample[1 : half * 2 : 2].count(0)
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.1 else ""


def _by_mark(data: bytes) -> tuple[str, str]:
    """(codec, name shown) from a byte-order mark or from the pattern of NULs; empty where neither tells."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32", "UTF-32"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "UTF-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "UTF-16"
    guess = _utf16_without_mark(data)
    return guess, "UTF-16" if guess else ""


def row_at(text: str, position: int) -> int:
    """The line, from 1, in which a character stands."""
    return 1 + sum(1 for _ in _NEWLINES.finditer(text, 0, position))


def decode(data: bytes) -> Text:
    """The text of an uploaded file.  Raises Unreadable, with the row where it can be told.

    A mark of byte order decides; else UTF-8 if it is valid; else Windows-1252 (the usual Latin-1 with the euro sign).
    """
    refuse_foreign(data)
    codec, name = _by_mark(data)
    if codec:
        try:
            content = data.decode(codec)
        except UnicodeDecodeError as problem:
            row = 1 + bytes(problem.object)[: problem.start].count(b"\n")
            raise Unreadable(f"the file says it is {name}, but some bytes are not. Save it again as UTF-8.", reason="encoding", row=row) from None
    else:
        try:
            content, name = data.decode("utf-8"), "UTF-8"
        except UnicodeDecodeError:
            try:
                content, name = data.decode("cp1252"), "Windows-1252"
            except UnicodeDecodeError:
                content, name = data.decode("latin-1"), "ISO-8859-1"
    content = content.rstrip("\x1a").removeprefix("\ufeff")
    if found := _CONTROL.search(content):
        sign = "a NUL character" if found.group() == "\x00" else f"a control character (0x{ord(found.group()):02x})"
        raise Unreadable(
            f"{sign} stands in the file. It is damaged or no text; export it again.", reason="control_character", row=row_at(content, found.start())
        )
    return Text(content, name)

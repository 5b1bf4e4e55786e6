"""A table as an Excel workbook of one sheet, written by hand: an XLSX file is a few XML parts in a zip.

Texts are texts, never formulas.  A number is a number where a spreadsheet keeps all its digits (15), and a text where it does not.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from portfolio_site.kernel.decimals import plain

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_DIGITS = 15
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DATED = (1980, 1, 1, 0, 0, 0)  # of each part: the same table is the same file
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (  # format 0 for texts, format 1 shows every place of a number
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.##################"/></numFmts>'
        '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf xfId="0" numFmtId="49" applyNumberFormat="1"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}


def workbook_of(title: str, rows: Iterable[Sequence[str | Decimal | int | None]]) -> bytes:
    """The file; the first row is the header."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _PARTS.items():
            archive.writestr(_part(name), _XML + content)
        sheet = f'<sheets><sheet name="{_text(title[:31])}" sheetId="1" r:id="r1"/></sheets>'
        archive.writestr(_part("xl/workbook.xml"), f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheet}</workbook>')
        with archive.open(_part("xl/worksheets/sheet1.xml"), "w") as part:
            part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for row in rows:
                part.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
            part.write(b"</sheetData></worksheet>")
    return buffer.getvalue()


def _part(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATED)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _cell(value: str | Decimal | int | None) -> str:
    if value is None or value == "":
        return "<c/>"
    if not isinstance(value, str):
        number = plain(Decimal(value))
        if len(number.lstrip("-0.").replace(".", "")) <= _MOST_DIGITS:
            return f'<c s="1"><v>{number}</v></c>'
        value = number
    return f'<c t="inlineStr"><is><t xml:space="preserve">{_text(value)}</t></is></c>'


def _text(text: str) -> str:
    """What XML cannot hold is written as Excel writes it."""
    return escape(_UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text), {'"': "&quot;"})

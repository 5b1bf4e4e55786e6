"""Tables as an Excel workbook of a sheet each, written by hand: an XLSX file is a few XML parts in a zip.

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
_STYLES = (  # format 0 for texts, format 1 shows every place of a number
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.##################"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0" numFmtId="49" applyNumberFormat="1"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
Rows = Iterable[Sequence[str | Decimal | int | None]]


def workbook_of(title: str, rows: Rows) -> bytes:
    """The file of one table; the first row is the header."""
    return workbook([(title, rows)])


def workbook(tables: Sequence[tuple[str, Rows]]) -> bytes:
    """The file of several tables, a title and rows each, a sheet each; the first row of each is its header."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _parts([title for title, _ in tables]).items():
            archive.writestr(_part(name), _XML + content)
        for number, (_, rows) in enumerate(tables, start=1):
            with archive.open(_part(f"xl/worksheets/sheet{number}.xml"), "w") as part:
                part.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for row in rows:
                    part.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
                part.write(b"</sheetData></worksheet>")
    return buffer.getvalue()


def _parts(titles: Sequence[str]) -> dict[str, str]:
    """What stands around the sheets."""
    numbers = range(1, len(titles) + 1)
    styles = len(titles) + 1
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers)
    links = "".join(f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
    sheets = "".join(f'<sheet name="{_text(title[:31])}" sheetId="{n}" r:id="r{n}"/>' for n, title in zip(numbers, titles, strict=True))
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship Id="r{styles}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    }


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

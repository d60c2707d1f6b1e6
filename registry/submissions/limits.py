"""How much a file may hold. Each is a bound on memory or time, and is stated in docs/employer-file.md."""

from __future__ import annotations

RECORD_BYTES = 64 * 1024
"""The longest row of CSV or NDJSON, quoted line breaks included."""
COLUMNS = 64
"""The most headings; there are fewer columns than that."""
ROWS = 1_048_575
"""The most rows; as many as a spreadsheet has below its heading."""
TEXT_FILE_BYTES = 2 * 1024**3
"""The largest CSV or NDJSON file."""
XLSX_BYTES = 64 * 1024**2
"""The largest XLSX file as it lies on disk."""
SHEET_BYTES = 1024**3
"""The largest worksheet once unpacked; it is read as a stream."""
PART_BYTES = 64 * 1024**2
"""The largest other part of an XLSX once unpacked: its shared texts are held in memory."""
XLSX_PARTS = 1_000
"""The most parts in an XLSX file, and sheets and relations in its workbook."""
XML_TOKEN_BYTES = 1024**2
"""The longest tag or run of text in a worksheet."""
SHEET_ARRAYS = 100
"""The most array formulas a worksheet is searched for; it should have none."""
SHEET_COLUMNS = 16_384
CELL_CHARACTERS = 32_767
"""What a spreadsheet cell can hold."""

"""A published table as CSV, JSON, Parquet and SDMX-CSV 2.0.

A table is its JSON: `{"cube", "of", "month", "revision", "columns", "codes": {column: {code: [id, en]}}, "cells"}`, a
cell a list of its codes in the order of the columns, and last its value, null where it is withheld.
"""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from typing import Any

AGENCY = "KETS"
SDMX = {"_T": "_T", "unknown": "_U", "0-14": "Y_LE14", "55+": "Y_GE55"}
"""Codes as SDMX's own lists have them."""
WITHHELD = "suppressed"


def as_json(table: dict[str, Any]) -> bytes:
    return (json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def as_csv(table: dict[str, Any]) -> bytes:
    """Beside each code what it means, in Indonesian (`_id`) and English (`_en`)."""
    columns, codes = table["columns"], table["codes"]
    head = [name for column in columns for name in (column, f"{column}_id", f"{column}_en")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["month", *head, "value", "status"])
    for *at, value in table["cells"]:
        told = [part for column, code in zip(columns, at, strict=True) for part in (code, *codes[column][code])]
        writer.writerow([table["month"], *told, "" if value is None else value, _status(value)])
    return out.getvalue().encode()


def as_sdmx_csv(table: dict[str, Any]) -> bytes:
    """SDMX-CSV 2.0: OBS_STATUS `Q` is SDMX's code for a missing value that is suppressed, CONF_STATUS `C` for
    confidential; primary and secondary are not told apart."""
    columns = table["columns"]
    structure = f"{AGENCY}:{table['cube'].upper().replace('-', '_')}(1.0)"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    dimensions = [column.upper() for column in columns]
    writer.writerow(
        [
            "STRUCTURE",
            "STRUCTURE_ID",
            "ACTION",
            "FREQ",
            *dimensions,
            "TIME_PERIOD",
            "OBS_VALUE",
            "OBS_STATUS",
            "CONF_STATUS",
        ]
    )
    for *at, value in table["cells"]:
        said = ("", "Q", "C") if value is None else (value, "A", "F")
        writer.writerow(["dataflow", structure, "I", "M", *map(sdmx_code, at), table["month"], *said])
    return out.getvalue().encode()


@cache
def sdmx_code(code: str) -> str:
    """`kemendagri:2025/32.75` -> `32_75`: SDMX allows letters, digits, `_`, `-`, `@` and `$`."""
    if code in SDMX:
        return SDMX[code]
    bare = re.sub(r"[^A-Za-z0-9_@$-]", "_", code.rpartition("/")[2])
    return f"Y{bare.replace('-', 'T')}" if re.fullmatch(r"\d+-\d+", bare) else bare


def as_parquet(table: dict[str, Any]) -> bytes:
    """Codes as dictionaries, the value null where it is withheld."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = table["cells"]
    columns = {"month": pa.array([table["month"]] * len(cells)).dictionary_encode()}
    for at, column in enumerate(table["columns"]):
        columns[column] = pa.array([cell[at] for cell in cells], pa.string()).dictionary_encode()
    columns["value"] = pa.array([cell[-1] for cell in cells], pa.int64())
    columns["status"] = pa.array([_status(cell[-1]) for cell in cells], pa.string()).dictionary_encode()
    meta = {"cube": table["cube"], "month": table["month"], "revision": str(table["revision"])}
    out = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(meta), out, compression="zstd")
    return out.getvalue()


WRITERS = {"csv": as_csv, "json": as_json, "sdmx-csv": as_sdmx_csv, "parquet": as_parquet}


def _status(value: int | None) -> str:
    return WITHHELD if value is None else ""

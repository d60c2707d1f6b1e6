"""Every refusal of reading a file as a sentence in Indonesian and English; all others stand in `registry.refusals`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from registry.refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["id", "en"]

FILE_MESSAGES: dict[str, tuple[str, str]] = {
    "wrong-suffix": (
        "Berkas bukan CSV, XLSX atau NDJSON, atau isinya tidak sesuai akhirannya (terbaca: {got}).",
        "The file is not CSV, XLSX or NDJSON, or is not what its name says (got: {got}).",
    ),
    "file-too-large": (
        "Berkas berukuran {got} byte; paling besar {expected}. Bagi menjadi beberapa berkas.",
        "The file has {got} bytes; at most {expected} are read. Split it into several.",
    ),
    "empty-file": ("Berkas kosong.", "The file is empty."),
    "no-rows": ("Berkas hanya berisi judul kolom, tanpa baris.", "The file has a heading and no rows."),
    "too-many-rows": (
        "Berkas berisi {got} baris; paling banyak {expected}.",
        "The file has {got} rows; at most {expected} are read.",
    ),
    "utf-16": (
        "Berkas berkode UTF-16; simpan sebagai CSV UTF-8.",
        "The file is encoded in UTF-16; save it as CSV UTF-8.",
    ),
    "not-utf-8": (
        "Baris {line}, byte ke-{byte} ({got}) bukan UTF-8; simpan sebagai CSV UTF-8.",
        "Line {line}, byte {byte} ({got}) is not UTF-8; save the file as CSV UTF-8.",
    ),
    "nul-byte": (
        "Baris {line} berisi byte NUL di posisi {byte}; berkas rusak atau bukan teks.",
        "Line {line} has a NUL byte at position {byte}; the file is damaged or not text.",
    ),
    "line-too-long": (
        "Baris {line} lebih panjang dari {expected} byte.",
        "Line {line} is longer than {expected} bytes.",
    ),
    "record-too-long": (
        "Baris data yang mulai di baris {line} melampaui {expected} byte; mungkin tanda kutip tidak ditutup.",
        "The row that begins on line {line} passes {expected} bytes; perhaps a quotation mark is not closed.",
    ),
    "heading-missing": (
        "Baris {line} bukan judul kolom (terbaca: {got}).",
        "Line {line} is not a heading row (got: {got}).",
    ),
    "unknown-column": (
        "Kolom '{got}' tidak dikenal; mungkin maksudnya '{near}'.",
        "There is no column '{got}'; perhaps '{near}' is meant.",
    ),
    "duplicate-column": ("Kolom {column} muncul dua kali.", "Column {column} is there twice."),
    "action-column-missing": ("Kolom 'action' (Tindakan) tidak ada.", "There is no column 'action'."),
    "too-many-columns": (
        "Ada {got} kolom; paling banyak {expected}.",
        "There are {got} columns; at most {expected} are read.",
    ),
    "xlsx-broken": ("Berkas XLSX rusak: {got}.", "The XLSX file is broken: {got}."),
    "xlsx-encrypted": (
        "Berkas XLSX terkunci kata sandi; simpan tanpa kata sandi.",
        "The XLSX file is protected by a password; save it without.",
    ),
    "xls-old": (
        "Berkas berformat Excel lama (.xls); simpan sebagai .xlsx.",
        "The file is in the old Excel format (.xls); save it as .xlsx.",
    ),
    "zip-bomb": (
        "Isi XLSX setelah dibuka terlalu besar: {got}, paling besar {expected}.",
        "The XLSX file is too large once unpacked: {got}, at most {expected}.",
    ),
    "sheet-ambiguous": (
        "Ada beberapa lembar ({got}) dan tidak satu pun bernama {expected}.",
        "There are several sheets ({got}) and none is called {expected}.",
    ),
}

CELL_MESSAGES: dict[str, tuple[str, str]] = {
    "identifier-stored-as-number": (
        "{column}: tersimpan sebagai angka ({got}), digitnya mungkin hilang. Format sel sebagai teks, ketik ulang.",
        "{column}: stored as a number ({got}), so digits may be lost. Format the cell as text and type it again.",
    ),
    "text-stored-as-number": (
        "{column}: angka {got} di kolom teks. Format sel sebagai teks.",
        "{column}: the number {got} in a column of text. Format the cell as text.",
    ),
    "formula-cell": (
        "{column}: sel berisi rumus; salin lalu tempel sebagai nilai.",
        "{column}: the cell holds a formula; copy it and paste its value.",
    ),
    "error-cell": ("{column}: sel berisi galat {got}.", "{column}: the cell holds the error {got}."),
    "boolean-cell": ("{column}: sel berisi {got}, bukan teks.", "{column}: the cell holds {got}, not text."),
    "date-in-other-column": (
        "{column}: sel bertanggal ({got}) di kolom yang bukan tanggal.",
        "{column}: a date cell ({got}) in a column that is not for dates.",
    ),
    "date-has-time": (
        "{column}: tanggal memuat jam ({got}); tulis tanggal saja.",
        "{column}: the date has a time of day ({got}); give the date alone.",
    ),
    "csv-injection": (
        "{column}: nilai diawali tanda rumus ({got}); hapus tanda = + - @ di depan.",
        "{column}: the value begins like a formula ({got}); remove the leading = + - @.",
    ),
    "control-character": (
        "{column}: berisi karakter kendali {got} (baris baru, tab dan sejenisnya).",
        "{column}: has the control character {got} (line break, tab and the like).",
    ),
    "bidi-override": (
        "{column}: berisi pembalik arah tulisan {got}.",
        "{column}: has {got}, which turns the direction of writing.",
    ),
    "invisible-character": (
        "{column}: berisi karakter tak terlihat {got}; ketik ulang.",
        "{column}: has the invisible character {got}; type it again.",
    ),
    "lone-surrogate": ("{column}: berisi karakter rusak {got}.", "{column}: has the broken character {got}."),
    "too-long": (
        "{column}: {got} karakter; paling banyak {expected}.",
        "{column}: {got} characters; at most {expected}.",
    ),
    "column-count": (
        "Baris berisi {got} kolom, judul {expected}; mungkin ada koma tanpa tanda kutip (sampai baris {until}).",
        "The row has {got} fields, the heading {expected}; perhaps a comma without quotation marks (to line {until}).",
    ),
    "value-without-heading": (
        "Nilai '{got}' berada di kolom tanpa judul.",
        "The value '{got}' stands in a column without a heading.",
    ),
    "quote-broken": (
        "Tanda kutip tidak tepat pada baris {line} sampai {until}.",
        "Quotation marks do not match on lines {line} to {until}.",
    ),
    "quote-unclosed": (
        "Tanda kutip dibuka pada baris {line} dan tidak pernah ditutup; baris {line} sampai {until} tidak terbaca.",
        "A quotation mark opens on line {line} and never closes; lines {line} to {until} are not read.",
    ),
    "bare-carriage-return": (
        "Baris {line} berisi CR tanpa LF; simpan dengan akhir baris LF atau CRLF.",
        "Line {line} has a CR without LF; save with line ends LF or CRLF.",
    ),
    "json-invalid": ("Bukan JSON yang sah di posisi {at}: {got}.", "Not valid JSON at position {at}: {got}."),
    "json-trailing": (
        "Ada tulisan setelah objek JSON di posisi {at}: {got}.",
        "Something follows the JSON object at position {at}: {got}.",
    ),
    "json-not-object": ("Baris bukan objek JSON: {got}.", "The line is not a JSON object: {got}."),
    "json-nested": ("{column}: nilai bersarang tidak diterima.", "{column}: nested values are not taken."),
    "json-too-deep": ("JSON bersarang terlalu dalam.", "The JSON is nested too deep."),
    "duplicate-key": ("Kunci {column} muncul dua kali.", "Key {column} is there twice."),
    "xlsx-cell": ("XML baris rusak: {got}.", "The row's XML is broken: {got}."),
}

ROW_MESSAGES: dict[str, tuple[str, str]] = {
    "missing-column": (
        "{column}: wajib diisi untuk tindakan '{action}'.",
        "{column}: must be filled in for the action '{action}'.",
    ),
    "unused-column": (
        "{column}: tidak dipakai oleh tindakan '{action}' (terbaca: {got}); kosongkan.",
        "{column}: not used by the action '{action}' (got: {got}); leave it empty.",
    ),
    "person-missing": (
        "Isi nik, atau passport beserta nationality.",
        "Give nik, or passport together with nationality.",
    ),
    "nik-and-passport": ("Isi nik atau passport, jangan keduanya.", "Give nik or passport, not both."),
    "choice-unknown": (
        "{column}: '{got}' tidak ada dalam daftar; mungkin: {near}.",
        "{column}: '{got}' is not in the list; perhaps: {near}.",
    ),
    "date-format": (
        "{column}: '{got}' bukan tanggal berbentuk {expected}.",
        "{column}: '{got}' is not a date in the form {expected}.",
    ),
    "date-unknown": ("{column}: tanggal {got} tidak ada.", "{column}: there is no day {got}."),
    "date-bounds": ("{column}: tahun {got} di luar {expected}.", "{column}: the year of {got} is not in {expected}."),
    "integer-format": (
        "{column}: '{got}' bukan bilangan bulat; tulis digit saja, tanpa titik, koma atau Rp.",
        "{column}: '{got}' is not a whole number; write digits alone, no separators, no currency.",
    ),
    "integer-bounds": ("{column}: {got} di luar {expected}.", "{column}: {got} is not in {expected}."),
    "digit-lost": (
        "{column}: '{got}' kurang satu digit dari {expected}; mungkin nol di depan hilang di lembar kerja. "
        "Format sebagai teks, ketik ulang.",
        "{column}: '{got}' is one digit short of {expected}; a spreadsheet may have dropped a leading zero. "
        "Format the cell as text and type it again.",
    ),
}

MESSAGES: dict[str, tuple[str, str]] = {**FILE_MESSAGES, **CELL_MESSAGES, **ROW_MESSAGES}

HINTS: dict[str, tuple[str, str]] = {
    "day-first": (
        "Tulis tahun lebih dulu: 31/12/2025 menjadi 2025-12-31.",
        "Write the year first: 31/12/2025 becomes 2025-12-31.",
    ),
    "serial": (
        "Ini nomor hari lembar kerja; format sel sebagai tanggal.",
        "This is a spreadsheet's day number; format the cell as a date.",
    ),
}


class _Shown(dict[str, object]):
    """What a sentence is filled with; what is not known shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "-"


def sentence(code: str, details: Mapping[str, object], language: Language) -> str:
    """The refusal in words. A code without a sentence gives the code and the details."""
    which = 0 if language == "id" else 1
    both = MESSAGES.get(code) or REFUSALS.get(code)
    if both is None:
        return ", ".join([code, *(f"{name}: {value}" for name, value in details.items())])
    filled = _Shown({name: value for name, value in details.items() if value not in ("", None)})
    said = both[which].format_map(filled)
    hint = HINTS.get(str(details.get("hint", "")))
    return f"{said} {hint[which]}" if hint else said

"""The one table of columns of the employer file. The reader, the template and the documentation follow it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from domain.codes import KBJI, KBLI, REGION
from registry.submissions import choices
from registry.submissions.choices import Choice


class Kind(StrEnum):
    """How a cell is read: a number in a spreadsheet is taken only by `INTEGER`, a date cell only by `DATE`."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    CODE = "code"
    CHOICE = "choice"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: machine name, headings and meaning in both languages, and what its cells may hold.

    `length` is the most characters a cell may have; `digits`, when set, how many digits a cell made of digits has;
    `pick` the list a cell is chosen from; `codes` the long list of `domain.codes` (scheme, level) that fits.
    """

    name: str
    kind: Kind
    length: int
    id: str
    en: str
    about_id: str
    about_en: str
    digits: int | None = None
    pick: tuple[Choice, ...] = ()
    codes: tuple[str, str] | None = None
    bounds: tuple[int, int] | None = None

    @property
    def heading(self) -> str:
        """Both languages at once, as the template has it."""
        return self.id if self.id == self.en else f"{self.id} / {self.en}"

    @property
    def takes_numbers(self) -> bool:
        """Whether a number cell loses nothing here: an integer, or a list of plain numbers."""
        return self.kind is Kind.INTEGER or (bool(self.pick) and all(choice.value.isdigit() for choice in self.pick))


def _identifier(
    name: str, headings: tuple[str, str], about: tuple[str, str], *, length: int = 64, digits: int | None = None
) -> Column:
    return _column(name, Kind.IDENTIFIER, length, headings, about, digits=digits)


def _text(name: str, headings: tuple[str, str], about: tuple[str, str], *, length: int = 200) -> Column:
    return _column(name, Kind.TEXT, length, headings, about)


def _date(name: str, headings: tuple[str, str], about: tuple[str, str]) -> Column:
    return _column(name, Kind.DATE, 40, headings, about)


def _choice(name: str, headings: tuple[str, str], about: tuple[str, str], pick: tuple[Choice, ...]) -> Column:
    return _column(name, Kind.CHOICE, 40, headings, about, pick=pick)


def _code(
    name: str,
    headings: tuple[str, str],
    about: tuple[str, str],
    *,
    digits: int | None = None,
    codes: tuple[str, str] | None = None,
) -> Column:
    return _column(name, Kind.CODE, 40, headings, about, digits=digits, codes=codes)


def _column(
    name: str,
    kind: Kind,
    length: int,
    headings: tuple[str, str],
    about: tuple[str, str],
    *,
    digits: int | None = None,
    pick: tuple[Choice, ...] = (),
    codes: tuple[str, str] | None = None,
    bounds: tuple[int, int] | None = None,
) -> Column:
    return Column(
        name=name,
        kind=kind,
        length=length,
        id=headings[0],
        en=headings[1],
        about_id=about[0],
        about_en=about[1],
        digits=digits,
        pick=pick,
        codes=codes,
        bounds=bounds,
    )


COLUMNS: tuple[Column, ...] = (
    _identifier(
        "ref",
        ("Nomor referensi", "Reference"),
        (
            "Kunci baris pilihan pemberi kerja, unik per organisasi; boleh kosong",
            "The row's key, chosen by the employer and unique in its organisation; may be empty",
        ),
    ),
    _identifier(
        "submitter",
        ("Pelapor", "Submitter"),
        (
            "NIB pemberi kerja, atau dukcapil, bnsp, kemnaker; boleh kosong bila disebut saat memuat",
            "NIB of the employer, or dukcapil, bnsp, kemnaker; may be empty when the loader is told",
        ),
        digits=13,
    ),
    # The pick list of `action` is the table of actions itself; see registry.submissions.actions.
    _choice("action", ("Tindakan", "Action"), ("Apa yang dilaporkan baris ini", "What the row reports"), ()),
    _identifier("nik", ("NIK", "NIK (national identity number)"), ("16 digit", "16 digits"), digits=16),
    _identifier(
        "passport",
        ("Paspor", "Passport"),
        ("Untuk tenaga kerja asing, sebagai ganti NIK", "For a foreign worker, in place of the NIK"),
        length=20,
    ),
    _identifier(
        "nationality",
        ("Kewarganegaraan", "Nationality"),
        ("Kode negara tiga huruf (ISO 3166)", "Country in three letters (ISO 3166)"),
        length=3,
    ),
    _date(
        "permit_until",
        ("Izin kerja sampai", "Permit until"),
        ("Hari terakhir izin tenaga kerja asing", "Last day of the foreign worker's permit"),
    ),
    _text(
        "name",
        ("Nama", "Name"),
        ("Nama lengkap orang, atau nama perusahaan", "Full name of the person, or name of the company"),
    ),
    _date("birth_date", ("Tanggal lahir", "Birth date"), ("Tanggal lahir orang", "The person's date of birth")),
    _choice("sex", ("Jenis kelamin", "Sex"), ("Jenis kelamin orang", "The person's sex"), choices.SEX),
    _choice(
        "education",
        ("Pendidikan", "Education"),
        (
            "Jenjang tertinggi yang ditamatkan, kode Sakernas",
            "Highest level completed, as the labour force survey codes it",
        ),
        choices.EDUCATION,
    ),
    _identifier("phone", ("Telepon", "Phone"), ("Boleh diawali +62", "May begin with +62"), length=20),
    _code(
        "residence",
        ("Kabupaten/kota tempat tinggal", "Regency of residence"),
        ("Kode Kemendagri, contoh 32.75", "Kemendagri code, such as 32.75"),
        codes=(REGION, "regency"),
    ),
    _date(
        "effective_on",
        ("Berlaku tanggal", "Effective on"),
        ("Tanggal hal itu mulai benar di tempat kerja", "The day it became true at the workplace"),
    ),
    _identifier(
        "establishment",
        ("Tempat kerja", "Establishment"),
        ("Kode tempat kerja pilihan pemberi kerja", "The employer's own code for the place of work"),
    ),
    _code(
        "regency",
        ("Kabupaten/kota tempat kerja", "Regency of work"),
        ("Kode Kemendagri, contoh 32.75", "Kemendagri code, such as 32.75"),
        codes=(REGION, "regency"),
    ),
    _code(
        "kbli",
        ("KBLI", "Industry (KBLI)"),
        ("KBLI 2020, lima digit", "KBLI 2020, five digits"),
        digits=5,
        codes=(KBLI, "subclass"),
    ),
    _code(
        "kbji",
        ("KBJI", "Occupation (KBJI)"),
        ("KBJI 2014, empat digit, contoh 7212", "KBJI 2014, four digits, such as 7212"),
        digits=4,
        codes=(KBJI, "unit"),
    ),
    _choice(
        "channel",
        ("Jalur penempatan", "Channel"),
        ("Jalur orang itu diterima bekerja", "How the person came to the job"),
        choices.CHANNEL,
    ),
    _identifier(
        "vacancy",
        ("Nomor lowongan", "Vacancy"),
        ("Lowongan yang diisi, bila ada", "The vacancy it fills, if any"),
    ),
    _choice("contract", ("Perjanjian kerja", "Contract"), ("Jenis perjanjian", "Kind of contract"), choices.CONTRACT),
    _date(
        "ends_on",
        ("Berakhir tanggal", "Ends on"),
        ("Hari terakhir PKWT, atau masa berlaku sertifikat", "Last day of a fixed term, or of a certificate"),
    ),
    _column(
        "wage",
        Kind.INTEGER,
        15,
        ("Upah sebulan", "Monthly wage"),
        ("Rupiah bulat sebulan", "Whole rupiah a month"),
        bounds=(0, 9_999_999_999),
    ),
    _text(
        "reason",
        ("Alasan", "Reason"),
        (
            "Kode atau pasal; lihat tindakan, contoh PP35/2021:43(1)",
            "A code or article; see the action, such as PP35/2021:43(1)",
        ),
        length=80,
    ),
    _column(
        "level",
        Kind.INTEGER,
        15,
        ("Tingkat peringatan", "Warning level"),
        ("Surat peringatan ke-1 sampai ke-3", "First to third warning"),
        pick=choices.LEVEL,
        bounds=(1, 3),
    ),
    _code(
        "certificate",
        ("Unit kompetensi", "Unit of competence"),
        ("Kode unit SKKNI, contoh F.431000.001.02", "SKKNI unit code, such as F.431000.001.02"),
    ),
    _identifier(
        "number",
        ("Nomor", "Number"),
        ("Nomor sertifikat, atau kode pelatihan", "Number of the certificate, or code of the training"),
        length=80,
    ),
    _identifier(
        "counterparty",
        ("NIB pemberi kerja baru", "NIB of the new employer"),
        ("NIB pihak yang mengambil alih hubungan kerja", "NIB of who takes the employment over"),
        length=13,
        digits=13,
    ),
    _identifier("npwp", ("NPWP", "Tax number (NPWP)"), ("15 atau 16 digit", "15 or 16 digits"), length=24),
    _choice(
        "late_reason",
        ("Alasan terlambat", "Reason for lateness"),
        ("Mengapa dilaporkan terlambat", "Why it is reported late"),
        choices.LATE,
    ),
    _identifier(
        "corrects",
        ("Referensi yang dibetulkan", "Corrects reference"),
        ("Nomor referensi baris yang dibetulkan atau dibatalkan", "Reference of the row that is mended or voided"),
    ),
    _text("note", ("Catatan", "Note"), ("Catatan bebas", "Free text")),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}


def _key(heading: str) -> str:
    return " ".join(heading.split()).casefold()


_BY_HEADING: dict[str, Column] = {
    _key(heading): column for column in COLUMNS for heading in (column.name, column.id, column.en, column.heading)
}


def column_of(heading: str) -> Column | None:
    """The column a heading names: by machine name, Indonesian, English, or both as the template has it.

    Case and spare blanks do not count.
    """
    return _BY_HEADING.get(_key(heading))

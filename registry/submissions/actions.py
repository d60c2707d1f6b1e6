"""The actions of the employer file: what a row may report, and the columns each needs and allows."""

from __future__ import annotations

import msgspec

from registry.submissions import choices
from registry.submissions.choices import Choice
from registry.submissions.columns import COLUMNS

ANY_ROW = ("ref", "submitter", "action", "effective_on", "late_reason", "note")
"""Allowed in every row."""
PERSON = ("nik", "passport", "nationality", "permit_until", "name", "birth_date", "sex", "education", "residence")
"""Allowed in every row about a person: who it is, and what an employer's system prints beside it anyway."""
WORKPLACE = ("establishment", "regency", "kbli", "kbji")
"""Allowed in every row about an employment."""


AMENDING = frozenset({"correct", "void"})


def about_employer(action: str) -> bool:
    """Whether a row of this action reports of an employer or its places of work, not of a person."""
    return action.endswith(("-employer", "-establishment"))


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action. `required` and `allowed` are column names; `reasons`, when set, the pick list of `reason`.

    A row about a person (`person`) also needs `nik`, or `passport` with `nationality`.
    """

    name: str
    id: str
    en: str
    required: frozenset[str]
    allowed: frozenset[str]
    person: bool = False
    reasons: tuple[Choice, ...] = ()


def _employer(name: str, titles: tuple[str, str], required: str, optional: str = "") -> Action:
    return _action(name, titles, required, f"{optional} name phone")


def _person(
    name: str, titles: tuple[str, str], required: str = "", optional: str = "", reasons: tuple[Choice, ...] = ()
) -> Action:
    return _action(name, titles, required, " ".join([optional, "phone", *PERSON]), person=True, reasons=reasons)


def _work(
    name: str, titles: tuple[str, str], required: str = "", optional: str = "", reasons: tuple[Choice, ...] = ()
) -> Action:
    return _person(name, titles, f"effective_on {required}", " ".join([optional, *WORKPLACE]), reasons)


def _action(
    name: str,
    titles: tuple[str, str],
    required: str,
    optional: str,
    *,
    person: bool = False,
    reasons: tuple[Choice, ...] = (),
) -> Action:
    needed = frozenset(required.split())
    return Action(
        name=name,
        id=titles[0],
        en=titles[1],
        required=needed,
        allowed=needed | {*optional.split(), *ANY_ROW},
        person=person,
        reasons=reasons,
    )


_NEW_PERSON = "name birth_date sex education residence"
_HIRE = f"{_NEW_PERSON} establishment regency kbli kbji channel contract wage"

ACTIONS: tuple[Action, ...] = (
    _employer("register-employer", ("Daftar pemberi kerja", "Register an employer"), "name npwp kbli regency"),
    _employer(
        "open-establishment",
        ("Buka tempat kerja", "Open an establishment"),
        "effective_on establishment regency kbli",
    ),
    _employer(
        "move-establishment",
        ("Pindah tempat kerja", "Move an establishment"),
        "effective_on establishment regency",
        "kbli",
    ),
    _employer(
        "suspend-establishment",
        ("Tempat kerja berhenti sementara", "Suspend an establishment"),
        "effective_on establishment",
        "regency kbli reason",
    ),
    _employer(
        "resume-establishment",
        ("Tempat kerja buka kembali", "Resume an establishment"),
        "effective_on establishment",
        "regency kbli",
    ),
    _employer(
        "close-establishment",
        ("Tutup tempat kerja", "Close an establishment"),
        "effective_on establishment",
        "regency kbli reason",
    ),
    _person("register", ("Daftar orang", "Register a person"), _NEW_PERSON),
    _person("verify-identity", ("Identitas cocok", "Identity verified")),
    _person("mismatch-identity", ("Identitas tidak cocok", "Identity mismatched"), "reason", reasons=choices.MISMATCH),
    _person(
        "declare-status",
        ("Nyatakan status angkatan kerja", "Declare labour force status"),
        "reason",
        reasons=choices.STATUS,
    ),
    _person("education", ("Catat pendidikan", "Record education"), "education"),
    _work(
        "opening",
        ("Daftar awal pekerja (sudah bekerja)", "Opening roster (already at work)"),
        _HIRE,
        "vacancy ends_on",
    ),
    _work("hire", ("Terima bekerja", "Hire"), _HIRE, "vacancy ends_on"),
    _work("extend", ("Perpanjang PKWT", "Extend a fixed term"), "ends_on"),
    _work(
        "convert",
        ("Ubah menjadi PKWTT", "Convert to permanent"),
        optional="reason",
        reasons=choices.CONVERSION,
    ),
    _work("position", ("Ubah jabatan", "Change position"), "kbji"),
    _work("wage", ("Ubah upah", "Change wage"), "wage"),
    _work("location", ("Pindah tempat kerja pekerja", "Change place of work"), "establishment regency"),
    _work("suspend", ("Hubungan kerja istirahat", "Suspend"), "reason", reasons=choices.SUSPENSION),
    _work("resume", ("Bekerja kembali", "Resume"), optional="reason"),
    _work("transfer", ("Alih ke pemberi kerja lain", "Transfer to another employer"), "counterparty"),
    _work("warn", ("Surat peringatan", "Warning"), "level", "reason"),
    _work("notify-termination", ("Pemberitahuan PHK", "Notify of termination"), "reason", "ends_on"),
    _work("contest-termination", ("Menolak PHK", "Contest termination"), optional="reason"),
    _work(
        "settle-termination",
        ("Penyelesaian PHK", "Settle termination"),
        optional="reason",
        reasons=choices.SETTLEMENT,
    ),
    _work("terminate", ("PHK", "Terminate"), "reason"),
    _work("reinstate", ("Dipekerjakan kembali", "Reinstate"), optional="reason"),
    _work("end", ("Hubungan kerja berakhir", "End of employment"), "reason", reasons=choices.ENDING),
    _work("enrol-training", ("Ikut pelatihan", "Enrol in training"), "number", "certificate"),
    _work("complete-training", ("Selesai pelatihan", "Complete training"), "number", "certificate"),
    _work(
        "start-apprenticeship", ("Mulai pemagangan", "Start an apprenticeship"), "kbji regency", "ends_on counterparty"
    ),
    _work(
        "end-apprenticeship",
        ("Akhir pemagangan", "End an apprenticeship"),
        optional="reason ends_on",
        reasons=choices.APPRENTICESHIP_ENDING,
    ),
    _work("certificate", ("Terbit sertifikat", "Issue a certificate"), "certificate number ends_on"),
    _work(
        "suspend-certificate",
        ("Bekukan sertifikat", "Suspend a certificate"),
        "number reason",
        "certificate",
        choices.CERTIFICATE,
    ),
    _work(
        "revoke-certificate",
        ("Cabut sertifikat", "Revoke a certificate"),
        "number reason",
        "certificate",
        choices.CERTIFICATE,
    ),
    _action(
        "correct",
        ("Pembetulan", "Correct"),
        "corrects",
        " ".join(column.name for column in COLUMNS),
    ),
    _action("void", ("Pembatalan", "Void"), "corrects reason", " ".join(PERSON), reasons=choices.VOIDING),
)

BY_NAME: dict[str, Action] = {action.name: action for action in ACTIONS}
PICK: tuple[Choice, ...] = tuple(Choice(action.name, action.id, action.en) for action in ACTIONS)
"""The actions as a pick list."""

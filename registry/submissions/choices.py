"""The short pick lists of the employer file. The long ones (regencies, KBLI, KBJI) are too long to hold."""

from __future__ import annotations

from typing import NamedTuple

from domain import codes

LABEL = " · "
"""Stands between a code and its title in a pick list: `32.75 · Kota Bekasi`. What follows it is not read."""


class Choice(NamedTuple):
    value: str
    id: str
    en: str


def listed(scheme: str, at: str | None = None) -> tuple[Choice, ...]:
    """A list of `domain.codes` as choices, codes bare as a file has them."""
    english = dict(codes.codes(scheme, at, "en"))
    return tuple(Choice(codes.split(code)[1], title, english[code]) for code, title in codes.codes(scheme, at))


CHANNEL = listed(codes.CHANNEL)
CONTRACT = listed(codes.CONTRACT)
EDUCATION = listed(codes.EDUCATION)
STATUS = listed(codes.STATUS)
SUSPENSION = listed(codes.SUSPENSION)
ENDING = listed(codes.ENDING)

SEX = (Choice("L", "laki-laki", "male"), Choice("P", "perempuan", "female"))

LEVEL = (
    Choice("1", "surat peringatan pertama", "first warning"),
    Choice("2", "surat peringatan kedua", "second warning"),
    Choice("3", "surat peringatan ketiga", "third warning"),
)

VOIDING = (
    Choice("duplicate", "laporan ganda", "reported twice"),
    Choice("never-happened", "tidak pernah terjadi", "it never happened"),
    Choice("wrong-person", "orang yang salah", "about another person"),
    Choice("error", "kekeliruan", "an error"),
)

CERTIFICATE = (
    Choice("surveillance-failed", "surveilans tidak dipenuhi", "surveillance failed"),
    Choice("retest-failed", "uji ulang tidak lulus", "retest failed"),
    Choice("misconduct", "pelanggaran", "misconduct"),
    Choice("issued-in-error", "terbit karena kekeliruan", "issued in error"),
    Choice("body-unlicensed", "lembaga tidak berlisensi", "the body had no licence"),
)

LATE = (
    Choice("branch-late", "cabang terlambat melapor", "a branch reported late"),
    Choice("force-majeure", "keadaan memaksa", "force majeure"),
    Choice("identifier-awaited", "menunggu NIK dari pekerja", "the worker's number was awaited"),
    Choice("portal-unavailable", "portal tidak dapat diakses", "the portal was unavailable"),
    Choice("staff-change", "pergantian petugas", "change of staff"),
    Choice("system-change", "sistem penggajian baru", "change of system"),
    Choice("other", "lainnya", "other"),
)

MISMATCH = (
    Choice("name", "nama berbeda", "the name differs"),
    Choice("birth-date", "tanggal lahir berbeda", "the birth date differs"),
    Choice("sex", "jenis kelamin berbeda", "the sex differs"),
    Choice("not-found", "tidak ditemukan", "not found"),
    Choice("deceased", "meninggal dunia", "deceased"),
)

CONVERSION = (
    Choice("agreement", "kesepakatan", "by agreement"),
    Choice("term-exceeded", "PKWT melampaui batas waktu", "the fixed term exceeded its limit"),
    Choice("probation-in-fixed-term", "masa percobaan dalam PKWT", "probation in a fixed-term contract"),
    Choice("daily-over-21-days", "pekerja harian 21 hari atau lebih", "daily work of 21 days or more"),
)

SETTLEMENT = (
    Choice("agreed", "perjanjian bersama", "agreed"),
    Choice("withdrawn", "dicabut", "withdrawn"),
    Choice("court", "putusan pengadilan hubungan industrial", "decided by the court"),
)

APPRENTICESHIP_ENDING = (
    Choice("completed", "selesai", "completed"),
    Choice("stopped", "berhenti sebelum selesai", "stopped before the end"),
)

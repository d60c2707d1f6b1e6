"""What a code of a published table means, in Indonesian and English."""

from __future__ import annotations

from functools import cache

from domain import codes, endings
from domain.errors import Refused

OWN: dict[str, tuple[str, str]] = {
    "_T": ("Jumlah", "Total"),
    "unknown": ("Tidak diketahui", "Unknown"),
    "F": ("Perempuan", "Female"),
    "M": ("Laki-laki", "Male"),
    "placement": ("Penempatan (semua jalur kecuali langsung)", "Placements (every channel but direct)"),
    endings.LAYOFF: ("Pemutusan hubungan kerja oleh pengusaha", "Layoff (termination by the employer)"),
    "resignation": ("Mengundurkan diri", "Resignation"),
    "expiry": ("Jangka waktu atau pekerjaan selesai", "Term or project ended"),
    "mutual": ("Kesepakatan bersama", "Mutual agreement"),
    "retirement": ("Pensiun", "Retirement"),
    "death": ("Meninggal dunia", "Death"),
    "0-14": ("Di bawah 15 tahun", "Below 15 years"),
    "55+": ("55 tahun ke atas", "55 years and over"),
}
SCHEMES = {"channel": codes.CHANNEL, "contract": codes.CONTRACT}
COLUMNS: dict[str, tuple[str, str]] = {
    "month": ("Bulan", "Month"),
    "province": ("Provinsi", "Province"),
    "regency": ("Kabupaten/kota", "Regency"),
    "channel": ("Jalur", "Channel"),
    "industry": ("Lapangan usaha", "Industry"),
    "occupation": ("Jabatan", "Occupation"),
    "sex": ("Jenis kelamin", "Sex"),
    "age_band": ("Kelompok umur", "Age band"),
    "education": ("Pendidikan", "Education"),
    "cause_group": ("Sebab", "Cause"),
    "contract": ("Perjanjian kerja", "Contract"),
}


@cache
def label(column: str, code: str) -> tuple[str, str]:
    """(Indonesian, English); the code itself where no list has it."""
    if code in OWN:
        return OWN[code]
    if column == "age_band":
        return f"{code} tahun", f"{code} years"
    full = codes.full(SCHEMES[column], code) if column in SCHEMES else code
    try:
        return codes.title(full, "id"), codes.title(full, "en")
    except Refused:
        return code, code

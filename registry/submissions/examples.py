"""Rows that show how the file is filled in. Nobody in them is real."""

from __future__ import annotations

_EMPLOYER = {"submitter": "9120001234567"}
_SITI = {"nik": "3275014101900001", "name": "Siti Rahmawati"}
_BUDI = {"nik": "3174051508850002", "name": "Budi Santoso"}
_PLACE = {"establishment": "BEKASI-1", "regency": "32.75", "kbli": "10710"}

EXAMPLES: tuple[dict[str, str], ...] = (
    {
        **_EMPLOYER,
        "ref": "2026-0001",
        "action": "register-employer",
        "name": "PT Roti Nusantara Sejahtera",
        "npwp": "0012345674901000",
        "kbli": "10710",
        "regency": "32.75",
    },
    {**_EMPLOYER, **_PLACE, "ref": "2026-0002", "action": "open-establishment", "effective_on": "2026-01-05"},
    {
        **_EMPLOYER,
        **_SITI,
        **_PLACE,
        "ref": "2026-0003",
        "action": "hire",
        "birth_date": "1990-01-01",
        "sex": "P",
        "education": "5",
        "phone": "+6281200000001",
        "residence": "32.75",
        "effective_on": "2026-02-02",
        "kbji": "7212",
        "channel": "public-service",
        "vacancy": "LOK-2026-17",
        "contract": "fixed-term",
        "ends_on": "2027-02-01",
        "wage": "5600000",
    },
    {
        **_EMPLOYER,
        **_BUDI,
        **_PLACE,
        "ref": "2026-0004",
        "action": "opening",
        "birth_date": "1985-08-15",
        "sex": "L",
        "education": "9",
        "residence": "31.74",
        "effective_on": "2019-03-01",
        "kbji": "4110",
        "channel": "direct",
        "contract": "permanent",
        "wage": "9250000",
        "note": "Sudah bekerja sebelum daftar awal",
    },
    {**_EMPLOYER, **_SITI, "ref": "2026-0005", "action": "wage", "effective_on": "2026-07-01", "wage": "5900000"},
    {
        **_EMPLOYER,
        **_SITI,
        "ref": "2026-0006",
        "action": "extend",
        "effective_on": "2027-02-02",
        "ends_on": "2028-02-01",
    },
    {
        **_EMPLOYER,
        **_BUDI,
        "ref": "2026-0007",
        "action": "terminate",
        "effective_on": "2026-09-30",
        "reason": "PP35/2021:43(1)",
    },
    {
        **_EMPLOYER,
        **_SITI,
        "ref": "2026-0008",
        "action": "correct",
        "corrects": "2026-0005",
        "effective_on": "2026-07-01",
        "wage": "5950000",
    },
    {**_EMPLOYER, "ref": "2026-0009", "action": "void", "corrects": "2026-0007", "reason": "wrong-person"},
)

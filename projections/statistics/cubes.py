"""The public cubes: which tables are published each month, and the codes of their dimensions.

All cubes of hires share province and channel and no two of them anything else, sex apart, which is always beside both;
all of ends share province and cause. So whatever populations two cubes admit that agree on what they share, there is
one that both admit (Vorob'ev 1962), and suppression need look at the cubes' own sums alone (docs/adr/0028).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from domain import codes, endings
from domain.person import AGE_BANDS, UNKNOWN
from projections.statistics.lattice import TOTAL, Dimension, Lattice

PLACEMENT = "placement"
"""Group of every channel but direct."""
PLACE = "place"
"""The dimension whose codes are provinces, and regencies below them; told as two columns."""


class Cube(NamedTuple):
    """`of`: what is counted, `hires` or `ends`. `columns`: of the rows that it counts, one for each dimension."""

    name: str
    of: str
    title_id: str
    title_en: str
    columns: tuple[str, ...]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return tuple(dimension(column) for column in self.columns)

    @property
    def told(self) -> tuple[str, ...]:
        """The columns of the published table: a regency stands beside its province."""
        return ("province", *self.columns) if "regency" in self.columns else self.columns


CUBES = (
    Cube(
        "hires-by-regency",
        "hires",
        "Penerimaan kerja menurut kabupaten/kota dan jalur",
        "Hires by regency and channel",
        ("regency", "channel"),
    ),
    Cube(
        "hires-by-industry",
        "hires",
        "Penerimaan kerja menurut provinsi, jalur dan kategori lapangan usaha",
        "Hires by province, channel and industry",
        ("province", "channel", "industry"),
    ),
    Cube(
        "hires-by-occupation",
        "hires",
        "Penerimaan kerja menurut provinsi, jalur dan golongan pokok jabatan",
        "Hires by province, channel and occupation",
        ("province", "channel", "occupation"),
    ),
    Cube(
        "hires-by-age",
        "hires",
        "Penerimaan kerja menurut provinsi, jalur, jenis kelamin dan kelompok umur",
        "Hires by province, channel, sex and age band",
        ("province", "channel", "sex", "age_band"),
    ),
    Cube(
        "hires-by-education",
        "hires",
        "Penerimaan kerja menurut provinsi, jalur, jenis kelamin dan pendidikan",
        "Hires by province, channel, sex and education",
        ("province", "channel", "sex", "education"),
    ),
    Cube(
        "ends-by-industry",
        "ends",
        "Berakhirnya hubungan kerja menurut provinsi, sebab dan kategori lapangan usaha",
        "Ends of employment by province, cause and industry",
        ("province", "cause_group", "industry"),
    ),
    Cube(
        "ends-by-age",
        "ends",
        "Berakhirnya hubungan kerja menurut provinsi, sebab, jenis kelamin dan kelompok umur",
        "Ends of employment by province, cause, sex and age band",
        ("province", "cause_group", "sex", "age_band"),
    ),
    Cube(
        "ends-by-contract",
        "ends",
        "Berakhirnya hubungan kerja menurut provinsi, sebab dan jenis perjanjian kerja",
        "Ends of employment by province, cause and kind of contract",
        ("province", "cause_group", "contract"),
    ),
)
COUNTED = ("hires", "ends")


def cubes_of(counted: str) -> tuple[Cube, ...]:
    return tuple(cube for cube in CUBES if cube.of == counted)


@cache
def lattice(counted: str) -> Lattice:
    """All cells of the cubes of hires, or of ends."""
    return Lattice([cube.dimensions for cube in cubes_of(counted)])


@cache
def dimension(column: str) -> Dimension:
    """The tree of codes of a column. A regency's tree holds the provinces too, as does `province`'s own."""
    if column in ("province", "regency"):
        provinces = dict.fromkeys((code for code, _ in codes.codes(codes.REGION, "province")), TOTAL)
        regencies = {code: codes.province_of(code) for code, _ in codes.codes(codes.REGION, "regency")}
        return Dimension.of(PLACE, provinces | regencies if column == "regency" else provinces)
    if column == "channel":
        bare = [codes.split(code)[1] for code, _ in codes.codes(codes.CHANNEL)]
        return Dimension.of(column, {"direct": TOTAL, PLACEMENT: TOTAL} | dict.fromkeys(bare[1:], PLACEMENT))
    return Dimension.of(column, dict.fromkeys(_flat(column), TOTAL))


def _flat(column: str) -> tuple[str, ...]:
    match column:
        case "industry":
            return tuple(code for code, _ in codes.codes(codes.KBLI, "category"))
        case "occupation":
            return tuple(code for code, _ in codes.codes(codes.KBJI, "major"))
        case "education":
            return (*(code for code, _ in codes.codes(codes.EDUCATION)), UNKNOWN)
        case "age_band":
            return (*AGE_BANDS, UNKNOWN)
        case "sex":
            return ("F", "M", UNKNOWN)
        case "cause_group":
            return endings.GROUPS
        case "contract":
            return tuple(codes.split(code)[1] for code, _ in codes.codes(codes.CONTRACT))
    raise KeyError(column)

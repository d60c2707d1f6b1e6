"""The lists are whole, and codes are known, named and guessed at as the documentation says."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import codes
from domain.codes.lists import scheme
from domain.errors import Refused

ROWS = {
    codes.KBLI: {"category": 21, "division": 88, "group": 245, "class": 567, "subclass": 1791},
    codes.KBJI: {"major": 10, "sub-major": 43, "minor": 130, "unit": 446, "occupation": 2137},
    codes.REGION: {"province": 38, "regency": 514, "district": 7285},
    codes.BPS: {"item": 38},
    codes.COUNTRY: {"item": 249},
    codes.EDUCATION: {"item": 12},
    codes.JOB_STATUS: {"item": 7},
    codes.KKNI: {"item": 9},
    codes.TERMINATION: {"item": 25},
    codes.ENDING: {"item": 6},
    codes.CHANNEL: {"item": 6},
    codes.CONTRACT: {"item": 3},
    codes.SUSPENSION: {"item": 6},
    codes.STATUS: {"item": 6},
}
PAPUA = {"91": "92", "92": "96", "94": "91", "95": "93", "96": "94", "97": "95"}  # BPS -> Kemendagri


@pytest.mark.parametrize("name", ROWS)
def test_a_list_has_the_rows_its_source_has(name):
    assert Counter(entry.level for entry in scheme(name).entries.values()) == ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_every_code_has_a_title_without_stray_blanks(name):
    for entry in scheme(name).entries.values():
        assert entry.title_id
        for text in (entry.title_id, entry.title_en):
            assert text == " ".join(text.split()), entry


@pytest.mark.parametrize("name", [codes.KBLI, codes.KBJI, codes.REGION])
def test_no_code_is_an_orphan(name):
    entries = scheme(name).entries
    parents = {
        "kbli:2020": {2: 0, 3: 2, 4: 3, 5: 4},
        "kbji:2014": {2: 1, 3: 2, 4: 3, 7: 4},
        "kemendagri:2025": {5: 2, 8: 5},
    }
    for code in entries:
        length = parents[name].get(len(code), 0)
        assert not length or code[:length] in entries, code


@pytest.mark.parametrize(
    "code",
    [
        "kbji:2014/7212",
        "kbji:2014/7212.01",
        "kbji:2014/0111",
        "kbli:2020/41011",
        "kemendagri:2025/32",
        "kemendagri:2025/32.75",
        "kemendagri:2025/32.75.01",
        "kemendagri:2025/96",
        "bps/97",
        "sakernas:2024/9",
        "sakernas:2024/12",
        "kkni/6",
        "skkni/F.431000.001.02",
        "skkni/J.620100.017.02",
        "skkni/M.70SDM01.001.2",
        "skkni/TIK.TE02.010.01",
        "PP35/2021:43(1)",
        "PP35/2021:57",
        "ending/expiry",
        "channel/public-service",
        "contract/fixed-term",
        "suspension/furlough",
        "status/seeking",
        "iso3166/IDN",
        "iso3166/TLS",
    ],
)
def test_known(code):
    assert codes.known(code)
    assert codes.title(code)
    assert codes.title(code, "en")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "7212",
        "/7212",
        "kbji:2014/",
        "kbji:2014/721",  # a group is no occupation
        "kbji:2014/7",
        "kbji:2014/9999",
        "kbji:2014/7212.1",
        "kbji:2014/0110",  # ISCO only: Indonesia divides its forces otherwise
        "kbji:2008/7212",
        "kbli:2020/4101",  # four digits are a class, not what an employer does
        "kbli:2020/F",
        "kbli:2020/99999",
        "kbli:2025/41011",  # not obtained
        "kemendagri:2025/97",  # BPS only
        "kemendagri:2025/32.99",
        "kemendagri:2025/3275",
        "kemendagri/32.75",
        "bps/93",  # Kemendagri only
        "sakernas:2024/0",
        "sakernas:2024/13",
        "kkni/10",
        "skkni/A.431000.001.02",  # division 43 is construction, category F
        "skkni/F.991000.001.02",
        "skkni/F.431000.001",
        "skkni/f.431000.001.02",
        "skkni/F.431000.001.02\n",
        "skkni/",
        "PP35/2021:54(3)",  # acquitted: the worker comes back, nothing ends
        "PP35/2021/43(1)",
        "PP35/2021:40",
        "channel/friend",
        "iso3166/IND0",
        "iso3166/XXX",
    ],
)
def test_unknown(code):
    assert not codes.known(code)


def test_a_level_can_be_asked_for():
    assert codes.known("kemendagri:2025/32.75", "regency")
    assert not codes.known("kemendagri:2025/32", "regency")
    assert not codes.known("kemendagri:2025/32.75.01", "regency")
    assert codes.known("kbji:2014/7", "major")
    assert codes.level("kbji:2014/7") == "major"
    assert codes.level("kbli:2020/41011") == "subclass"
    assert codes.level("channel/direct") == "item"


def test_papua_has_two_numberings_and_neither_passes_for_the_other():
    for bps, kemendagri in PAPUA.items():
        assert codes.province_of(f"bps/{bps}") == f"kemendagri:2025/{kemendagri}"
        assert codes.title(f"bps/{bps}") == codes.title(f"kemendagri:2025/{kemendagri}")
    assert codes.title("bps/91") == "Papua Barat"
    assert codes.title("kemendagri:2025/91") == "Papua"
    clashing = {code for code in PAPUA if codes.known(f"kemendagri:2025/{code}")}
    assert clashing == {"91", "92", "94", "95", "96"}
    assert all(codes.title(f"bps/{code}") != codes.title(f"kemendagri:2025/{code}") for code in clashing)


def test_outside_papua_the_two_numberings_agree():
    for code, _ in codes.codes(codes.BPS):
        bare = code.removeprefix("bps/")
        assert bare in PAPUA or codes.province_of(code) == f"kemendagri:2025/{bare}"


def test_every_bps_province_is_one_kemendagri_province():
    assert {codes.province_of(code) for code, _ in codes.codes(codes.BPS)} == {
        code for code, _ in codes.codes(codes.REGION, "province")
    }


def test_parents():
    assert codes.province_of("kemendagri:2025/32.75.01") == "kemendagri:2025/32"
    assert codes.province_of("kemendagri:2025/32") == "kemendagri:2025/32"
    assert codes.category_of("kbli:2020/41011") == "F"
    assert codes.major_of("kbji:2014/7212.01") == "7"


def test_titles_in_both_languages():
    assert codes.title("kbji:2014/7212") == "Pekerja Pengelasan"
    assert codes.title("kbji:2014/7212", "en") == "Welders and flamecutters"
    assert codes.title("kbji:2014/3411", "en").startswith("Legal")  # the origin says police, which is 3355
    assert codes.title("kbji:2014/7212.01", "en") == codes.title("kbji:2014/7212.01")  # no English below four digits
    assert codes.title("kbli:2020/F", "en") == "Construction"
    assert codes.title("iso3166/DEU") == "Jerman"
    assert codes.title("PP35/2021:43(1)", "en") == "Efficiency because of loss"
    assert codes.title("skkni/J.620100.017.02") == "J.620100.017.02"


def test_english_covers_every_occupation_unit_but_the_armed_forces():
    without = [
        entry.code for entry in scheme(codes.KBJI).entries.values() if len(entry.code) <= 4 and not entry.title_en
    ]
    assert len(without) == 15
    assert all(code[0] == "0" for code in without)


@pytest.mark.parametrize("code", ["kbji:2014/72121", "skkni/A.431000.001.02", "nonsense", "nowhere/1"])
@pytest.mark.parametrize("ask", [codes.title, codes.level, codes.province_of, codes.category_of, codes.major_of])
def test_an_unknown_code_has_no_title_and_no_parent(ask, code):
    with pytest.raises(Refused) as refusal:
        ask(code)
    assert refusal.value.code == "unknown-code"
    assert refusal.value.details["got"] == code


def test_pick_lists():
    assert len(list(codes.codes(codes.KBLI))) == 1791
    assert len(list(codes.codes(codes.KBJI))) == 446 + 2137
    assert next(codes.codes(codes.KBJI, "unit", "en")) == ("kbji:2014/0111", "Perwira Markas Besar TNI")
    assert dict(codes.codes(codes.CHANNEL, language="en"))["channel/public-service"] == "Public employment service"
    assert dict(codes.codes(codes.TERMINATION))["PP35/2021:47"] == "Perusahaan pailit"
    with pytest.raises(Refused, match="unknown-scheme"):
        list(codes.codes("skkni"))


def test_every_pick_list_offers_only_what_is_known():
    for name in ROWS:
        assert all(codes.known(code) for code, _ in codes.codes(name))


def test_legacy_units_are_flagged():
    assert codes.is_legacy_unit("skkni/TIK.TE02.010.01")
    assert not codes.is_legacy_unit("skkni/J.620100.017.02")
    assert not codes.is_legacy_unit("kkni/6")


@pytest.mark.parametrize(
    ("name", "wrong", "first"),
    [
        (codes.KBJI, "7221.", "kbji:2014/7221.01"),
        (codes.KBJI, "7122x", "kbji:2014/7122"),
        (codes.KBJI, "welder", "kbji:2014/7212"),
        (codes.KBJI, "pengemudi truk", "kbji:2014/8332.01"),
        (codes.KBJI, "perawatt", "kbji:2014/2221.05"),
        (codes.KBLI, "4101", "kbli:2020/41011"),
        (codes.KBLI, "41101", "kbli:2020/41011"),
        (codes.REGION, "3275", "kemendagri:2025/32.75"),
        (codes.REGION, "Bekasi", "kemendagri:2025/32.16"),
        (codes.REGION, "kota bekassi", "kemendagri:2025/32.75"),
        (codes.TERMINATION, "43", "PP35/2021:43(1)"),
        (codes.TERMINATION, "pailit", "PP35/2021:47"),
        (codes.CHANNEL, "directt", "channel/direct"),
        (codes.COUNTRY, "Malaysia", "iso3166/MYS"),
        (codes.SKKNI, "A.431000.001.02", "skkni/F.431000.001.02"),
    ],
)
def test_a_near_match_is_offered_first(name, wrong, first):
    assert codes.near(name, wrong)[0] == first


def test_kin_of_a_code_far_from_any():
    assert all(code.startswith("kbli:2020/99") for code in codes.near(codes.KBLI, "99999"))
    assert codes.near(codes.KBLI, "0") == ()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("skkni", "nonsense"), ("skkni", "F.041000.001.02"), ("nowhere", "1"), (codes.KBJI, ""), (codes.KBJI, "zzzz")],
)
def test_where_nothing_is_near_nothing_is_offered(name, wrong):
    assert codes.near(name, wrong) == ()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([*ROWS, codes.SKKNI]), st.text(max_size=200), st.integers(min_value=0, max_value=5))
def test_whatever_is_written_the_hint_is_short_and_known(name, wrong, limit):
    hints = codes.near(name, wrong, limit)
    assert len(hints) <= max(limit, 1)
    assert all(codes.known(hint) for hint in hints)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_asking_for_any_text_never_fails(text):
    assert codes.known(text) in (True, False)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([code for code, _ in codes.codes(codes.KBJI, "unit")]), st.data())
def test_two_swapped_digits_are_found_again(code, data):
    name, bare = codes.split(code)
    at = data.draw(st.integers(min_value=0, max_value=2))
    swapped = bare[:at] + bare[at + 1] + bare[at] + bare[at + 2 :]
    assert codes.known(codes.full(name, swapped)) or code in codes.near(name, swapped, 60)

"""Identifiers: what is accepted, what is refused and with which code, and the defects other libraries have."""

from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain import codes, identifiers
from domain.errors import Refused

MAN = "3275010304900001"  # Bekasi Timur, 3 April 1990
WOMAN = "3275014304900001"
DISTRICTS = [code.partition("/")[2].replace(".", "") for code, _ in codes.codes(codes.REGION, "district")]
births = st.dates(min_value=date(1930, 1, 1), max_value=date(2011, 12, 31))
sexes = st.sampled_from("MF")


def refused(ask, *args, **kwargs):
    """The refusal of a call that must be refused."""
    with pytest.raises(Refused) as refusal:
        ask(*args, **kwargs)
    return refusal.value


def written(district, birth, sex, serial):
    """A NIK put together as the rule says, apart from the code under test."""
    return f"{district}{birth.day + (40 if sex == 'F' else 0):02}{birth:%m%y}{serial:04}"


@st.composite
def niks(draw):
    birth, sex = draw(births), draw(sexes)
    serial = draw(st.integers(min_value=1, max_value=9999))
    return written(draw(st.sampled_from(DISTRICTS)), birth, sex, serial), birth, sex, serial


@settings(deadline=None)
@given(niks())
def test_a_number_made_by_the_rule_is_read_back(made):
    value, birth, sex, serial = made
    read = identifiers.nik(value, birth_date=birth, sex=sex)
    assert (read.value, read.birth_date, read.sex, read.serial, read.warnings) == (value, birth, sex, serial, ())
    assert read.region.replace(".", "") == value[:6]


@settings(deadline=None, max_examples=300)
@given(niks(), st.integers(min_value=6, max_value=11), st.integers(min_value=1, max_value=9))
def test_a_wrong_digit_in_the_date_never_passes_beside_the_declared_birth_and_sex(made, place, step):
    value, birth, sex, _ = made
    wrong = value[:place] + str((int(value[place]) + step) % 10) + value[place + 1 :]
    refusal = refused(identifiers.nik, wrong, birth_date=birth, sex=sex)
    assert refusal.code in {"nik-birth-date", "nik-mismatch-birth-date", "nik-mismatch-sex"}


@settings(deadline=None, max_examples=300)
@given(niks(), st.integers(min_value=6, max_value=11), st.integers(min_value=1, max_value=9))
def test_without_a_declared_birth_a_wrong_digit_is_refused_or_means_another_person(made, place, step):
    value, birth, sex, _ = made
    on = date(2026, 10, 31)
    wrong = value[:place] + str((int(value[place]) + step) % 10) + value[place + 1 :]
    try:
        read = identifiers.nik(wrong, on=on)
    except Refused as refusal:
        answer = refusal.code
    else:
        answer = (read.birth_date, read.sex)
    assert answer not in ("nik-length", (birth, sex))
    assert isinstance(answer, tuple) or answer == "nik-birth-date"


@settings(deadline=None)
@given(niks(), st.integers(min_value=0, max_value=14))
def test_two_swapped_digits_of_the_date_are_noticed(made, place):
    value, birth, sex, _ = made
    swapped = value[:place] + value[place + 1] + value[place] + value[place + 2 :]
    assume(swapped[6:12] != value[6:12])
    assert refused(identifiers.nik, swapped, birth_date=birth, sex=sex).code.startswith("nik-")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "nik-length"),
        (MAN[:-1], "nik-length"),
        (MAN + "0", "nik-length"),
        (f" {MAN[1:]}", "nik-digits"),
        ("32750103O4900001", "nik-digits"),  # the letter O
        ("3275010304٩00001", "nik-digits"),  # an Arabic-Indic nine: a digit to str.isdigit
        ("3275010304²00001", "nik-digits"),
        ("0075010304900001", "nik-province"),
        ("9775010304900001", "nik-province"),  # BPS numbers Papua Pegunungan 97
        ("3275010004900001", "nik-birth-date"),  # day 0
        ("3275013204900001", "nik-birth-date"),
        ("3275014004900001", "nik-birth-date"),  # day 40: neither man nor woman
        ("3275017204900001", "nik-birth-date"),
        ("3275010300900001", "nik-birth-date"),
        ("3275010313900001", "nik-birth-date"),
        ("3275013002900001", "nik-birth-date"),  # 30 February
        ("3275012902900001", "nik-birth-date"),  # 29 February of neither 1990 nor 2090
        ("3275010304900000", "nik-serial"),
    ],
)
def test_malformed_numbers_have_each_their_code(value, code):
    assert refused(identifiers.nik, value).code == code


def test_what_is_compared_and_with_what_it_is_refused():
    assert identifiers.nik(WOMAN, birth_date=date(1990, 4, 3), sex="F").sex == "F"
    by_birth = refused(identifiers.nik, MAN, birth_date=date(1990, 3, 4))
    assert (by_birth.code, by_birth.details) == ("nik-mismatch-birth-date", {"got": "030490", "expected": "1990-03-04"})
    by_sex = refused(identifiers.nik, MAN, sex="F")
    assert (by_sex.code, by_sex.details) == ("nik-mismatch-sex", {"got": "M", "expected": "F"})
    assert refused(identifiers.nik, MAN, birth_date=date(1890, 4, 3)).code == "nik-mismatch-birth-date"


def test_a_refusal_names_the_place_and_holds_no_whole_number():
    refusal = refused(identifiers.nik, "32750103O4900001")
    assert refusal.details == {"got": "O", "place": 9, "expected": "0-9"}
    assert "32750103" not in str(refusal)


def test_the_century_is_that_of_the_declared_birth_or_the_latest_before_the_reference_date():
    young, old = "3275010304050001", date(1905, 4, 3)
    assert identifiers.nik(young).birth_date is None
    assert identifiers.nik(young, on=date(2026, 10, 31)).birth_date == date(2005, 4, 3)
    assert identifiers.nik(young, on=date(2004, 1, 1)).birth_date == old
    assert identifiers.nik(young, birth_date=date(2005, 4, 3)).birth_date == date(2005, 4, 3)
    assert identifiers.nik(young, birth_date=old).birth_date == old
    assert identifiers.nik("3275012902000001").birth_date == date(2000, 2, 29)  # 1900 had none
    assert refused(identifiers.nik, "3275012902000001", on=date(1999, 1, 1)).code == "nik-birth-date"


def test_a_retired_region_is_a_warning_because_the_person_keeps_the_number():
    assert identifiers.nik("3299010304900001").warnings == ("nik-regency-unknown",)
    assert identifiers.nik("3275990304900001").warnings == ("nik-district-unknown",)


# What python-stdnum 2.2 (stdnum.id.nik) answers, tested by hand; each must be otherwise here.
def test_python_stdnum_accepts_day_81():
    assert refused(identifiers.nik, "3275018104900001").code == "nik-birth-date"


def test_python_stdnum_accepts_serial_0000():
    assert refused(identifiers.nik, "3275014304900000").code == "nik-serial"


def test_python_stdnum_reads_2005_as_1905():
    assert identifiers.nik("3171011702050002", on=date(2026, 1, 1)).birth_date == date(2005, 2, 17)


@pytest.mark.parametrize("regency", ["6501", "6571", "9301", "9401", "9501", "9601", "9671"])
def test_python_stdnum_lacks_the_regencies_of_kaltara_and_new_papua(regency):
    assert identifiers.nik(f"{regency}010304900001").warnings == ()


def test_every_district_of_the_country_can_stand_in_a_number():
    assert len(DISTRICTS) == 7285
    for district in DISTRICTS:
        assert identifiers.nik(f"{district}0304900001").warnings == ()


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("013126610091000", "0013126610091000"),
        ("01.312.661.0-091.000", "0013126610091000"),
        ("0013126610091000", "0013126610091000"),
        (MAN, MAN),
    ],
)
def test_tax_numbers(value, read):
    assert identifiers.npwp(value) == read


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "npwp-length"),
        ("01312661009100", "npwp-length"),
        ("01.312.661.0-091.00", "npwp-length"),
        ("01312661009100X", "npwp-digits"),
        ("013126611091000", "npwp-check-digit"),
        ("0013126611091000", "npwp-check-digit"),
        ("3275010304900000", "nik-serial"),
    ],
)
def test_malformed_tax_numbers(value, code):
    assert refused(identifiers.npwp, value).code == code


@settings(deadline=None)
@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 7), st.integers(1, 9))
def test_the_ninth_digit_catches_every_single_wrong_one(first, place, step):
    good = first + identifiers.luhn_digit(first) + "091000"
    assert identifiers.npwp(good) == "0" + good
    wrong = good[:place] + str((int(good[place]) + step) % 10) + good[place + 1 :]
    assert refused(identifiers.npwp, wrong).code == "npwp-check-digit"


def test_luhn_digits_published_elsewhere():
    assert identifiers.luhn_digit("7992739871") == "3"  # the usual textbook number
    assert identifiers.luhn_digit("01312661") == "0"  # python-stdnum's example of an NPWP


def test_business_numbers():
    assert identifiers.nib("9120001234567") == "9120001234567"
    assert refused(identifiers.nib, "912000123456").code == "nib-length"
    assert refused(identifiers.nib, "9120001234.67").code == "nib-digits"


@pytest.mark.parametrize(
    ("value", "nationality"),
    [("A1234567", "IDN"), ("AB123456", "IDN"), ("E12345678", "CHN"), ("TR1234567", "JPN"), ("123456789", "USA")],
)
def test_passports(value, nationality):
    assert identifiers.passport(value, nationality=nationality) == value


@pytest.mark.parametrize(
    ("value", "nationality", "code"),
    [
        ("12345678", "IDN", "passport-format"),
        ("", "CHN", "passport-format"),
        ("e12345678", "CHN", "passport-format"),
        ("E1234567890", "CHN", "passport-format"),
        ("E12-45678", "CHN", "passport-format"),
        ("E12345678", "CN", "passport-nationality"),
        ("E12345678", "", "passport-nationality"),
    ],
)
def test_malformed_passports(value, nationality, code):
    assert refused(identifiers.passport, value, nationality=nationality).code == code


@pytest.mark.parametrize("value", ["0812-3456-7890", "+62 812 3456 7890", "6281234567890", "(0812) 3456.7890"])
def test_one_telephone_number_however_it_is_written(value):
    assert identifiers.phone(value) == "+6281234567890"


def test_other_telephone_numbers():
    assert identifiers.phone("021-5255733") == "+62215255733"
    assert identifiers.phone("+60 12-345 6789") == "+60123456789"
    for wrong in ("", "812", "08", "0012345678", "081234567890123", "+62", "0812 345 678x", "٠٨١٢٣٤٥٦٧٨٩٠"):
        assert refused(identifiers.phone, wrong).code == "phone-format"

"""The card as SD-JWT VC: it says what QR and JWT say; what its holder may withhold, and how a verifier judges it."""

from __future__ import annotations

import hashlib
import io
import json
from base64 import b64encode
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from card import credential, credential_type, cwt, holder, jws, qr, verify, wallet
from card.claims import CardClaims, Certification
from card.cli import run
from card.errors import CardError, VerificationError
from card.judge import StatusLookup
from card.sdjwt import HASH, HASH_NAME, conceal, reveal
from card.status import DETAILS_OUTDATED, REVOKED, SUSPENDED
from card.wallet import Challenge, Verified
from keys.encoding import b64url, unb64url
from tests.card.cards import DAY, NOW, SHARD, Ministry, certifications, claims, new_ministry
from tests.card.wallets import Wallet, decoded, encoded, header_of, jwt, payload_of, withheld

ISSUER = "https://kets.example"
ASKED = Challenge(audience="https://gate.example", nonce="a nonce of the gate")
ASKING: dict[str, Any] = {"audience": ASKED.audience, "nonce": ASKED.nonce, "now": NOW}
WITHHELD = ("card", "name", "birthdate", "gender", "standing", "employed", "employer", "occupation", "certifications")


@pytest.fixture(scope="module")
def ministry() -> Ministry:
    return new_ministry()


@pytest.fixture(scope="module")
def owner() -> Wallet:
    return Wallet()


def issued(ministry: Ministry, holder: Wallet | None = None, **changes: Any) -> str:
    when = {"issued_at": NOW - DAY, "expires_at": NOW + 13 * DAY}
    times = {name: changes.pop(name) for name in tuple(changes) if name in when and "card" not in changes}
    card = changes.pop("card", None) or claims(**changes)
    key = holder.jwk if holder else None
    return credential.sign(card, signer=ministry.signer(), issuer=ISSUER, holder=key, **{**when, **times})


def judged(ministry: Ministry, text: str, challenge: Challenge | None = ASKED, **changes: Any) -> Verified:
    listed = ministry.status_list()
    lookup: StatusLookup = {SHARD: listed}.get
    return wallet.verify(text, trust=ministry.trust(), status=lookup, challenge=challenge, **{"now": NOW, **changes})


def refused(ministry: Ministry, text: str, code: str, challenge: Challenge | None = ASKED, **changes: Any) -> str:
    with pytest.raises(VerificationError) as raised:
        judged(ministry, text, challenge, **changes)
    assert raised.value.code == code, raised.value
    return raised.value.outcome


# -- what it says ---------------------------------------------------------------------------------------------------
PEOPLE: list[dict[str, Any]] = [
    {},
    {"standing": "seeking", "employer_name": None, "employer_nib": None, "occupation": None, "certifications": ()},
    {"certifications": certifications(10), "employer_nib": None, "sex": "M"},
    {"birth_date": date(2008, 11, 22), "name": "Ny. Ōe-D'Arc"},
]


@pytest.mark.parametrize("person", PEOPLE)
def test_qr_jwt_and_sd_jwt_say_the_same(ministry: Ministry, owner: Wallet, person: dict[str, Any]) -> None:
    """The wallet's key is the credential's own; the phone's key, of live presentations, is not in it."""
    said = claims(**person)
    by_qr = cwt.claims_of(cwt.parse(qr.cose(qr.text(cwt.sign(said, ministry.signer())))).payload)
    token = jws.encode(said, ministry.signer())
    by_jwt = jws.claims_of(decoded(token.split(".")[1]))
    text = issued(ministry, owner, card=said)
    shown = judged(ministry, owner.present(text, *WITHHELD, "18", "21", *range(len(said.certifications)), **ASKING))
    by_sd_jwt = credential.claims_of(shown.claims)
    assert by_qr == by_jwt == said
    assert by_sd_jwt == msgspec.structs.replace(said, holder_key=None)


def test_the_payload_as_the_profile_has_it(ministry: Ministry, owner: Wallet) -> None:
    text = issued(ministry, owner)
    payload = payload_of(text)
    assert header_of(text) == {"alg": "ES256", "typ": "dc+sd-jwt", "kid": b64url(ministry.signer().kid)}
    assert payload.keys() == credential.ALWAYS_SHOWN | {"_sd", "_sd_alg", "age_equal_or_over"}
    assert payload["iss"] == ISSUER
    assert payload["vct"] == f"{ISSUER}/v1/wallet/types/worker-card/1"
    assert payload["status"] == {"status_list": {"idx": 912_345, "uri": f"{ISSUER}/v1/wallet/status/3"}}
    assert payload["cnf"] == {"jwk": owner.jwk}
    assert (payload["iat"], payload["exp"]) == (NOW - DAY, NOW + 13 * DAY)
    assert all(word not in text.partition("~")[0] for word in ("Siti", "7212"))


@pytest.mark.parametrize("person", PEOPLE)
def test_how_much_is_hidden_says_nothing_of_the_holder(ministry: Ministry, person: dict[str, Any]) -> None:
    payload = payload_of(issued(ministry, **person))
    assert (len(payload["_sd"]), len(payload["age_equal_or_over"]["_sd"])) == (len(WITHHELD), 2)


def test_employed_without_the_employer(ministry: Ministry, owner: Wallet) -> None:
    shown = judged(ministry, owner.present(issued(ministry, owner), "employed", **ASKING))
    assert shown.claims.keys() - credential.ALWAYS_SHOWN == {"employed", "age_equal_or_over"}
    assert shown.claims["employed"] is True
    assert shown.claims["age_equal_or_over"] == {}
    assert (shown.code, shown.proves, shown.compare) == ("valid", ("document-genuine", "wallet-key"), ())


def test_one_certificate_of_three(ministry: Ministry, owner: Wallet) -> None:
    shown = judged(ministry, owner.present(issued(ministry, owner), "name", "certifications", 1, **ASKING))
    assert [held["code"] for held in shown.claims["certifications"]] == ["G.461200.014.01"]
    assert shown.compare == ("name",)
    with pytest.raises(CardError, match="claims-malformed"):
        credential.claims_of(shown.claims)


@pytest.mark.parametrize(
    ("born", "ages"),
    [
        (date(2008, 11, 21), {"18": True, "21": False}),  # 18 on the day of issue in Jakarta
        (date(2008, 11, 22), {"18": False, "21": False}),
        (date(2005, 11, 21), {"18": True, "21": True}),
    ],
)
def test_ages_are_those_of_the_day_of_issue(ministry: Ministry, born: date, ages: dict[str, bool]) -> None:
    shown = judged(ministry, withheld(issued(ministry, birth_date=born), "18", "21"), None)
    assert shown.claims["age_equal_or_over"] == ages


def test_claims_that_contradict_each_other_are_not_a_card(ministry: Ministry) -> None:
    shown = judged(ministry, issued(ministry), None).claims
    assert credential.claims_of(shown) == msgspec.structs.replace(claims(), holder_key=None)
    entry = {"idx": 1, "uri": f"{ISSUER}/elsewhere/3"}
    for wrong in (
        {"employed": False},
        {"nik": "1"},
        {"age_equal_or_over": {"18": True}},
        {"status": {"status_list": entry}},
        {"birthdate": 5},
        {"card": None},
    ):
        with pytest.raises(CardError, match="claims-malformed"):
            credential.claims_of({**shown, **wrong})


@pytest.mark.parametrize(
    "times",
    [
        {"issued_at": NOW, "expires_at": NOW},
        {"issued_at": NOW, "expires_at": NOW + 30 * DAY + 1},
        {"card": claims(expires_at=NOW + DAY), "expires_at": NOW + DAY + 1},
    ],
)
def test_it_lives_no_longer_than_30_days_nor_than_the_card(ministry: Ministry, times: dict[str, Any]) -> None:
    card: CardClaims = times.get("card", claims())
    span = {"issued_at": NOW, "expires_at": times["expires_at"]}
    with pytest.raises(CardError, match="credential-lifetime"):
        credential.sign(card, signer=ministry.signer(), issuer=ISSUER, **span)


def test_the_reference_implementation_reads_a_presentation(ministry: Ministry, owner: Wallet) -> None:
    text = owner.present(issued(ministry, owner), "name", "certifications", 0, **ASKING)
    key = JWK(**ministry.signer().public_jwk)
    read = SDJWTVerifier(text, lambda *_: key, ASKED.audience, ASKED.nonce).get_verified_payload()
    assert read == judged(ministry, text).claims


def test_the_type_describes_every_claim_that_may_be_withheld() -> None:
    document = json.loads(credential_type.type_metadata(ISSUER))
    described = {tuple(claim["path"]) for claim in document["claims"]}
    assert document["vct"] == credential_type.type_of(ISSUER)
    expected = {(name,) for name in WITHHELD} | {("age_equal_or_over", "18"), ("age_equal_or_over", "21")}
    assert described == expected | {("certifications", None)}
    assert all(claim["sd"] == "always" for claim in document["claims"])
    optional = {claim["path"][-1] for claim in document["claims"] if not claim["mandatory"]}
    assert optional == {"employer", "occupation", None}


def test_the_integrity_of_the_type_is_that_of_the_served_bytes(ministry: Ministry) -> None:
    digest = hashlib.sha256(credential_type.type_metadata(ISSUER)).digest()
    assert payload_of(issued(ministry))["vct#integrity"] == f"sha256-{b64encode(digest).decode()}"


# -- how it is judged -----------------------------------------------------------------------------------------------
def test_a_credential_without_a_challenge_is_judged_as_a_document(ministry: Ministry, owner: Wallet) -> None:
    for text in (issued(ministry), issued(ministry, owner), owner.present(issued(ministry, owner), **ASKING)):
        assert judged(ministry, text, None).proves == ("document-genuine",)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (REVOKED, "revoked", "invalid"),
        (SUSPENDED, "suspended", "invalid"),
        (DETAILS_OUTDATED, "details-outdated", "valid"),
    ],
)
def test_the_status_of_the_card_is_the_status_of_the_credential(
    ministry: Ministry, owner: Wallet, status: int, code: str, outcome: str
) -> None:
    marked = replace(ministry, statuses={912_345: status})
    text = owner.present(issued(ministry, owner), "employed", **ASKING)
    if outcome == "valid":
        assert judged(marked, text).code == code
    else:
        assert refused(marked, text, code) == outcome


def test_its_dates_are_its_own(ministry: Ministry) -> None:
    text = issued(ministry)
    assert refused(ministry, text, "expired", None, now=NOW + 14 * DAY) == "invalid"
    assert refused(ministry, text, "not-yet-valid", None, now=NOW - 2 * DAY) == "cannot-check"


def test_its_signer_counts_as_a_cards_does(ministry: Ministry) -> None:
    text = issued(ministry)
    leaked = replace(ministry, revoked={ministry.signer().kid: NOW}).trust()
    with pytest.raises(VerificationError, match="signer-revoked"):
        wallet.verify(text, trust=leaked, status=lambda _: None, now=NOW)
    assert refused(new_ministry(), text, "unknown-key", None) == "cannot-check"
    other = credential.sign(
        claims(), signer=new_ministry().signer(), issuer=ISSUER, issued_at=NOW - DAY, expires_at=NOW + DAY
    )
    head, body, _ = text.split(".", 2)
    assert refused(ministry, f"{head}.{body}.{other.split('.', 2)[2]}", "bad-signature", None) == "invalid"
    for alg in ("none", "HS256", "ES384"):
        forged = encoded({**header_of(text), "alg": alg})
        assert refused(ministry, text.replace(head, forged), "algorithm", None) == "invalid"


TAMPERED = {
    "tampered": lambda parts: [parts[0], encoded(b'["salt", "name", "Sita"]'), *parts[1:]],
    "twice": lambda parts: [parts[0], parts[1], *parts[1:]],
    "changed": lambda parts: [parts[0], parts[1][:-1] + ("A" if parts[1][-1] != "A" else "B"), *parts[2:]],
}


@pytest.mark.parametrize("how", TAMPERED)
def test_disclosures_that_do_not_fit_are_refused(ministry: Ministry, how: str) -> None:
    text = "~".join(TAMPERED[how](issued(ministry).split("~")))
    assert refused(ministry, text, "disclosure-refused", None) == "invalid"


def test_a_disclosure_that_the_wallet_made_up_is_refused_though_it_signs_for_it(
    ministry: Ministry, owner: Wallet
) -> None:
    text = "~".join(TAMPERED["tampered"](issued(ministry, owner).split("~")))
    assert refused(ministry, owner.present(text, "name", **ASKING), "disclosure-refused") == "invalid"


def signed(ministry: Ministry, tree: dict[str, Any], *disclosures: str, typ: str = "dc+sd-jwt") -> str:
    """What a listed signer could sign beside our profile."""
    return "~".join([ministry.signer().jwt(tree, {"typ": typ}), *disclosures, ""])


def payload(ministry: Ministry, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**payload_of(issued(ministry)), **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {"vct": "https://kets.example/v1/wallet/types/worker-card/2"},
        {"vct": None},
        {"iss": None},
        {"iss": 5},
        {"exp": None},
        {"exp": "soon"},
        {"exp": NOW + 40 * DAY},
        {"iat": None},
        {"status": None},
        {"status": {"status_list": {"idx": 1, "uri": "kets:status:3"}}},
        {"status": {"status_list": {"idx": "1", "uri": f"{ISSUER}/v1/wallet/status/3"}}},
        {"status": {"status_list": {"idx": 1, "uri": f"{ISSUER}/v1/wallet/status/4"}}},
        {"cnf": {"kid": "1"}},
        {"cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}},
    ],
)
def test_what_a_listed_signer_signed_and_we_do_not_know_is_newer(ministry: Ministry, changes: dict[str, Any]) -> None:
    assert refused(ministry, signed(ministry, payload(ministry, **changes)), "newer-format", None) == "cannot-check"


def test_another_type_of_token_is_not_taken_for_it(ministry: Ministry) -> None:
    for typ in ("vc+sd-jwt", "kets-card+jwt", "kb+jwt", "statuslist+jwt"):
        assert refused(ministry, signed(ministry, payload(ministry), typ=typ), "newer-format", None) == "cannot-check"
    assert refused(ministry, ministry.jwt() + "~", "newer-format", None) == "cannot-check"
    with pytest.raises(VerificationError, match="newer-format"):
        verify.verify(issued(ministry).partition("~")[0], trust=ministry.trust(), status=lambda _: None, now=NOW)


@pytest.mark.parametrize("name", ["exp", "cnf", "nbf", "aud"])
def test_what_decides_validity_is_never_disclosed(ministry: Ministry, owner: Wallet, name: str) -> None:
    from card.sdjwt import Hidden

    value = {"cnf": {"jwk": owner.jwk}}.get(name, NOW + 20 * DAY)
    tree, disclosures = conceal(
        {**payload(ministry, **{name: None, "_sd": None, HASH_NAME: None}), name: Hidden(value)}
    )
    assert refused(ministry, signed(ministry, {**tree, HASH_NAME: HASH}, *disclosures), "disclosure-refused", None)


def test_what_is_no_credential(ministry: Ministry) -> None:
    assert refused(ministry, "a" * 32_769, "too-long", None) == "invalid"
    for text in ("", "eyJ.a.b", "eyJ~", "a.b.c~", issued(ministry).partition("~")[0]):
        assert refused(ministry, text, "not-a-card", None) == "invalid"


# -- key binding ----------------------------------------------------------------------------------------------------
def test_a_wallet_may_sign_with_the_larger_s(ministry: Ministry, owner: Wallet) -> None:
    assert judged(ministry, owner.present(issued(ministry, owner), high=True, **ASKING)).outcome == "valid"


def test_what_is_asked_to_be_bound_must_be(ministry: Ministry, owner: Wallet) -> None:
    assert refused(ministry, issued(ministry, owner), "binding-missing") == "cannot-check"
    assert refused(ministry, owner.present(issued(ministry), **ASKING), "binding-missing") == "cannot-check"


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "https://another.example"},
        {"nonce": "of yesterday"},
        {"aud": None},
        {"aud": ["https://gate.example"]},
        {"nonce": 5},
        {"sd_hash": "x"},
        {"sd_hash": None},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"crit": ["exp"]}},
    ],
    ids=str,
)
def test_a_binding_for_something_else(ministry: Ministry, owner: Wallet, changes: dict[str, Any]) -> None:
    assert (
        refused(ministry, owner.present(issued(ministry, owner), **{**ASKING, **changes}), "binding-refused")
        == "invalid"
    )


def test_a_binding_by_another_key_over_other_disclosures_or_of_no_form(ministry: Ministry, owner: Wallet) -> None:
    text = issued(ministry, owner)
    bound = owner.present(text, "name", **ASKING)
    whole, _, binding = bound.rpartition("~")
    more = withheld(text, "name", "birthdate")
    head, body, signature = binding.split(".")
    wrong = [Wallet().present(text, "name", **ASKING), f"{more}{binding}", f"{withheld(text)}{binding}"]
    wrong += [
        f"{whole}~{other}" for other in ("a", "a.b", "a.b.c", f"{head}.{body}.{signature[:-8]}", f"{head}.{body}.")
    ]
    wrong += [f"{whole}~{head}.{body}.{encoded(bytes(64))}", f"{whole}~{head}.{body}.{encoded(b'x' * 64)}"]
    wrong += [f"{whole}~{encoded(b'[]')}.{body}.{signature}", f"{whole}~{'a' * 9000}.b.c"]
    for text in wrong:
        assert refused(ministry, text, "binding-refused") == "invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": NOW - 301},
        {"iat": NOW + 301},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"exp": NOW - 301},
        {"nbf": NOW + 301},
    ],
    ids=str,
)
def test_a_binding_of_another_time(ministry: Ministry, owner: Wallet, changes: dict[str, Any]) -> None:
    text = owner.present(issued(ministry, owner), **ASKING, **changes)
    assert refused(ministry, text, "binding-old") == "cannot-check"


def test_no_byte_of_a_presentation_can_be_changed(ministry: Ministry, owner: Wallet) -> None:
    text = owner.present(issued(ministry, owner), "name", "employed", **ASKING)
    for place in range(0, len(text), 7):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(VerificationError):
            judged(ministry, text[:place] + other + text[place + 1 :])


def respelled(jwk: dict[str, str]) -> dict[str, str]:
    """The same point, with a zero before x."""
    return {**jwk, "x": encoded(bytes(1) + unb64url(jwk["x"]))}


# -- the key proof --------------------------------------------------------------------------------------------------
def test_a_key_proof(owner: Wallet) -> None:
    proof = owner.proof(audience=ISSUER, nonce="n", now=NOW)
    assert holder.check_proof(proof, audience=ISSUER, now=NOW) == holder.KeyProof(jwk=owner.jwk, nonce="n")
    named = owner.proof(audience=ISSUER, nonce="n", now=NOW, header={"jwk": {**owner.jwk, "use": "sig", "kid": "1"}})
    assert holder.check_proof(named, audience=ISSUER, now=NOW).jwk == owner.jwk


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "https://another.example"},
        {"aud": [ISSUER]},
        {"nonce": None},
        {"nonce": 5},
        {"iat": None},
        {"now": NOW - 2 * DAY},
        {"header": {"typ": "JWT"}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "ES384"}},
        {"header": {"kid": "did:example:1"}},
        {"header": {"x5c": ["MII"]}},
        {"header": {"jwk": None}},
        {"header": {"jwk": "text"}},
        {"header": {"jwk": {**Wallet().jwk, "d": "secret"}}},
        {"header": {"jwk": Wallet().jwk}},
        {"header": {"jwk": {**Wallet().jwk, "crv": "P-384"}}},
        {"header": {"jwk": {**Wallet().jwk, "y": "AA"}}},
        {"header": {"jwk": respelled(Wallet().jwk)}},
        {"header": {"crit": ["b64"], "b64": False}},
    ],
)
def test_a_key_proof_that_proves_nothing(owner: Wallet, changes: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"audience": ISSUER, "nonce": "n", "now": NOW}
    with pytest.raises(ValueError, match=r"got|Point is not on the curve"):
        holder.check_proof(owner.proof(**{**usual, **changes}), audience=ISSUER, now=NOW)


def test_a_key_binding_is_no_key_proof(ministry: Ministry, owner: Wallet) -> None:
    binding = owner.present(issued(ministry, owner), **ASKING).rpartition("~")[2]
    with pytest.raises(ValueError, match="typ"):
        holder.check_proof(binding, audience=ASKED.audience, now=NOW)
    token = jwt({"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": owner.jwk}, {"nonce": "n"}, owner.key)
    with pytest.raises(ValueError, match="aud"):
        holder.check_proof(token, audience=ISSUER, now=NOW)


def test_a_revealed_payload_is_not_signed_payload(ministry: Ministry) -> None:
    text = issued(ministry)
    assert reveal(payload_of(text), []).keys() == credential.ALWAYS_SHOWN - {"cnf"} | {"age_equal_or_over"}


# -- at the gate ----------------------------------------------------------------------------------------------------
def test_a_credential_is_checked_by_the_same_command(ministry: Ministry, owner: Wallet, tmp_path: Path) -> None:
    trust = ministry.export(tmp_path / "trust")
    (tmp_path / "card.sdjwt").write_text(issued(ministry))
    out = io.StringIO()
    assert run(tmp_path / "card.sdjwt", trust=trust, now=NOW, as_json=False, out=out) == 0
    assert out.getvalue().partition("\n\nTerbukti")[0].splitlines()[4:] == [
        f"{label + ':':48}{value}"
        for label, value in (
            ("Penerbit / Issuer", ISSUER),
            ("Nama / Name", "Siti Nurhaliza Kusumawardani"),
            ("Tanggal lahir / Birth date", "1991-05-07"),
            ("Jenis kelamin / Sex", "female"),
            ("Berusia 18 tahun atau lebih / Aged 18 or over", "ya / yes"),
            ("Berusia 21 tahun atau lebih / Aged 21 or over", "ya / yes"),
            ("Sedang bekerja / Employed", "ya / yes"),
            ("Status kerja / Standing", "employed"),
            ("Perusahaan / Employer", "PT Sinar Mas Agro Resources Tbk (NIB 0220104950123)"),
            ("Jabatan (KBJI) / Occupation (KBJI)", "7212"),
            ("Sertifikat / Certificates", "F.431000.001.02 (authority-attested, 2028-01-03)"),
            ("Sertifikat / Certificates", "G.461200.014.01 (authority-attested, 2028-02-05)"),
            ("Sertifikat / Certificates", "M.701001.006.01 (authority-attested, 2028-03-07)"),
            ("Kartu / Card", "11S4-QGDC-09RC"),
            ("Berlaku s.d. / Valid until", "2026-12-05"),
        )
    ]
    assert "Compare: the name with an identity document; the birth date with an identity document." in out.getvalue()
    shown = io.StringIO()
    part = owner.present(issued(ministry, owner), "employed", "18", **ASKING)
    assert run(part, trust=trust, now=NOW, as_json=True, out=shown) == 0
    answer = json.loads(shown.getvalue())
    assert (answer["live"], answer["compare"], answer["claims"]["age_equal_or_over"]) == (False, [], {"18": True})
    words = io.StringIO()
    without = Certification(code="bnsp/1", expires=None, standing="self-declared")
    bare = issued(ministry, employer_nib=None, certifications=(without,))
    assert run(bare, trust=trust, now=NOW, as_json=False, out=words) == 0
    assert "PT Sinar Mas Agro Resources Tbk\n" in words.getvalue()
    assert "bnsp/1 (self-declared)\n" in words.getvalue()
    words = io.StringIO()
    assert run(part, trust=trust, now=NOW, as_json=False, out=words) == 0
    assert "Compare" not in words.getvalue()
    assert run(part, trust=trust, now=NOW, as_json=True, out=words, nonce=b"12345678") == 1  # no phone's code

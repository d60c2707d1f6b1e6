"""Selective disclosure: the examples of RFC 9901, by its reference implementation, and all that section 7.1 rejects."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.common import SDJWTCommon, SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.utils.yaml_specification import load_yaml_specification, remove_sdobj_wrappers
from sd_jwt.verifier import SDJWTVerifier

from card import sdjwt
from card.sdjwt import DECOY, Hidden, conceal, digest, parse, reveal
from keys.encoding import b64url, unb64url
from keys.strict import strict_json
from tests.card.test_card_vectors import VECTORS
from tests.require import require

EXAMPLES = ["address_only_flat", "address_only_structured", "arf-pid", "complex_eidas", "json_serialization_general"]
EXAMPLES += ["simple", "simple_structured", "w3c-vc"]
ISSUER_KEY = JWK.generate(kty="EC", crv="P-256")
JOHN = "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd"  # RFC 9901 section 5.1
JOHN_DIGEST = "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"
MOEBIUS = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"  # section 4.2.1
FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"  # section 4.2.2


def example(name: str) -> dict[str, Any]:
    path = VECTORS / "sd-jwt" / f"{name}.yml"
    require(path.exists(), f"published vectors in {VECTORS} (set KETS_VECTORS)")
    found: dict[str, Any] = load_yaml_specification(str(path))
    return found


@pytest.fixture
def seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The salts of the RFC: of the reference implementation with seed 0."""
    monkeypatch.setattr(SDJWTCommon, "unsafe_randomness", True)
    random.seed(0)


def issued(name: str) -> str:
    """As the reference implementation issues the example."""
    described = example(name)
    claims = {"iss": "https://issuer.example.com", "iat": 1683000000, "exp": 1883000000, **described["user_claims"]}
    decoys = described.get("add_decoy_claims", False)
    text = SDJWTIssuer(claims, ISSUER_KEY, add_decoy_claims=decoys).sd_jwt_issuance
    return text if text.endswith("~") else f"{text}~"


def payload_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = strict_json(unb64url(text.split(".")[1]))
    return found


def theirs(text: str) -> dict[str, Any]:
    """What the reference implementation reads."""
    found: dict[str, Any] = SDJWTVerifier(text, lambda *_: ISSUER_KEY).get_verified_payload()
    return found


def hidden(tree: Any) -> Any:
    """An example's claims in our marks."""
    match tree:
        case dict():
            pairs = ((k.value, Hidden(hidden(v))) if isinstance(k, SDObj) else (k, hidden(v)) for k, v in tree.items())
            return dict(pairs)
        case list():
            return [Hidden(hidden(each.value)) if isinstance(each, SDObj) else hidden(each) for each in tree]
    return tree


# -- the RFC's own --------------------------------------------------------------------------------------------------
def test_digests_of_the_rfc() -> None:
    assert digest(JOHN) == JOHN_DIGEST
    assert digest(MOEBIUS) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert digest(FRANCE) == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"
    family = reveal({"given_name": "Alice", "_sd": [digest(MOEBIUS)]}, [MOEBIUS])
    assert family == {"given_name": "Alice", "family_name": "Möbius"}
    country = {"...": digest(FRANCE)}
    assert reveal({"nationalities": ["DE", country, "US"]}, [FRANCE]) == {"nationalities": ["DE", "FR", "US"]}
    assert reveal({"nationalities": ["DE", country, "US"]}, []) == {"nationalities": ["DE", "US"]}


def test_the_main_example_has_the_digests_that_the_rfc_prints(seeded: None) -> None:
    text = issued("simple")
    assert JOHN in parse(text).disclosures
    assert JOHN_DIGEST in payload_of(text)["_sd"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_whole(name: str, seeded: None) -> None:
    text = issued(name)
    plain = remove_sdobj_wrappers(example(name)["user_claims"])
    revealed = reveal(payload_of(text), parse(text).disclosures)
    assert revealed == {"iss": "https://issuer.example.com", "iat": 1683000000, "exp": 1883000000} | plain


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_as_its_holder_shows_it(name: str, seeded: None) -> None:
    holder = SDJWTHolder(issued(name))
    holder.create_presentation(example(name)["holder_disclosed_claims"])
    shown = parse(holder.sd_jwt_presentation)
    assert reveal(payload_of(shown.issuer_jwt), shown.disclosures) == theirs(holder.sd_jwt_presentation)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_that_we_issue_is_read_by_the_reference_implementation(name: str) -> None:
    payload, disclosures = conceal(hidden(example(name)["user_claims"]))
    text = "~".join([signed({**payload, "_sd_alg": "sha-256"}), *disclosures, ""])
    assert theirs(text) == remove_sdobj_wrappers(example(name)["user_claims"])


def signed(payload: dict[str, Any]) -> str:
    """A JWS by a library that is not ours."""
    from jwcrypto.jws import JWS

    token = JWS(json.dumps(payload))
    token.add_signature(ISSUER_KEY, alg="ES256", protected='{"alg":"ES256"}')
    return str(token.serialize(compact=True))


# -- what is rejected -----------------------------------------------------------------------------------------------
def made(*content: Any) -> str:
    return b64url(json.dumps(list(content)).encode())


NAME, AGE, INNER = made("s1", "name", "Siti"), made("s2", "age", 35), made("s3", "nik", "secret")
NEST = made("s4", "person", {"_sd": [digest(INNER)]})
WHOLE = {"iss": "x", "_sd": [digest(NAME), digest(AGE), digest(NEST)], "list": [1, {"...": digest(FRANCE)}]}
RESERVED = [made("s", name, 1) for name in ("_sd", "...", "_sd_alg", "iss")]
BAD_FORM = [made("s", "x"), made(1, "x", 2), made("s", 3, 2), made("s", "x", 2, 3), b64url(b'{"a": 1}'), b64url(b"[")]
BAD_FORM += [b64url(b'["s", "x", {"a": 1, "a": 2}]'), b64url(b'["s", "x", NaN]'), b64url(b'["s", "x", "\xff"]'), "!!!"]
DEEP: Any = 1
for _ in range(12):
    DEEP = {"a": DEEP}


def test_what_is_withheld_is_not_there() -> None:
    assert reveal(WHOLE, []) == {"iss": "x", "list": [1]}
    assert reveal(WHOLE, [NAME]) == {"iss": "x", "list": [1], "name": "Siti"}
    assert reveal(WHOLE, [NEST]) == {"iss": "x", "list": [1], "person": {}}
    assert reveal(WHOLE, [INNER, NEST, FRANCE])["person"] == {"nik": "secret"}


@pytest.mark.parametrize(
    ("payload", "disclosures"),
    [
        pytest.param(WHOLE, [NAME, NAME], id="disclosure-twice"),
        pytest.param(WHOLE, [made("s1", "name", "Sita")], id="disclosure-tampered"),
        pytest.param(WHOLE, [NAME, made("s9", "other", 1)], id="disclosure-unreferenced"),
        pytest.param(WHOLE, [INNER], id="disclosure-without-its-parent"),
        pytest.param({"_sd": [digest(NAME), digest(NAME)]}, [NAME], id="digest-twice"),
        pytest.param({"_sd": [digest(NAME), digest(NAME)]}, [], id="digest-twice-withheld"),
        pytest.param({"_sd": [digest(NAME)], "a": {"_sd": [digest(NAME)]}}, [], id="digest-twice-apart"),
        pytest.param({"_sd": [digest(NAME)], "a": [{"...": digest(NAME)}]}, [], id="digest-as-member-and-element"),
        pytest.param({"_sd": [digest(NEST), digest(INNER)]}, [NEST, INNER], id="digest-twice-within-a-disclosure"),
        pytest.param({"_sd": [5]}, [], id="digest-no-text"),
        pytest.param({"_sd": "text"}, [], id="digests-no-array"),
        pytest.param({"_sd": None}, [], id="digests-null"),
        pytest.param({"a": [{"...": 5}]}, [], id="element-digest-no-text"),
        pytest.param({"a": [{"...": digest(FRANCE), "b": 1}]}, [FRANCE], id="element-with-more-members"),
        pytest.param({"...": digest(FRANCE)}, [], id="element-outside-an-array"),
        pytest.param({"a": {"_sd_alg": "sha-256"}}, [], id="hash-nested"),
        pytest.param({"_sd_alg": "sha-512"}, [], id="hash-another"),
        pytest.param({"_sd_alg": None}, [], id="hash-null"),
        pytest.param({"_sd": [digest(FRANCE)]}, [FRANCE], id="element-as-member"),
        pytest.param({"a": [{"...": digest(NAME)}]}, [NAME], id="member-as-element"),
        pytest.param(
            {"_sd": [digest(NAME), digest(made("t", "name", 1))]}, [NAME, made("t", "name", 1)], id="name-twice"
        ),
        pytest.param(DEEP, [], id="too-deep"),
        *(pytest.param({"iss": 1, "_sd": [digest(d)]}, [d], id=f"name-{n}") for n, d in enumerate(RESERVED)),
        *(pytest.param({"_sd": [digest(d)]}, [d], id=f"form-{n}") for n, d in enumerate(BAD_FORM)),
    ],
)
def test_what_section_7_1_rejects(payload: dict[str, Any], disclosures: list[str]) -> None:
    with pytest.raises(ValueError, match=r"got|codec|Expecting"):
        reveal(payload, disclosures)


@pytest.mark.parametrize(
    "text", ["", "jwt", "~", "~a~", "jwt~~", "jwt~a~~", "jwt~ä~", "jwt~" + "a~" * 65, "j" * 32_769]
)
def test_what_is_no_sd_jwt(text: str) -> None:
    with pytest.raises(ValueError, match="got"):
        parse(text)


def test_the_forms_that_are() -> None:
    assert parse("jwt~") == sdjwt.Presented(issuer_jwt="jwt", disclosures=(), key_binding="", bound="jwt~")
    whole = sdjwt.Presented(issuer_jwt="jwt", disclosures=("a", "b"), key_binding="kb", bound="jwt~a~b~")
    assert parse("jwt~a~b~kb") == whole


def test_json_that_is_nested_without_end_is_an_error_of_the_input() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        strict_json(b"[" * 200_000)


# -- ours -----------------------------------------------------------------------------------------------------------
def test_a_decoy_is_a_digest_of_nothing() -> None:
    payload, disclosures = conceal({"a": Hidden(1), "b": DECOY})
    assert len(payload["_sd"]) == 2
    assert len(disclosures) == 1
    assert reveal(payload, disclosures) == {"a": 1}


def test_salts_have_128_bits_and_are_never_used_again() -> None:
    _, disclosures = conceal({str(n): Hidden(n) for n in range(50)})
    salts = {strict_json(unb64url(disclosure))[0] for disclosure in disclosures}
    assert len(salts) == 50
    assert {len(unb64url(salt)) for salt in salts} == {16}


def test_digests_do_not_keep_the_order_of_claims() -> None:
    payload, _ = conceal({str(n): Hidden(n) for n in range(20)})
    assert payload["_sd"] == sorted(payload["_sd"])


NAMES = st.text(max_size=4).filter(lambda name: name not in sdjwt.RESERVED)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner | inner.map(Hidden), max_size=3) | st.dictionaries(NAMES, inner | inner.map(Hidden), max_size=3)
    ),
    max_leaves=8,
)


def plain(tree: Any) -> Any:
    match tree:
        case Hidden():
            return plain(tree.value)
        case dict():
            return {name: plain(value) for name, value in tree.items()}
        case list():
            return [plain(value) for value in tree]
    return tree


@given(st.dictionaries(NAMES, TREES | TREES.map(Hidden), max_size=4))
@settings(deadline=None, max_examples=60)
def test_what_is_concealed_is_revealed_whole(tree: dict[str, Any]) -> None:
    payload, disclosures = conceal(tree)
    try:
        revealed = reveal(payload, disclosures)
    except ValueError as error:
        assert "nested deeper" in str(error)  # noqa: PT017 - bounded, and some trees are deeper
    else:
        assert revealed == plain(tree)

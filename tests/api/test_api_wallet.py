"""The card in a wallet: OpenID4VCI 1.0 from the offer to the presentation, and everything it must refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from sd_jwt.verifier import SDJWTVerifier

from api import create_app
from api.pace import Pace
from api.wallet.denials import described
from card import wallet as verifying
from card.errors import VerificationError
from card.trust import TrustList
from card.verify import verify
from card.wallet import Challenge
from domain import facts as f
from keys.encoding import unb64url
from registry.app import SYSTEM
from registry.wallet import nonces, offers
from tests.api.client import TestClient
from tests.api.story import refused, verified
from tests.api.wallet_app import GRANT, App, Verifier
from tests.card.wallets import Wallet, encoded, jwt, payload_of
from tests.conftest import Server, Site, opened

ISSUER = "https://127.0.0.1:8169"
GATE = Challenge(audience="https://gate.example", nonce="asked at the gate")


@contextmanager
def serving(site: Site) -> Iterator[TestClient]:
    issuing = site.settings.model_copy(update={"issuer": ISSUER})
    with TestClient(create_app(issuing, registry=site.registry), base_url=ISSUER) as client:
        yield client


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    with serving(site) as client:
        yield client


def carded(client: TestClient) -> UUID:
    """Somebody who has a card."""
    found = verified(client)
    assert client.post(f"/v1/workers/{found}/card").status_code == 201
    return found


@pytest.fixture
def worker(client: TestClient) -> UUID:
    return carded(client)


def seconds(site: Site) -> int:
    return int(site.now.timestamp())


def offered(client: TestClient, worker: UUID, site: Site) -> tuple[App, str]:
    """A wallet that was shown an offer, and the digits."""
    answer = client.post(f"/v1/workers/{worker}/wallet-offer")
    assert answer.status_code == 201, answer.text
    return App(client, answer.json()["uri"], now=seconds(site)), answer.json()["tx_code"]


@pytest.fixture
def app(client: TestClient, worker: UUID, site: Site) -> App:
    """A wallet with an access token."""
    app, tx_code = offered(client, worker, site)
    assert app.redeem(tx_code).status_code == 200
    return app


def denied(answer: Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    said = answer.json()["error_description"]
    assert said.isascii()
    assert not {'"', "\\"} & set(said)


def credential_facts(site: Site, worker: UUID) -> list[f.WalletCredentialIssued]:
    return [e.fact for e in site.registry.history(worker).events if isinstance(e.fact, f.WalletCredentialIssued)]


# -- the whole way --------------------------------------------------------------------------------------------------
def test_from_the_offer_to_the_gate(client: TestClient, worker: UUID, site: Site) -> None:
    """offer, metadata, token, nonce, credential, presentation, status: by a wallet and a verifier of the specification,
    and then by our own verifier with nothing but its lists."""
    app, tx_code = offered(client, worker, site)
    assert app.offer["grants"][GRANT]["tx_code"]["length"] == len(tx_code) == 6
    assert tx_code not in json.dumps(app.offer)
    configuration = app.metadata["credential_configurations_supported"][app.configuration]
    assert (configuration["format"], configuration["scope"]) == ("dc+sd-jwt", "worker-card")
    assert app.redeem(tx_code).json()["expires_in"] == 600
    wallet, verifier = Wallet(), Verifier(client)
    answer = app.fetch(wallet)
    assert answer.status_code == 200, answer.text
    [[credential]] = [list(each.values()) for each in answer.json()["credentials"]]

    assert payload_of(credential)["vct"] == configuration["vct"]
    assert {tuple(c["path"]) for c in configuration["credential_metadata"]["claims"]} == {
        tuple(c["path"]) for c in verifier.type(credential)["claims"]
    }
    asked: dict[str, Any] = {"audience": GATE.audience, "nonce": GATE.nonce, "now": seconds(site)}
    shown = wallet.present(credential, "employed", "18", **asked)
    read = SDJWTVerifier(shown, lambda issuer, _: verifier.key(shown, issuer), GATE.audience, GATE.nonce)
    claims = read.get_verified_payload()
    assert (claims["employed"], claims["age_equal_or_over"]) == (True, {"18": True})
    assert "Siti" not in json.dumps(claims)
    assert verifier.status(credential) == 0

    roots = [site.keyring.root.public_jwk]
    trust = TrustList.verify(client.get("/v1/trust-list").text, roots=roots, now=seconds(site))
    ours = verifying.verify(shown, trust=trust, status=lambda _: None, now=seconds(site), challenge=GATE)
    assert ours.claims == claims
    assert "wallet-key" in ours.proves


def test_the_wallet_and_the_qr_say_the_same(client: TestClient, worker: UUID, app: App, site: Site) -> None:
    from card import credential

    [held] = app.fetch(Wallet()).json()["credentials"]
    roots = [site.keyring.root.public_jwk]
    trust = TrustList.verify(client.get("/v1/trust-list").text, roots=roots, now=seconds(site))
    shown = verifying.verify(held["credential"], trust=trust, status=lambda _: None, now=seconds(site))
    text = client.get(f"/v1/workers/{worker}/card").json()["text"]
    card = verify(text, trust=trust, status=lambda _: None, now=seconds(site)).claims
    assert credential.claims_of(shown.claims) == card


def test_each_credential_is_on_record_and_ends_with_the_card_or_sooner(
    client: TestClient, worker: UUID, app: App, site: Site
) -> None:
    wallets = [Wallet(), Wallet()]
    credentials = [each["credential"] for each in app.fetch(*wallets).json()["credentials"]]
    assert [payload_of(text)["cnf"]["jwk"] for text in credentials] == [wallet.jwk for wallet in wallets]
    recorded = credential_facts(site, worker)
    until = datetime.fromtimestamp(payload_of(credentials[0])["exp"], UTC)
    assert [fact.expires_at for fact in recorded] == [until, until]
    assert until == site.now + timedelta(days=14)
    assert len({fact.personal for fact in recorded}) == 2
    [card] = client.get(f"/v1/workers/{worker}").json()["cards"]
    assert datetime.fromisoformat(card["wallet_until"]) == until
    clear = site.reading().execute("SELECT clear FROM event WHERE topic = 'worker.wallet-credential-issued'").fetchall()
    assert all(b"thumbprint" not in bytes(row[0]) for row in clear)  # type: ignore[arg-type]


def test_a_card_that_ends_sooner_ends_its_credential(client: TestClient, worker: UUID, site: Site) -> None:
    ends = datetime.fromisoformat(client.get(f"/v1/workers/{worker}/card").json()["expires_at"])
    site.now = ends - timedelta(days=3)
    app, tx_code = offered(client, worker, site)
    app.redeem(tx_code)
    [held] = app.fetch(Wallet()).json()["credentials"]
    assert payload_of(held["credential"])["exp"] == int(ends.timestamp())


def test_a_card_that_has_ended_is_not_given_to_a_wallet(client: TestClient, worker: UUID, site: Site) -> None:
    ends = datetime.fromisoformat(client.get(f"/v1/workers/{worker}/card").json()["expires_at"])
    site.now = ends - timedelta(seconds=2)
    app, tx_code = offered(client, worker, site)
    app.redeem(tx_code)
    site.now = ends
    denied(app.fetch(Wallet()), "credential_request_denied")
    refused(client.post(f"/v1/workers/{worker}/wallet-offer"), 409, "card-state")
    assert credential_facts(site, worker) == []


def test_a_revoked_card_is_seen_by_the_wallets_verifier(client: TestClient, worker: UUID, app: App, site: Site) -> None:
    [held] = app.fetch(Wallet()).json()["credentials"]
    _, state = site.registry.worker(worker)
    number = state.live_card.number if state.live_card else ""
    revoked = f.CardRevoked(effective_on=site.now.date(), card=number, cause="stolen")
    site.registry.record(worker, lambda _: [revoked], by=SYSTEM)
    site.runner.catch_up()
    site.now += timedelta(minutes=2)
    assert Verifier(client).status(held["credential"]) == 1
    denied(app.fetch(Wallet()), "credential_request_denied")
    refused(client.post(f"/v1/workers/{worker}/wallet-offer"), 404, "card-none")


def test_a_suspended_card_is_not_given_to_a_wallet(client: TestClient, worker: UUID, app: App, site: Site) -> None:
    _, state = site.registry.worker(worker)
    number = state.live_card.number if state.live_card else ""
    suspended = f.CardSuspended(effective_on=site.now.date(), card=number, cause="lost")
    site.registry.record(worker, lambda _: [suspended], by=SYSTEM)
    denied(app.fetch(Wallet()), "credential_request_denied")
    refused(client.post(f"/v1/workers/{worker}/wallet-offer"), 409, "card-state")
    assert credential_facts(site, worker) == []


def test_an_erased_person_gets_none(client: TestClient, worker: UUID, app: App, site: Site) -> None:
    assert site.registry.vault.destroy(worker)
    denied(app.fetch(Wallet()), "credential_request_denied")
    refused(client.post(f"/v1/workers/{worker}/wallet-offer"), 410, "worker-erased")


def test_who_may_be_offered_something(client: TestClient, site: Site) -> None:
    refused(client.post(f"/v1/workers/{UUID(int=1)}/wallet-offer"), 404, "worker-unknown")
    refused(client.post(f"/v1/workers/{verified(client)}/wallet-offer"), 404, "card-none")


# -- the code and the digits ----------------------------------------------------------------------------------------
def other(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


def test_a_code_is_good_once(client: TestClient, worker: UUID, site: Site) -> None:
    app, tx_code = offered(client, worker, site)
    assert app.redeem(tx_code).status_code == 200
    denied(app.redeem(tx_code), "invalid_grant")


def test_five_wrong_guesses_end_an_offer(client: TestClient, worker: UUID, site: Site) -> None:
    app, tx_code = offered(client, worker, site)
    for left in (4, 3, 2, 1, 0):
        answer = app.redeem(other(tx_code))
        denied(answer, "invalid_grant")
        assert f"{left} tries are left" in answer.json()["error_description"]
    denied(app.redeem(tx_code), "invalid_grant")


def test_an_offer_ends_after_ten_minutes(client: TestClient, worker: UUID, site: Site) -> None:
    app, tx_code = offered(client, worker, site)
    site.now += timedelta(minutes=10)
    denied(app.redeem(tx_code), "invalid_grant")


def test_another_offer_ends_the_one_before(client: TestClient, worker: UUID, site: Site) -> None:
    first, first_digits = offered(client, worker, site)
    second, second_digits = offered(client, worker, site)
    denied(first.redeem(first_digits), "invalid_grant")
    assert second.redeem(second_digits).status_code == 200


def test_nothing_that_opens_anything_is_kept(client: TestClient, worker: UUID, site: Site) -> None:
    app, _ = offered(client, worker, site)
    second, tx_code = offered(client, worker, site)
    second.redeem(tx_code)
    third, digits = offered(client, worker, site)
    second.fetch(Wallet())
    tables = ("offer", "token", "nonce")
    rows = [row for name in tables for row in site.vault().execute(f"SELECT * FROM wallet_{name}")]  # noqa: S608 - ours
    kept = [value for row in rows for value in row if isinstance(value, bytes)]
    assert sorted(map(len, kept)) == [16, 32, 32, 32]
    for secret in (second.token, digits, third.offer["grants"][GRANT]["pre-authorized_code"]):
        assert secret not in repr(rows)
        assert secret.encode() not in b"".join(kept)
    assert app.token == ""


def test_what_has_ended_is_swept_away(client: TestClient, worker: UUID, app: App, site: Site) -> None:
    app.fetch(Wallet())
    offered(client, worker, site)
    assert offers.sweep(site.registry.vault, site.now) == 0
    site.now += timedelta(minutes=11)
    assert offers.sweep(site.registry.vault, site.now) == 3


FORM: dict[str, str | None] = {"grant_type": GRANT, "pre-authorized_code": "unknown", "tx_code": "123456"}


TOKEN_REQUESTS: list[tuple[dict[str, str | None], str]] = [
    ({}, "invalid_grant"),
    ({"client_id": "wallet", "scope": "worker-card", "unknown": "x"}, "invalid_grant"),
    ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
    ({"grant_type": None}, "invalid_request"),
    ({"pre-authorized_code": None}, "invalid_request"),
    ({"tx_code": None}, "invalid_request"),
    ({"tx_code": ""}, "invalid_grant"),
    ({"tx_code": "١٢٣٤٥٦"}, "invalid_grant"),
    ({"tx_code": "1" * 5_000}, "invalid_request"),
    ({str(n): "x" for n in range(20)}, "invalid_request"),
]
NO_FORMS = [
    (b"", "application/x-www-form-urlencoded"),
    (b"grant_type", "application/x-www-form-urlencoded"),
    (b"grant_type=a&grant_type=a", "application/x-www-form-urlencoded"),
    (b"\xff=a", "application/x-www-form-urlencoded"),
    (b"{}", "application/json"),
]


def test_token_requests_that_get_nothing(client: TestClient) -> None:
    for changes, error in TOKEN_REQUESTS:
        form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
        denied(client.post("/v1/wallet/token", data=form), error)
    for body, kind in NO_FORMS:
        denied(client.post("/v1/wallet/token", content=body, headers={"Content-Type": kind}), "invalid_request")


# -- the credential request -----------------------------------------------------------------------------------------
REQUESTS: list[tuple[Any, str]] = [
    ({"credential_configuration_id": "another"}, "unknown_credential_configuration"),
    ({"credential_configuration_id": 5}, "invalid_credential_request"),
    ({"credential_configuration_id": None}, "invalid_credential_request"),
    ({"credential_identifier": "x"}, "invalid_credential_request"),
    ({"credential_response_encryption": {}}, "invalid_encryption_parameters"),
    ({}, "invalid_proof"),
    ({"proofs": None}, "invalid_proof"),
    ({"proofs": []}, "invalid_proof"),
    ({"proofs": {}}, "invalid_proof"),
    ({"proofs": {"jwt": []}}, "invalid_proof"),
    ({"proofs": {"jwt": "text"}}, "invalid_proof"),
    ({"proofs": {"jwt": [5]}}, "invalid_proof"),
    ({"proofs": {"jwt": ["a.b.c"]}}, "invalid_proof"),
    ({"proofs": {"jwt": ["a"], "attestation": ["b"]}}, "invalid_proof"),
    ({"proofs": {"di_vp": [{}]}}, "invalid_proof"),
    ({"proofs": {"jwt": ["a.b.c"] * 6}}, "invalid_credential_request"),
    ({"proof": {"proof_type": "jwt", "jwt": "a.b.c"}}, "invalid_proof"),
    ([], "invalid_credential_request"),
    ("text", "invalid_credential_request"),
]
NO_JSON = [
    (b"{", "application/json"),
    (b"[" * 50_000, "application/json"),
    (b'{"proofs": 1, "proofs": 2}', "application/json"),
    (b'{"a": "' + b"a" * 70_000 + b'"}', "application/json"),
    (b"\xff", "application/json"),
    (b"{}", "application/jwt"),
    (b"{}", "text/plain"),
]


def test_credential_requests_that_get_nothing(app: App, worker: UUID, site: Site) -> None:
    for request, error in REQUESTS:
        denied(app.ask(request), error)
    asked = {"Authorization": f"Bearer {app.token}"}
    by_identifier = app.client.post("/v1/wallet/credential", json={"credential_identifier": "x"}, headers=asked)
    denied(by_identifier, "unknown_credential_identifier")
    for body, kind in NO_JSON:
        answer = app.client.post("/v1/wallet/credential", content=body, headers={"Content-Type": kind, **asked})
        denied(answer, "invalid_credential_request")
    assert credential_facts(site, worker) == []


def test_credential_requests_without_a_token(app: App) -> None:
    for authorization in (None, "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5", "bearer\twrong"):
        answer = app.ask({}, headers={} if authorization is None else {"Authorization": authorization})
        denied(answer, "invalid_token", 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_ends_after_ten_minutes(app: App, site: Site) -> None:
    site.now += timedelta(minutes=10)
    denied(app.ask({}), "invalid_token", 401)


def test_proofs_that_prove_nothing(app: App) -> None:
    for changes in (
        {"audience": "https://another.example"},
        {"header": {"alg": "none"}},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": Wallet().jwk}},
        {"header": {"jwk": {**Wallet().jwk, "d": "x"}}},
        {"nonce": None},
    ):
        proof = app.proof(Wallet(), **{"nonce": app.nonce(), **changes})
        denied(app.ask({"proofs": {"jwt": [proof]}}), "invalid_proof")


def test_a_proof_is_good_once(app: App, worker: UUID, site: Site) -> None:
    proofs = {"proofs": {"jwt": [app.proof(Wallet(), app.nonce())]}}
    assert app.ask(proofs).status_code == 200
    denied(app.ask(proofs), "invalid_nonce")
    assert len(credential_facts(site, worker)) == 1


def test_nonces_of_somebody_else_and_of_before(app: App, site: Site) -> None:
    nonce = app.nonce()
    site.now += timedelta(seconds=nonces.LIFE + 1)
    for wrong in ("", "nonce", "A" * 54, "!", nonce):
        denied(app.ask({"proofs": {"jwt": [app.proof(Wallet(), wrong)]}}), "invalid_nonce")


def test_asking_for_nonces_leaves_nothing_behind(app: App, site: Site) -> None:
    assert len({app.nonce() for _ in range(5)}) == 5
    assert site.vault().execute("SELECT count(*) FROM wallet_nonce").fetchone() == (0,)


def test_the_proofs_of_a_request_have_one_nonce_and_keys_that_differ(app: App) -> None:
    wallet, nonce = Wallet(), app.nonce()
    two = [app.proof(wallet, nonce), app.proof(Wallet(), app.nonce())]
    denied(app.ask({"proofs": {"jwt": two}}), "invalid_nonce")
    denied(app.ask({"proofs": {"jwt": [app.proof(wallet, nonce)] * 2}}), "invalid_proof")


def test_a_token_is_good_for_ten_credentials(app: App, worker: UUID, site: Site) -> None:
    for _ in range(2):
        assert len(app.fetch(*(Wallet() for _ in range(5))).json()["credentials"]) == 5
    denied(app.fetch(Wallet()), "credential_request_denied")
    assert len(credential_facts(site, worker)) == 10


MEMBERS = st.sampled_from(["credential_configuration_id", "credential_identifier", "proofs", "jwt"])
EC = {"kty": st.just("EC"), "crv": st.just("P-256")}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS | st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
COORDINATE = st.text(max_size=60) | st.binary(max_size=40).map(encoded)
PROOF_HEADER = st.fixed_dictionaries(
    {"typ": st.just("openid4vci-proof+jwt") | JSON, "alg": st.just("ES256") | JSON},
    optional={"jwk": JSON | st.fixed_dictionaries({**EC, "x": COORDINATE, "y": COORDINATE}), "kid": JSON},
)
PROOF_BODY = st.fixed_dictionaries({"aud": st.just(ISSUER) | JSON, "iat": JSON, "nonce": JSON}, optional={"exp": JSON})


def test_whatever_a_wallet_sends_is_answered_in_the_protocols_words(app: App) -> None:
    app.client.app.state.desk.pace = Pace(most=10**6)  # type: ignore[attr-defined]
    wallet, asked = Wallet(), {"Authorization": f"Bearer {app.token}", "Content-Type": "application/json"}

    @settings(deadline=None, max_examples=12, database=None)
    @given(JSON, PROOF_HEADER, PROOF_BODY, st.binary(max_size=200))
    def sent(body: Any, header: dict[str, Any], claims: dict[str, Any], noise: bytes) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for answer in (
            app.client.post("/v1/wallet/credential", content=json.dumps(body), headers=asked),
            app.client.post("/v1/wallet/credential", content=noise, headers=asked),
            app.ask({"proofs": {"jwt": [jwt(header, claims, wallet.key)]}}),
            app.ask({"proofs": {"jwt": [noise.decode("latin-1")]}}),
            app.client.post("/v1/wallet/token", content=noise, headers=form),
        ):
            denied(answer, answer.json()["error"])

    sent()


# -- around it ------------------------------------------------------------------------------------------------------
def test_wallets_that_ask_too_fast_are_told_to_wait(client: TestClient) -> None:
    client.app.state.desk.pace = Pace(most=2, each_second=0, clock=lambda: 0.0)  # type: ignore[attr-defined]
    answers = [client.post("/v1/wallet/nonce") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    denied(answers[-1], "temporarily_unavailable", 429)
    assert answers[-1].headers["retry-after"] == "1"


def test_a_pace_fills_again() -> None:
    times = iter([0.0, 0.0, 0.0, 0.4, 0.5])
    pace = Pace(most=1, each_second=2, clock=lambda: next(times))
    assert [pace.take() for _ in range(4)] == [True, False, False, True]


def test_a_description_is_printable_ascii_without_quotes() -> None:
    assert described('got "a\\b"\n\x7fé') == "got 'a/b'???"
    assert len(described("x" * 1_000)) == 300


def test_a_key_that_leaked_is_not_published_any_more(server: Server, key_folder: Path, tmp_path: Path) -> None:
    with opened(server, shutil.copytree(key_folder, tmp_path / "keys"), tmp_path) as site, serving(site) as client:
        worker, verifier = carded(client), Verifier(client)
        before = credential_of(client, worker, site)
        leaked = verifier.key(before, ISSUER)
        assert leaked.export_public(as_dict=True).keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
        kid = unb64url(leaked["kid"])
        site.keyring.document_signers.revoke(kid, reason="leaked", now=seconds(site) - 60)
        keys = client.get("/.well-known/jwt-vc-issuer").json()["jwks"]["keys"]
        assert leaked["kid"] not in {key["kid"] for key in keys}
        after = credential_of(client, worker, site)
        assert verifier.key(after, ISSUER)["kid"] != leaked["kid"]


def credential_of(client: TestClient, worker: UUID, site: Site) -> str:
    app, tx_code = offered(client, worker, site)
    app.redeem(tx_code)
    found: str = app.fetch(Wallet()).json()["credentials"][0]["credential"]
    return found


def test_a_credential_of_before_does_not_outlive_a_change_of_the_card(
    client: TestClient, worker: UUID, app: App, site: Site
) -> None:
    [held] = app.fetch(Wallet()).json()["credentials"]
    assert client.post(f"/v1/workers/{worker}/card").status_code == 201
    site.runner.catch_up()
    site.now += timedelta(minutes=2)
    assert Verifier(client).status(held["credential"]) == 3
    roots = [site.keyring.root.public_jwk]
    trust = TrustList.verify(client.get("/v1/trust-list").text, roots=roots, now=seconds(site))
    with pytest.raises(VerificationError, match="binding-missing"):
        verifying.verify(held["credential"], trust=trust, status=lambda _: None, now=seconds(site), challenge=GATE)

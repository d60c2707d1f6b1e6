"""Cards from the door, verified with nothing but the lists that the door gives."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api import create_app
from api.kept import Kept
from card import cwt, delta, plain
from card.errors import VerificationError
from card.status import STATUS_LIST, TTL, StatusList, entry
from card.trust import TrustList
from card.verify import Verified, verify
from keys import es256
from keys.encoding import unb64url
from tests.api.client import TestClient
from tests.api.story import HERE, NIB, NIK, at, hired, refused, send, verified
from tests.conftest import Server, Site, opened


def checked(client: TestClient, site: Site, data: str) -> Verified:
    """What a verifier far away makes of it, that has fetched the lists just now."""
    now = int(site.now.timestamp())
    trust = TrustList.verify(client.get("/v1/trust-list").text, roots=[site.keyring.root.public_jwk], now=now)

    def status(shard: int) -> StatusList:
        token = client.get(f"/v1/status/{shard}").content
        return StatusList.verify(token, shard=shard, trust=trust, now=now)

    return verify(data, trust=trust, status=status, now=now)


def test_an_issued_card_verifies_in_both_forms(site: Site, client: TestClient) -> None:
    worker = verified(client)
    response = client.post(f"/v1/workers/{worker}/card")
    card = response.json()
    assert (response.status_code, response.headers["location"]) == (201, f"/v1/workers/{worker}/card")
    assert response.headers["cache-control"] == "no-store"
    assert (card["issued_at"], card["expires_at"]) == ("2026-03-02T03:00:00Z", "2027-05-02T17:00:00Z")
    site.runner.catch_up()
    for form in (card["text"], card["jwt"]):
        found = checked(client, site, form)
        assert (found.outcome, found.status) == ("valid", 0)
        assert (found.claims.number, found.claims.name) == (card["number"], "Siti Rahmawati")
        assert (found.claims.employer_nib, found.claims.occupation) == (NIB, "7212")
        assert (found.claims.status.shard, found.claims.status.index) == tuple(card["status"].values())


def test_the_card_in_force_is_given_again_as_it_was_released(client: TestClient) -> None:
    worker = verified(client)
    refused(client.get(f"/v1/workers/{worker}/card"), 404, "card-none")
    issued = client.post(f"/v1/workers/{worker}/card").json()
    assert client.get(f"/v1/workers/{worker}/card").json() == issued


def test_a_second_card_supersedes_the_first(site: Site, client: TestClient) -> None:
    worker = verified(client)
    first = client.post(f"/v1/workers/{worker}/card").json()
    second = client.post(f"/v1/workers/{worker}/card").json()
    site.runner.catch_up()
    assert checked(client, site, first["text"]).status == 3
    assert checked(client, site, second["text"]).status == 0


def test_a_job_lost_makes_the_card_out_of_date_within_a_minute(site: Site, client: TestClient) -> None:
    worker = verified(client)
    card = client.post(f"/v1/workers/{worker}/card").json()
    site.runner.catch_up()
    assert checked(client, site, card["text"]).status == 0
    end = {"action": "end", "nik": NIK, "effective_on": "2026-03-02", "reason": "resignation"}
    assert send(client, [end]).json()["recorded"] == 2  # and the card superseded with it
    site.runner.catch_up()
    site.now += timedelta(minutes=1)
    found = checked(client, site, card["text"])
    assert (found.outcome, found.status) == ("valid", 3)
    refused(client.get(f"/v1/workers/{worker}/card"), 404, "card-none")


def test_a_card_of_another_text_is_refused(site: Site, client: TestClient) -> None:
    card = client.post(f"/v1/workers/{verified(client)}/card").json()
    head, payload, signature = card["jwt"].split(".")
    with pytest.raises(VerificationError, match="bad-signature"):
        checked(client, site, f"{head}.{payload}.{signature[:-8]}{'A' * 6}{signature[-2:]}")


def test_who_is_not_verified_gets_no_card(client: TestClient) -> None:
    refused(client.post(f"/v1/workers/{hired(client)}/card"), 409, "identity-unverified")
    refused(client.post(f"/v1/workers/{uuid4()}/card"), 404, "worker-unknown")


def test_lists_are_for_everybody_and_kept_for_a_minute(site: Site, client: TestClient) -> None:
    client.post(f"/v1/workers/{verified(client)}/card")
    for path, media_type in (
        ("/v1/trust-list", "application/kets-trust+jwt"),
        ("/v1/status/0", "application/statuslist+cwt"),
    ):
        first = client.get(path)
        assert first.headers["content-type"] == media_type
        assert first.headers["cache-control"] == "public, max-age=60"
        assert client.get(path).content == first.content
        held = client.get(path, headers={"If-None-Match": f'W/"other", {first.headers["etag"]}'})
        assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", first.headers["etag"])
        site.now += timedelta(seconds=61)
        later = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert later.status_code == 200
        assert later.headers["etag"] != first.headers["etag"]


def test_lists_are_laid_out_as_a_verifiers_folder(site: Site, client: TestClient) -> None:
    """What changed since a day began comes as a fraction of the list, and gzip takes back what base64 adds."""
    worker = verified(client)
    card = client.post(f"/v1/workers/{worker}/card").json()
    site.runner.catch_up()
    day = site.now.date()
    same = {
        "trust-list.jwt": client.get("/v1/trust-list").content,
        "status/0.cwt": client.get("/v1/status/0").content,
        "roots.json": b"[]",
    }
    for name, content in same.items():
        assert client.get(f"/v1/lists/{name}").content == content
    assert client.get("/v1/lists/root.json").json() == site.keyring.root.public_jwk
    assert client.get("/v1/lists/titles.json").json()["7212"]["en"]
    plain, small = (client.get("/v1/lists/titles.json", headers={"Accept-Encoding": e}) for e in ("", "br, gzip;q=0.9"))
    assert (plain.content, small.headers["content-encoding"]) == (small.content, "gzip")
    assert "Accept-Encoding" in small.headers["vary"]
    trust = TrustList.verify(
        same["trust-list.jwt"].decode(), roots=[site.keyring.root.public_jwk], now=int(site.now.timestamp())
    )
    usual: dict[str, Any] = {"trust": trust, "now": int(site.now.timestamp()) + 120}
    before = StatusList.verify(same["status/0.cwt"], shard=0, **usual)
    site.now += timedelta(seconds=61)
    client.post(f"/v1/workers/{worker}/card")
    site.runner.catch_up()
    changes = client.get(f"/v1/lists/status/0.since-{day}.jwt")
    assert changes.headers["content-type"] == "application/kets-status-delta+jwt"
    after = delta.applied(changes.text, to=before, **usual)
    assert (before[card["status"]["index"]], after[card["status"]["index"]]) == (0, 3)
    whole = StatusList.verify(client.get("/v1/lists/status/0.cwt").content, shard=0, **usual)
    assert (after.entries, after.issued_at) == (whole.entries, whole.issued_at)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("0.since-2026-02-22.jwt", 404, "status-delta-unknown"),
        ("0.since-2026-03-03.jwt", 404, "status-delta-unknown"),
        ("9.since-2026-03-02.jwt", 404, "status-shard-unknown"),
        ("0.since-yesterday.jwt", 422, "request-invalid"),
        ("0.jwt", 404, "not-found"),
        ("9.cwt", 404, "status-shard-unknown"),
        ("-1.cwt", 422, "request-invalid"),
        (f"{'1' * 5000}.cwt", 422, "request-invalid"),
        (f"{'1' * 5000}.since-2026-03-02.jwt", 422, "request-invalid"),
    ],
)
def test_changes_that_are_not_there_are_not_made(client: TestClient, name: str, status: int, code: str) -> None:
    client.post(f"/v1/workers/{verified(client)}/card")
    refused(client.get(f"/v1/lists/status/{name}"), status, code)


CWT, JWT = "application/statuslist+cwt", "application/statuslist+jwt"


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, CWT),
        ("*/*", CWT),
        (CWT, CWT),
        (JWT, JWT),
        (JWT.upper(), JWT),
        (f"{JWT}, */*;q=0.1", JWT),
        (f"{JWT};q=0.5, {CWT}", CWT),
        (f"{CWT};q=0.2, {JWT};q=0.3", JWT),
        (f"{CWT};q=0, application/*", JWT),
        (f"{CWT};q=much, application/*;q=0.1", JWT),
        ("application/json", CWT),
        (",;q=,;,", CWT),
    ],
)
def test_a_status_list_comes_in_the_form_that_is_asked_for(client: TestClient, accept: str | None, given: str) -> None:
    client.post(f"/v1/workers/{verified(client)}/card")
    answer = client.get("/v1/status/0", headers={} if accept is None else {"Accept": accept})
    assert answer.headers["content-type"] == given
    assert "Accept" in answer.headers["vary"].split(", ")
    assert answer.content.startswith(b"\xd2\x84" if given == CWT else b"ey")
    assert answer.headers.get("content-encoding") == (None if given == CWT else "gzip")  # zlib is in it already
    again = client.get("/v1/status/0", headers={"Accept": given, "If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_both_forms_of_a_status_list_say_the_same(site: Site, client: TestClient) -> None:
    worker = verified(client)
    index = client.post(f"/v1/workers/{worker}/card").json()["status"]["index"]
    client.post(f"/v1/workers/{worker}/card")
    site.runner.catch_up()
    key = es256.public_key(site.keyring.signer(0, now=int(site.now.timestamp())).public_jwk)
    token = client.get("/v1/status/0", headers={"Accept": JWT}).text
    said = jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False, "verify_iat": False})
    entries = zlib.decompress(unb64url(said["status_list"]["lst"]))
    assert entry(entries, index) == 3
    read = plain.loads(cwt.parse(client.get("/v1/status/0").content).payload)
    assert read[STATUS_LIST] == {"bits": 2, "lst": unb64url(said["status_list"]["lst"])}
    assert (read[2], read[4], read[6], read[TTL]) == (said["sub"], said["exp"], said["iat"], said["ttl"])


@pytest.fixture
def own_keys(server: Server, key_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site whose keys may be changed."""
    with opened(server, shutil.copytree(key_folder, tmp_path / "keys"), tmp_path) as site:
        yield site


def test_a_revoked_signer_is_told_at_once(own_keys: Site) -> None:
    """Within the minute for which lists are kept, and under a version of its own."""
    with TestClient(create_app(own_keys.settings, registry=own_keys.registry), base_url=HERE) as client:
        _told_at_once(own_keys, client)


def _told_at_once(site: Site, client: TestClient) -> None:
    client.post(f"/v1/workers/{verified(client)}/card")
    site.now += timedelta(seconds=30)
    root, now = [site.keyring.root.public_jwk], int(site.now.timestamp())
    before = TrustList.verify(client.get("/v1/trust-list").text, roots=root, now=now)
    first = client.get("/v1/status/0").content
    signer = site.keyring.signer(0, now=now)
    site.keyring.document_signers.revoke(signer.kid, reason="laptop stolen", now=now)
    after = TrustList.verify(client.get("/v1/trust-list").text, roots=root, now=now)
    assert (before.keys[signer.kid].revoked_at, after.keys[signer.kid].revoked_at) == (None, now)
    assert after.version == now > before.version
    with pytest.raises(VerificationError, match="status-signature"):
        StatusList.verify(first, shard=0, trust=after, now=now)
    site.now += timedelta(seconds=1)
    site.keyring.signer(0, now=now + 1)  # made by whoever issues next
    later = TrustList.verify(client.get("/v1/trust-list").text, roots=root, now=now + 1)
    StatusList.verify(client.get("/v1/status/0").content, shard=0, trust=later, now=now + 1)


def test_two_processes_give_lists_of_one_version(site: Site, client: TestClient) -> None:
    """Else a verifier that asks one after the other would see the list go back."""
    root, now = [site.keyring.root.public_jwk], int(site.now.timestamp())
    versions = set()
    for second in (1, 59):
        site.now = at(f"2026-03-02T03:00:{second:02}")
        versions.add(TrustList.verify(client.get("/v1/trust-list").text, roots=root, now=now + 60).version)
        client.app.state.desk.kept = Kept()  # type: ignore[attr-defined]  # as another process has it: empty
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("n", "status", "code"),
    [("9", 404, "status-shard-unknown"), ("65536", 422, "request-invalid"), ("-1", 422, "request-invalid")],
)
def test_a_list_that_is_not_there_is_not_made(client: TestClient, n: str, status: int, code: str) -> None:
    refused(client.get(f"/v1/status/{n}"), status, code)

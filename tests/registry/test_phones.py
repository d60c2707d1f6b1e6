"""A worker's phone from the command line; what the page signs is what the registry checks."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from domain import facts as f
from domain.errors import Refused
from registry import phones
from registry.app import SYSTEM
from tests.card.phones import new_phone
from tests.registry.people import DAY, education, record, register
from tests.registry.test_erasure import erased

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import Site


@pytest.fixture
def worker(site: Site) -> UUID:
    stream = register(site.registry)
    record(site.registry, stream, f.IdentityVerified(effective_on=DAY, register="dukcapil"))
    return stream


def enrolled(site: Site, worker: UUID) -> f.PhoneKey:
    phone, code = new_phone(), phones.open_code(site.registry, worker)
    key = f.PhoneKey(x=phone.public_jwk["x"], y=phone.public_jwk["y"])
    said = phone.sign(phones.PROOF + code.text.replace("-", "").encode())
    phones.enrol(site.registry, code.text, key=key, proof=said, by=SYSTEM)
    return key


def kets(site: Site, *arguments: str) -> Any:
    command = [sys.executable, "-m", "registry", *arguments, "--json"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]), done.stdout


def test_a_desk_without_a_page_gives_the_code_as_qr_and_takes_a_phone_back(site: Site, worker: UUID) -> None:
    given, said = kets(site, "card", "enrol-phone", str(worker))
    assert given["link"].endswith(f"/card#{given['code']}")
    assert "█" in said
    enrolled(site, worker)
    number = next(iter(site.registry.worker(worker)[1].cards))
    taken, said = kets(site, "card", "withdraw-phone", str(worker), "--cause", "lost")
    assert taken == {"ok": True, "revoked": [number]}
    assert f"revoked: {number}" in said


def test_a_change_of_the_record_keeps_the_phone(site: Site, worker: UUID) -> None:
    key = enrolled(site, worker)
    record(site.registry, worker, education())
    assert site.registry.worker(worker)[1].phone_key == key


def test_a_key_is_gone_with_its_person(site: Site, worker: UUID) -> None:
    enrolled(site, worker)
    erased(site, worker)
    assert not isinstance(site.registry.worker(worker)[1].phone_key, f.PhoneKey)
    with pytest.raises(Refused, match="worker-erased"):
        phones.open_code(site.registry, worker)
    with pytest.raises(Refused, match="worker-erased"):
        phones.withdraw(site.registry, worker, cause="lost", by=SYSTEM)

"""A portrait is a sealed fact: opened when it is wanted, gone with the person's key, never in the way of a history."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from domain import facts as f
from domain.errors import Refused
from domain.event import Actor, Role
from registry import photos, subject
from tests.card import faces
from tests.registry.people import DAY, founded, hired, load, record, register, stream_of
from tests.registry.test_erasure import erased
from tests.registry.test_lost_acknowledgement import over

if TYPE_CHECKING:
    from uuid import UUID

    from tests.conftest import Site


@pytest.fixture
def worker(site: Site) -> UUID:
    load(site, *founded(), hired(1))
    return stream_of(site, 1)


def shown(site: Site, worker: UUID) -> bytes | None:
    return photos.image(site.registry, worker, site.registry.worker(worker)[1].photo)


def test_the_latest_is_shown_and_a_voided_one_gives_way(site: Site, worker: UUID) -> None:
    assert shown(site, worker) is None
    photos.take(site.registry, worker, faces.file(0), by=photos.DESK)
    first = shown(site, worker)
    assert first is not None
    assert Image.open(io.BytesIO(first)).size == (300, 400)
    photos.take(site.registry, worker, faces.file(1), by=photos.DESK)
    second, history = shown(site, worker), site.registry.history(worker)
    assert second not in (None, first)
    record(site.registry, worker, f.FactVoided(effective_on=DAY, voids=history.version, cause="wrong-person"))
    assert shown(site, worker) == first


def test_a_history_is_read_without_the_picture(site: Site, worker: UUID) -> None:
    receipt = photos.take(site.registry, worker, faces.file(0), by=photos.DESK)
    (fact,) = (e.fact for e in site.registry.history(worker).events if e.id in receipt.events)
    assert fact == f.PhotoTaken(effective_on=fact.effective_on)


def test_it_is_not_corrected(site: Site, worker: UUID) -> None:
    photos.take(site.registry, worker, faces.file(0), by=photos.DESK)
    version = site.registry.history(worker).version
    another = f.FactCorrected(effective_on=DAY, corrects=version, fact=f.PhotoTaken(effective_on=DAY))
    with pytest.raises(Refused, match="value-out-of-bounds"):
        record(site.registry, worker, another)


def test_an_employer_takes_none(site: Site, worker: UUID) -> None:
    with pytest.raises(Refused, match="no-mandate"):
        photos.take(site.registry, worker, faces.file(0), by=Actor(organisation="x", role=Role.EMPLOYER))


def test_the_person_is_given_it(site: Site, worker: UUID) -> None:
    photos.take(site.registry, worker, faces.file(0), by=photos.DESK)
    told = json.loads(json.dumps(subject.export(site.registry, worker)))
    (fact,) = (entry["fact"] for entry in told["facts"] if entry["topic"] == "worker.photo-taken")
    assert base64.b64decode(fact["personal"]["image"]) == shown(site, worker)


def test_one_whose_acknowledgement_is_lost_is_taken_once(site: Site) -> None:
    stream = register(site.registry)
    with over(site, ["after"]) as (registry, line):
        receipt = photos.take(registry, stream, faces.file(0), by=photos.DESK)
        assert line.done == ["after"]
    assert (receipt.events, receipt.again) == ([f"{stream}:2"], True)
    assert site.registry.history(stream).version == 2


def test_it_is_erased_with_the_person(site: Site, worker: UUID) -> None:
    photos.take(site.registry, worker, faces.file(0), by=photos.DESK)
    erased(site, worker)
    assert shown(site, worker) is None
    told = subject.export(site.registry, worker)
    (entry,) = (entry for entry in told["facts"] if entry["topic"] == "worker.photo-taken")
    assert (entry["erased"], entry["fact"]["personal"]) == (True, None)
    with pytest.raises(Refused, match="worker-erased"):
        photos.take(site.registry, worker, faces.file(1), by=photos.DESK)

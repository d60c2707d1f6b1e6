"""Facts about a person: who they are, what they can do, whether they look for work."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Education, Key, Picture, Residence, Skill, Text, Thumbnail, Year

Sex = Literal["M", "F"]
LabourForceStatus = Literal["employed", "seeking", "self-employed", "in-school", "home-duties", "not-seeking"]


class PersonDetails(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="person", gc=False
):
    """Names and identifiers. Exactly one of `nik` and `passport` names the person."""

    name: Text
    birth_date: date
    nik: Key | None = None
    passport: Key | None = None
    phone: Key | None = None


class Contact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="contact", gc=False):
    value: Text


class Note(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="note", gc=False):
    """Free text. It may name anybody, so it is always sealed."""

    text: Text


class Disability(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="disability", gc=False):
    """Specific personal data (UU 27/2022 art 4): kept only with consent, never in a read model."""

    kinds: Annotated[tuple[Key, ...], msgspec.Meta(max_length=20)]


class Photo(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="photo", gc=False):
    """A JPEG of 300 x 400 pixels, face and shoulders, with nothing in it but the picture (`card.photo`); and the face
    in some three hundred bytes, for the code on a card's back (`card.thumbnail`)."""

    image: Picture
    thumbnail: Thumbnail


class WorkerRegistered(Fact, frozen=True, kw_only=True, tag="worker.registered"):
    """The first fact of every worker's stream. It commits to the key that seals the rest of the stream."""

    birth_year: Year
    sex: Sex
    key_commitment: Key
    nationality: Key = "IDN"
    education: Education | None = None
    residence: Residence | None = None
    permit_until: date | None = None
    personal: PersonDetails | Erased | None = None


class IdentityVerified(Fact, frozen=True, kw_only=True, tag="worker.identity-verified"):
    """The population register (Dukcapil), or immigration for a passport, confirms the person."""

    register: Key


class IdentityMismatched(Fact, frozen=True, kw_only=True, tag="worker.identity-mismatched"):
    register: Key
    differs: Literal["name", "birth-date", "sex", "not-found", "deceased"]


class IdentityCorrected(Fact, frozen=True, kw_only=True, tag="worker.identity-corrected"):
    """Minor: a spelling. Major: identifier or birth date, which needs a second officer; so one alone never voids it."""

    amendable = False

    grade: Literal["minor", "major"]
    birth_year: Year
    sex: Sex
    second: Key | None = None
    personal: PersonDetails | Erased | None = None


class ContactVerified(Fact, frozen=True, kw_only=True, tag="worker.contact-verified"):
    channel: Literal["phone", "email"]
    personal: Contact | Erased | None = None


class LabourForceStatusDeclared(Fact, frozen=True, kw_only=True, tag="worker.labour-force-status-declared"):
    status: LabourForceStatus


class EducationRecorded(Fact, frozen=True, kw_only=True, tag="worker.education-recorded"):
    education: Education


class SkillsDeclared(Fact, frozen=True, kw_only=True, tag="worker.skills-declared"):
    skills: Annotated[tuple[Skill, ...], msgspec.Meta(max_length=50)]


class DisabilityDeclared(Fact, frozen=True, kw_only=True, tag="worker.disability-declared"):
    consent: Key
    personal: Disability | Erased | None = None


class PhotoTaken(Fact, frozen=True, kw_only=True, tag="worker.photo-taken"):
    """The portrait that the next card shows. It may be voided, not corrected: another one is taken.

    Histories are read without the picture, which is larger than all else in them: `personal` is then None.
    """

    personal: Photo | Erased | None = None


class WorkersMerged(Fact, frozen=True, kw_only=True, tag="worker.merged"):
    """Two streams are one person. Both stay; the stream that carries on is `into`. Two officers."""

    amendable = False

    other: UUID
    into: UUID
    second: Key


class WorkersSplit(Fact, frozen=True, kw_only=True, tag="worker.split"):
    """A merge was wrong: the two streams are two persons after all. Two officers."""

    amendable = False

    other: UUID
    second: Key


ErasureGround = Literal["consent-withdrawn", "no-longer-necessary", "ordered", "unlawful"]
"""Why personal data are erased: UU 27/2022 art 43 (1), and a court's or the authority's order."""


class KeyDestroyed(Fact, frozen=True, kw_only=True, tag="worker.key-destroyed"):
    """The person is erased: the key that opens the sealed parts is destroyed. Two officers; nothing ever follows."""

    amendable = False

    ground: ErasureGround
    second: Key

"""Facts about an employment, from hire to end."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domain.event import Erased, Fact
from domain.facts.bounds import Article, Band, Industry, Key, Occupation, Regency, Rupiah

Channel = Literal["direct", "public-service", "private-agency", "apprenticeship", "inter-region", "overseas"]
ContractKind = Literal["fixed-term", "permanent", "daily"]


class Contract(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """PKWT (`fixed-term`, with an end), PKWTT (`permanent`) or daily; `probation_months` only fits the permanent."""

    kind: ContractKind
    ends_on: date | None = None
    probation_months: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0


class Wage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="wage", gc=False):
    """Exact monthly wage in rupiah. The clear part keeps only its band in whole millions."""

    monthly: Rupiah


class Hired(Fact, frozen=True, kw_only=True, tag="worker.hired"):
    """A person starts to work for an employer on `effective_on`.

    A hire through a service (any `channel` but direct) is a placement. `declared` marks an opening roster's start
    date: neither a new hire nor a late one. The employer's industry and the workplace's regency are copied here, so
    that no fold ever reads another stream.
    """

    employment: UUID
    employer: UUID
    establishment: Key
    industry: Industry
    regency: Regency
    occupation: Occupation
    channel: Channel
    contract: Contract
    wage_band: Band
    vacancy: Key | None = None
    declared: bool = False
    personal: Wage | Erased | None = None


class ContractRecorded(Fact, frozen=True, kw_only=True, tag="worker.contract-recorded"):
    """The agreement was recorded with the labour office (PP 35/2021 art 14)."""

    employment: UUID
    contract: Contract


class ContractExtended(Fact, frozen=True, kw_only=True, tag="worker.contract-extended"):
    employment: UUID
    ends_on: date


class ConvertedToPermanent(Fact, frozen=True, kw_only=True, tag="worker.converted-to-permanent"):
    employment: UUID
    cause: Literal["agreement", "term-exceeded", "probation-in-fixed-term", "daily-over-21-days"] = "agreement"


class PositionChanged(Fact, frozen=True, kw_only=True, tag="worker.position-changed"):
    employment: UUID
    occupation: Occupation


class WageChanged(Fact, frozen=True, kw_only=True, tag="worker.wage-changed"):
    employment: UUID
    wage_band: Band
    personal: Wage | Erased | None = None


class LocationChanged(Fact, frozen=True, kw_only=True, tag="worker.location-changed"):
    employment: UUID
    establishment: Key
    regency: Regency


class Suspended(Fact, frozen=True, kw_only=True, tag="worker.suspended"):
    """The employment rests: leave, maternity, furlough (dirumahkan), detention, strike."""

    employment: UUID
    cause: Literal["leave", "maternity", "illness", "furlough", "detention", "strike"]


class Resumed(Fact, frozen=True, kw_only=True, tag="worker.resumed"):
    employment: UUID


class EmployerTransferred(Fact, frozen=True, kw_only=True, tag="worker.employer-transferred"):
    """Another employer takes the employment over; tenure continues (PP 35/2021 art 41-42)."""

    employment: UUID
    employer: UUID
    establishment: Key
    industry: Industry
    regency: Regency


class WarningIssued(Fact, frozen=True, kw_only=True, tag="worker.warning-issued"):
    employment: UUID
    level: Annotated[int, msgspec.Meta(ge=1, le=3)]


class TerminationNotified(Fact, frozen=True, kw_only=True, tag="worker.termination-notified"):
    """The employer gives notice (PP 35/2021 art 37)."""

    employment: UUID
    cause: Article


class TerminationContested(Fact, frozen=True, kw_only=True, tag="worker.termination-contested"):
    """The worker refuses the notice (art 39)."""

    employment: UUID


class TerminationSettled(Fact, frozen=True, kw_only=True, tag="worker.termination-settled"):
    employment: UUID
    outcome: Literal["agreed", "withdrawn", "court"] = "agreed"


class Terminated(Fact, frozen=True, kw_only=True, tag="worker.terminated"):
    """The employment ends by termination (PHK). `effective_on` is its last day; `cause` the article."""

    employment: UUID
    cause: Article


class Reinstated(Fact, frozen=True, kw_only=True, tag="worker.reinstated"):
    """A terminated worker is taken back, for instance acquitted within six months (art 54(3))."""

    employment: UUID


class EmploymentEnded(Fact, frozen=True, kw_only=True, tag="worker.employment-ended"):
    """The employment ends without termination: expiry, death, retirement and the like."""

    employment: UUID
    cause: Literal["expiry", "death", "retirement", "mutual", "resignation", "project-complete"]

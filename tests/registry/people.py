"""People, employers and their files for the tests of the registry. Nobody in them is real."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from domain import facts as f
from domain.event import Actor, Role
from registry.app import Incoming
from registry.submissions.load import Loader
from tests.registry.submissions.employer_files import hire, ndjson_file

if TYPE_CHECKING:
    from uuid import UUID

    from registry.app import Receipt, Registry
    from registry.submissions.load import Summary
    from tests.conftest import Site
    from tests.registry.submissions.employer_files import Values

ACME, BETA = "9120001234567", "9120007654321"
OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER)
BORN = date(1990, 1, 1)
DAY = date(2026, 1, 12)


def nik(n: int) -> str:
    """The n-th woman of Bekasi born on 1 January 1990; n from 1. A district's serials end at 9999."""
    district, serial = divmod(n - 1, 9_999)
    return f"3275{district + 1:02}410190{serial + 1:04}"


def founded(nib: str = ACME) -> list[Values]:
    """An employer with one place of work, BEKASI-1."""
    employer = {"ref": "f-1", "action": "register-employer", "name": f"PT Uji {nib}", "npwp": "0012345674901000"}
    place = {"ref": "f-2", "action": "open-establishment", "effective_on": "2020-01-06", "establishment": "BEKASI-1"}
    return [{"submitter": nib, "kbli": "10710", "regency": "32.75", **row} for row in (employer, place)]


def hired(n: int, **changed: str) -> Values:
    """ACME hires the n-th woman on 2 February 2026."""
    return hire(**{"ref": f"h-{n}", "nik": nik(n), **changed})


def row(n: int, action: str, **cells: str) -> Values:
    """ACME reports something else of the n-th woman."""
    return {"submitter": ACME, "action": action, "nik": nik(n), **cells}


def load(site: Site, *rows: Values) -> Summary:
    """Load a file of `rows`; the result file is beside it, at `results(site)`."""
    home = site.settings.home
    return Loader(site.registry).load(ndjson_file(home / "rows.ndjson", *rows), results=home / "results.csv")


def register(registry: Registry, n: int = 1, *, permit_until: date | None = None) -> UUID:
    """The n-th woman's stream, with her registration in it."""
    claim = registry.vault.claim("nik", nik(n))
    registered = f.WorkerRegistered(
        effective_on=DAY,
        birth_year=BORN.year,
        sex="F",
        key_commitment=claim.commitment,
        permit_until=permit_until,
        personal=f.PersonDetails(name=f"Siti {n}", birth_date=BORN, nik=nik(n)),
    )
    registry.record(claim.stream, lambda _: [registered], by=OFFICER)
    if claim.batch:
        registry.vault.confirm(claim.batch)
    return claim.stream


def education(level: int = 5) -> f.EducationRecorded:
    return f.EducationRecorded(effective_on=DAY, education=f"sakernas:2024/{level}")


def record(registry: Registry, stream: UUID, *facts: f.Fact, incoming: Incoming | None = None) -> Receipt:
    """An officer records `facts`."""
    return registry.record(stream, lambda _: facts, by=OFFICER, row=incoming)


def stream_of(site: Site, n: int) -> UUID:
    """The n-th woman's stream, which must be there."""
    stream = site.registry.vault.find("nik", nik(n))
    assert stream is not None, (site.settings.home / "results.csv").read_text()
    return stream

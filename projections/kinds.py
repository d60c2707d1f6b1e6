"""Kinds of facts by what they may change: what a read model declares, so that other facts pass it by.

A test holds every read model to what it declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import facts as f

if TYPE_CHECKING:
    from domain.event import Fact

    Kinds = frozenset[type[Fact]]

PERSON: Kinds = frozenset({f.WorkerRegistered, f.IdentityCorrected, f.EducationRecorded})
"""Sex, year of birth, education, residence, permit."""
TERMS: Kinds = frozenset({f.Hired, f.ContractRecorded, f.ContractExtended, f.ConvertedToPermanent})
"""That there is an employment, and its contract."""
ENDS: Kinds = frozenset({f.Terminated, f.Reinstated, f.EmploymentEnded})
"""Whether an employment is open."""
PLACE: Kinds = frozenset({f.EmployerTransferred, f.LocationChanged})
"""With whom and where somebody works."""
DURING: Kinds = frozenset({f.PositionChanged, f.WageChanged, f.Suspended, f.Resumed})
"""What changes of the work itself."""
CERTIFICATES: Kinds = frozenset({f.CertificateIssued, f.CertificateSuspended, f.CertificateRevoked})
CARDS: Kinds = frozenset({f.CardIssued, f.CardSuspended, f.CardReinstated, f.CardRevoked, f.CardSuperseded})
IDENTITY: Kinds = frozenset(
    {f.IdentityVerified, f.IdentityMismatched, f.IdentityCorrected, f.WorkersMerged, f.WorkersSplit, f.KeyDestroyed}
)
"""Whether somebody is who they are said to be, and still there."""
ESTABLISHMENTS: Kinds = frozenset(
    {f.EstablishmentOpened, f.EstablishmentSuspended, f.EstablishmentResumed, f.EstablishmentClosed}
)

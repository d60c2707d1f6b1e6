"""Cards: issued from the record, signed, committed, and only then released. Lists for those who verify offline.

The parts: issuing (a card from the record), life (what becomes of it), together, batch and renewal (many at once),
printing (print jobs), lists and deltas (what verifiers fetch).
"""

from domain.cards import CONTRACT_GRACE, VALID_YEARS
from registry.cards.deltas import delta_days, status_delta
from registry.cards.issuing import Issued, current, issue
from registry.cards.lists import moment, status_jwt_token, status_token, titles, trust_list

__all__ = [
    "CONTRACT_GRACE",
    "VALID_YEARS",
    "Issued",
    "current",
    "delta_days",
    "issue",
    "moment",
    "status_delta",
    "status_jwt_token",
    "status_token",
    "titles",
    "trust_list",
]

"""What is measured, for Prometheus. Labels are routes and codes, never a person or an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from api.positions import Positions
    from projections.renewals import Backlog


class Measures:
    """One set for each application: several may run in one process."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self.requests = Counter("kets_requests", "Requests answered", ("method", "route", "status"), registry=self._all)
        self.seconds = Histogram("kets_request_seconds", "Time to answer", ("route",), registry=self._all)
        self.rows = Counter("kets_submitted_rows", "Rows submitted here", ("outcome",), registry=self._all)
        self.cards = Counter("kets_cards_issued", "Cards issued here", registry=self._all)
        self._events = Gauge("kets_events", "Facts in the log", registry=self._all)
        self._lag = Gauge("kets_projection_lag_events", "Facts a read model lacks", ("projection",), registry=self._all)
        self._due = Gauge("kets_cards_due", "Cards that wait for the renewal run", registry=self._all)
        self._up = Gauge("kets_database_up", "1 when the database answers", registry=self._all)

    def page(self, log: Positions | None, renewal: Backlog | None) -> bytes:
        """The text of `/metrics`. `log` is None when the database does not answer."""
        self._due.set(renewal.due if renewal else 0)
        self._up.set(0 if log is None else 1)
        if log is not None:
            self._events.set(log.events)
            for name in log.included:
                self._lag.labels(name).set(log.lag(name))
        return generate_latest(self._all)

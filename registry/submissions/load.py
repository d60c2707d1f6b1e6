"""A file's rows into the registry: each accepted or refused by itself, none lost, none twice."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from contextlib import nullcontext
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

import msgspec

from domain import facts as f
from domain.decide import History, today
from domain.errors import Refused
from domain.event import Actor, Event, Fact, Role
from domain.facts.amendment import VoidCause
from registry.app import Incoming
from registry.store import Submission
from registry.submissions import journal, typed, windows
from registry.submissions.actions import AMENDING, about_employer
from registry.submissions.facts import ACTION_OF, BUILD, Case, person, registered
from registry.submissions.lookup import NEW_PERSON, Directory, employment_on, identifier
from registry.submissions.pressure import BackPressure
from registry.submissions.read import read
from registry.submissions.results import ResultWriter
from registry.submissions.share import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from domain.worker import Worker
    from registry.app import Receipt, Registry
    from registry.store import SubmittedRow
    from registry.submissions.line import Line
    from registry.submissions.typed import Row
    from registry.vault import Identifier

AUTHORITIES = {
    "dukcapil": Role.IDENTITY_AUTHORITY,
    "bnsp": Role.CERTIFICATION_BODY,
    "kemnaker": Role.OFFICER,
}
BEGINNING = frozenset({f.Hired, f.CertificateIssued, f.ApprenticeshipStarted})
"""The facts that give an id to what they begin."""
PLACED = frozenset({f.Hired, f.LocationChanged})
"""The facts that put somebody in a place of work, which must have been opened."""
ABREAST = 4
"""Shards on which the new persons of a window begin."""
WINDOW = 2048
"""Lines that are read, decided and stored together: what is held in memory of a file."""


class Summary(msgspec.Struct, kw_only=True):
    """What became of a file. `accepted` rows are recorded now or were before (`again`); `recorded` counts facts."""

    rows: int = 0
    accepted: int = 0
    again: int = 0
    recorded: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)

    @classmethod
    def of(cls, done: journal.Done) -> Summary:
        rows, again = done.outcomes.total(), done.outcomes["again"]
        accepted = again + done.outcomes["recorded"]
        return cls(rows=rows, accepted=accepted, again=again, recorded=done.facts, refused=Counter(done.refused))

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            rows=self.rows + other.rows,
            accepted=self.accepted + other.accepted,
            again=self.again + other.again,
            recorded=self.recorded + other.recorded,
            refused=self.refused + other.refused,
        )


class RowResult(NamedTuple):
    """What became of a row: its receipt, or why it was refused."""

    line: int
    ref: str | None
    outcome: Receipt | Refused


class Named(NamedTuple):
    """The person of a row: the number, and who it is where the row says so."""

    identifier: Identifier
    details: f.PersonDetails | None


class Loader:
    """One submission. `submitter` is the NIB or authority to which rows that name none belong.

    `window`: how many lines are taken together; 1 takes each by itself, with the same outcomes. `share`: what this
    process takes of the file when others take the rest.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        submitter: str | None = None,
        door: str = "file",
        window: int = WINDOW,
        share: Share | None = None,
        submission: UUID | None = None,
    ) -> None:
        self.registry, self.submitter, self.door, self.window = registry, submitter, door, window
        self.share = share or Share()
        self.pace, self.pressure = windows.Pace(), BackPressure(registry.recorder)
        self.directory = Directory(registry)
        self._windows = 0
        self.submission = submission or uuid4()

    def load(
        self,
        path: Path,
        *,
        results: Path | None = None,
        on_row: Callable[[RowResult], None] = lambda _row: None,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> Summary:
        """Load a file. The per-row result file appears at `results` once it is whole; `on_row` is told each row.

        Broken off and begun again with the same `results`, it goes on at the row where it was.
        Raises: BadFile when the file as a whole cannot be read; nothing of it is then recorded.
        """
        lines = read(path)
        if results is None:
            self.open(path)
            return self.take(lines, on_row=on_row, progress=progress)
        self.submission = journal.begin(results, path, self.submitter, 1).submission
        self.open(path)
        summary = self.take(lines, results=results, on_row=on_row, progress=progress)
        journal.end(results)
        return summary

    def open(self, path: Path) -> None:
        """Note that the file came in."""
        with path.open("rb") as content:
            self._open(lambda salt: hashlib.file_digest(content, partial(hashlib.sha256, salt)).digest())

    def take(
        self,
        lines: Iterable[Line],
        *,
        results: Path | None = None,
        common_after: int = 0,
        on_row: Callable[[RowResult], None] = lambda _row: None,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> Summary:
        """The rows of this share, but for those that the journal beside `results` says are done."""
        done = journal.done(results) if results else journal.NOTHING
        summary = Summary.of(done)
        with ResultWriter(results, resume=True) if results else nullcontext() as writer:
            for window in self.share.windows(lines, self.window, done.last, common_after):
                self.pressure.wait()
                for line, outcome in zip(window, self._outcomes(window), strict=True):
                    result = RowResult(line.number, line.values.get("ref"), outcome)
                    _count(summary, outcome)
                    if writer:
                        _write(writer, result)
                    on_row(result)
                if writer:
                    writer.flush()
                progress(summary.rows)
        return summary

    def _open(self, digest: Callable[[bytes], bytes]) -> None:
        salt = os.urandom(16)
        self.registry.accept(
            Submission(
                id=self.submission,
                organisation=self.submitter or "operator",
                door=self.door,
                received_at=self.registry.now(),
                salt=salt,
                digest=digest(salt),
            )
        )

    def _outcomes(self, lines: list[Line]) -> list[Receipt | Refused]:
        if len(lines) > 1:
            return windows.outcomes(self, lines)
        try:
            return [self.outcome(typed.typed(line)) for line in lines]
        except Refused as refusal:
            return [refusal]

    def shards(self) -> tuple[int, ...]:
        """Where the streams of a window's new persons begin: on a few shards, others each time, so that a window is
        stored in few transactions."""
        self._windows += 1
        mine = self.share.shards
        return tuple(mine[(self._windows * ABREAST + n) % len(mine)] for n in range(min(ABREAST, len(mine))))

    # -- one row ----------------------------------------------------------------------------------------------------
    def outcome(self, row: Row) -> Receipt | Refused:
        """The row's receipt, or why it is refused."""
        try:
            return self.submit(row)
        except Refused as refusal:
            return refusal

    def submit(self, row: Row) -> Receipt:
        """Decide and record one row. Raises: Refused."""
        row = self.admitted(row)
        return self._about_employer(row) if about_employer(row.action) else self._route(row)

    def admitted(self, row: Row) -> Row:
        """The row with its submitter.

        Raises: Refused("submitter-missing", "submitter-differs", "identifier-in-clear").
        """
        submitter = row.submitter or self.submitter
        if submitter is None:
            raise Refused("submitter-missing")
        if self.submitter is not None and submitter != self.submitter:
            raise Refused("submitter-differs", got=submitter, expected=self.submitter)
        _check_clear(row, row.action)
        return msgspec.structs.replace(row, submitter=submitter)

    def person_of(self, row: Row) -> Named:
        """Raises: Refused: a number that is wrong, before a claim is made of it."""
        if row.action in NEW_PERSON and row.nik is not None:
            return Named(("nik", row.nik), person(row))
        return Named(identifier(row), person(row) if row.action in NEW_PERSON else None)

    def _route(self, row: Row) -> Receipt:
        by = self.actor(row)
        if row.action in AMENDING:
            stream, plan = self.amending(row, by, self.registry.recorder.row(by.organisation, row.corrects or ""))
            return self._record(stream, plan, row, by)
        named = self.person_of(row)
        if row.action in NEW_PERSON:
            claim = self.registry.vault.claim(*named.identifier)
            stream, commitment, batch = claim.stream, claim.commitment, claim.batch
        else:
            stream, commitment, batch = self.directory.person(named.identifier), "", None
        receipt = self._record(stream, partial(self.plan, row, by, named.details, commitment), row, by)
        if batch is not None and not receipt.again:
            self.registry.vault.confirm(batch)
        return receipt

    def plan(
        self, row: Row, by: Actor, details: f.PersonDetails | None, commitment: str, history: History
    ) -> Iterator[Fact]:
        """The registration, when the person is new, and what the row reports."""
        if history.events:
            self.directory.check_same_person(row, history.now)
        elif row.action not in NEW_PERSON:
            raise Refused("worker-unknown")  # claimed by a submission that has not recorded anything yet
        elif row.action != "register":
            yield registered(row, Case(on=self._on(row), commitment=commitment, details=details))
        kind, build = BUILD[row.action]
        yield build(row, self._case(row, by, kind, history.now, details, commitment))

    def _case(
        self, row: Row, by: Actor, kind: type[Fact], worker: Worker, details: f.PersonDetails | None, commitment: str
    ) -> Case:
        """What the row is about, looked up in the worker's state and the directory of employers."""
        names = kind.__struct_fields__
        employer = _uuid(by.organisation) if by.role is Role.EMPLOYER else None
        subject: UUID | None = None
        if kind in BEGINNING:
            subject = uuid4()
        elif "employment" in names:
            subject = employment_on(worker, employer, self._on(row)).id
        elif "certificate" in names:
            subject = self.directory.certificate(worker, row.number or "")
        elif "apprenticeship" in names:
            subject = self.directory.apprenticeship(worker, by.organisation)
        case = Case(
            on=self._on(row),
            commitment=commitment,
            details=details,
            subject=subject,
            employer=employer,
            organisation=by.organisation,
            authority=row.submitter or "",
        )
        if kind in PLACED:
            self.directory.check_establishment(employer, row.establishment or "")
        return self.directory.transferred(row, case) if kind is f.EmployerTransferred else case

    def amending(
        self, row: Row, by: Actor, first: SubmittedRow | windows.Decided | None
    ) -> tuple[UUID, Callable[[History], Iterator[Fact]]]:
        """A correction says a row again, whole; a voiding takes it back. `first` is that row as it was submitted.

        Raises: Refused("ref-unknown").
        """
        if first is None:
            raise Refused("ref-unknown", corrects=row.corrects)

        def plan(history: History) -> Iterator[Fact]:
            versions = range(first.first_version, first.first_version + first.events)
            reported = [e for e in history.events if e.originator_version in versions]
            main = [e for e in reported if not isinstance(e.fact, f.CardSuperseded)][-1]
            yield self._amendment(row, main, by, history)

        return first.stream, plan

    def _amendment(self, row: Row, main: Event, by: Actor, history: History) -> Fact:
        on = today(self.registry.now())
        if row.action == "void":
            return f.FactVoided(effective_on=on, voids=main.originator_version, cause=_cause(row))
        wrong: Any = main.fact
        kind = type(wrong)
        if kind not in ACTION_OF:
            raise Refused("not-amendable", version=main.originator_version)
        typed.check_again(row, ACTION_OF[kind])
        _check_clear(row, ACTION_OF[kind])
        if row.nik or row.passport:
            self.directory.check_stream(row, history.stream)
            if kind is not f.WorkerRegistered:  # which says who the person is; all others only whom they mean
                self.directory.check_same_person(row, history.now)
        subject = next(
            (getattr(wrong, n) for n in ("employment", "certificate", "apprenticeship") if hasattr(wrong, n)), None
        )
        case = Case(
            on=row.effective_on or wrong.effective_on,
            commitment=getattr(wrong, "key_commitment", ""),
            subject=subject,
            employer=UUID(by.organisation) if by.role is Role.EMPLOYER else getattr(wrong, "employer", None),
            organisation=by.organisation,
            authority=row.submitter or "",
        )
        if kind is f.EmployerTransferred:
            case = self.directory.transferred(row, case)
        if kind in PLACED:
            self.directory.check_establishment(case.employer, row.establishment or "")
        fact = BUILD[ACTION_OF[kind]][1](row, case)
        if isinstance(fact, f.Hired):
            fact = msgspec.structs.replace(fact, declared=wrong.declared)
        return f.FactCorrected(effective_on=on, corrects=main.originator_version, fact=fact)

    def _about_employer(self, row: Row) -> Receipt:
        if row.action == "register-employer":
            BUILD[row.action][1](row, Case(on=self._on(row)))  # refuse a wrong number before a claim is made of it
            claim = self.directory.claim_employer(row.submitter or "")
            stream, commitment, batch = claim.stream, claim.commitment, claim.batch
        else:
            stream, commitment, batch = self.directory.employer(row.submitter or ""), "", None
        by = Actor(organisation=str(stream), role=Role.EMPLOYER)
        case = Case(on=self._on(row), commitment=commitment)
        receipt = self._record(stream, lambda _: [BUILD[row.action][1](row, case)], row, by)
        if batch is not None and not receipt.again:
            self.registry.vault.confirm(batch)
        self.directory.forget(stream)
        return receipt

    def _record(self, stream: UUID, plan: Callable[[History], Any], row: Row, by: Actor) -> Receipt:
        return self.registry.record(stream, plan, by=by, row=self.incoming(row, by), late_reason=row.late_reason)

    def incoming(self, row: Row, by: Actor) -> Incoming:
        content = typed.canonical(row)
        ref = row.ref or "~" + self.registry.vault.row_digest(content).hex()[:40]
        return Incoming(by.organisation, ref, content, self.submission, row.line)

    def actor(self, row: Row) -> Actor:
        """Raises: Refused("employer-unknown")."""
        submitter = row.submitter or ""
        if submitter in AUTHORITIES:
            return Actor(organisation=submitter, role=AUTHORITIES[submitter])
        return self.directory.actor(submitter)

    def _on(self, row: Row) -> Any:
        return row.effective_on or today(self.registry.now())


def _count(summary: Summary, outcome: Receipt | Refused) -> None:
    summary.rows += 1
    if isinstance(outcome, Refused):
        summary.refused[outcome.code] += 1
        return
    summary.accepted += 1
    summary.again += outcome.again
    summary.recorded += 0 if outcome.again else len(outcome.events)


def _write(writer: ResultWriter, result: RowResult) -> None:
    line, ref, outcome = result
    if isinstance(outcome, Refused):
        writer.refused(line, ref, outcome)
    else:
        (writer.again if outcome.again else writer.recorded)(line, ref, outcome.events)


def _cause(row: Row) -> VoidCause:
    cause: Any = row.reason
    return cause  # type: ignore[no-any-return]  # the typed row allows the causes only


@lru_cache(maxsize=1024)
def _uuid(text: str) -> UUID:
    return UUID(text)


CLEAR = ("ref", "vacancy", "establishment")


def _check_clear(row: Row, action: str) -> None:
    """What is stored in the clear must not hold the person's number: HR systems like to make it their key. `action`:
    the row's own, or that of the row it corrects.

    Raises: Refused("identifier-in-clear").
    """
    numbers = [number for number in (row.nik, row.passport) if number]
    columns = (*CLEAR, "number") if action.endswith("-training") else CLEAR
    for column in columns:
        if any(number in (getattr(row, column) or "") for number in numbers):
            raise Refused("identifier-in-clear", column=column)

"""One fact per commit, one client: load, decide, seal, save; against a bare INSERT of a row of the same size."""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg

from domain import facts as f
from domain.event import Actor, Role
from registry.app import Registry
from tests.benchmarks.conftest import Comparison

OFFICER = Actor(organisation="kemnaker", role=Role.OFFICER)


def test_commit_1(durable: tuple[Registry, psycopg.Connection[Any]]) -> None:
    registry, connection = durable
    connection.execute("CREATE TABLE bare (stream uuid, version int, topic text, at timestamptz, body bytea)")
    numbers = count()

    def ours(times: int) -> None:
        for _ in range(times):
            claim = registry.vault.claim("bench", str(next(numbers)))
            fact = f.WorkerRegistered(
                effective_on=date(2024, 1, 1),
                birth_year=1990,
                sex="F",
                key_commitment=claim.commitment,
                personal=f.PersonDetails(name="Siti Rahmawati", birth_date=date(1990, 1, 1), nik="3275014101900001"),
            )
            registry.record(claim.stream, lambda _, fact=fact: [fact], by=OFFICER)  # type: ignore[misc]  # bound now

    def bare(times: int) -> None:
        for number in range(times):
            row = (uuid4(), number, "worker.registered", date(2024, 1, 1) + timedelta(days=1), os.urandom(420))
            connection.execute("INSERT INTO bare VALUES (%s, %s, %s, %s, %s)", row, prepare=True)

    note = "a new worker's first fact, claim in the vault included, one client; limit: bare INSERT, one row a commit"
    Comparison("commit_new_worker", "facts/s", note).run(ours, bare, times=300)

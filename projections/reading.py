"""How to read several times from read models and see one moment, also while a rebuild swaps one."""

from __future__ import annotations

from projections.models import PROJECTIONS


def tables(*names: str) -> str:
    """The tables of read models, with commas, in the one order in which all lock them: nobody waits in a ring."""
    return ", ".join(f"read.{PROJECTIONS[name].table.name}" for name in sorted(names))


STEADY = (
    f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {tables(*PROJECTIONS)} IN ACCESS SHARE MODE"
)
"""The first statement of a reader's transaction.

A name leads to the newest table, whatever the snapshot: a reader whose snapshot is of before a swap would see of the
new table only what had been committed by then. So the tables are locked before there is a snapshot.
"""

"""PostgreSQL without an installation: a server started, shared and ended by this program (docs/how-to/database.md).

The parts: binaries (which programs), account (whom they run as), launch (tied to our life), lock (who owns), cluster
(the data folder), server (the process), state (what others are told), embedded (all of it), databases, pair (the two
servers of a registry).
"""

from registry.postgres.binaries import find_binaries
from registry.postgres.databases import create_database
from registry.postgres.embedded import Embedded
from registry.postgres.errors import PostgresError, PostgresMissing
from registry.postgres.pair import embedded_pair

__all__ = ["Embedded", "PostgresError", "PostgresMissing", "create_database", "embedded_pair", "find_binaries"]

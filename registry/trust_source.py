"""Newer lists over HTTP: from `/v1/lists` of an API, or from any web server with an export."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass

from card.errors import VerificationError

SECONDS = 30


@dataclass(frozen=True)
class Web:
    """`url` of the folder: `https://HOST/v1/lists`."""

    url: str

    def read(self, name: str, limit: int) -> bytes | None:
        """The file of this name; None when there is none. VerificationError("trust-missing") when nobody answers."""
        request = urllib.request.Request(f"{self.url.rstrip('/')}/{name}")  # noqa: S310 - the caller takes http and https alone
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
                content: bytes = answer.read(limit + 1)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise VerificationError("trust-missing", f"got {error.code} for {name}") from error
        except OSError as error:
            raise VerificationError("trust-missing", f"got no {name} from {self.url}: {error}") from error
        if len(content) > limit:
            raise VerificationError("trust-malformed", f"got more than {limit} bytes for {name}")
        return content

    def shards(self) -> None:
        """A web server lists nothing: whoever asks goes by the trust list."""

"""Reads [{name, reader, data, point, kid}] from standard input, has each read by a package of PyPI, and writes
[{name, claims}] or [{name, refused}]. It runs in an environment of its own and imports nothing of this project.
"""

import json
import sys
import warnings
from typing import Any

import claim169  # type: ignore[import-not-found]  # in an environment of its own
import cwt  # type: ignore[import-not-found]  # the same


def by_cwt(data: str, point: bytes, kid: bytes) -> Any:
    key = cwt.COSEKey.new({1: 2, 2: kid, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
    return cwt.decode(bytes.fromhex(data), key)


def by_claim169(data: str, point: bytes, kid: bytes) -> Any:
    read = claim169.decode(data, verify_with_ecdsa_p256=point)
    person, meta = read.claim169, read.cwt_meta
    identity = {1: person.id, 4: person.full_name, 8: person.date_of_birth, 9: person.gender}
    return {
        4: meta.expires_at,
        6: meta.issued_at,
        169: identity,
        "signed": [read.verification_status, read.algorithm, read.key_id.hex()],
    }


READERS = {"cwt": by_cwt, "claim169": by_claim169}


def plain(value: Any) -> Any:
    """As JSON has it: names of members are text, bytes are hex."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.hex() if isinstance(value, bytes) else value


def answer(name: str, reader: str, data: str, point: str, kid: str) -> dict[str, Any]:
    try:
        return {"name": name, "claims": plain(READERS[reader](data, bytes.fromhex(point), bytes.fromhex(kid)))}
    except Exception as error:  # noqa: BLE001 - whatever they raise, it is their no
        return {"name": name, "refused": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump([answer(**each) for each in json.load(sys.stdin)], sys.stdout)

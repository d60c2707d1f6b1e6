"""The keys of one registry, as files of a folder: for development and small sites.

    kek.json index.json row.json status.json   32 random bytes each
    kek-2.json ...                             key-encryption keys made since: the newest wraps, all unwrap
    root.json next-root.json                   ES256, sign trust lists
    signer-00000.json ...                      ES256, one a status shard, made when first asked for
    ledger.json                                Ed25519, signs the ledger's checkpoints, made when first asked for

Each file is a private JWK (RFC 7517) with `created` in Unix seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import es256, files
from keys.encoding import b64url, unb64url
from keys.errors import KeysError
from keys.notes import NoteSigner, check_name, key_hash
from keys.signer import FileSigner

if TYPE_CHECKING:
    from keys.signer import Signer

SHARDS = 65_536
_SECRETS = ("kek", "index", "row", "status")
_ROOTS = ("root", "next-root")


@dataclass(frozen=True, kw_only=True)
class KeyInfo:
    """What `kets keys list` may show of a key."""

    kid: str
    use: Literal["kek", "index", "row", "status", "root", "next-root", "signer", "ledger"]
    shard: int | None
    created: int


class Keyring:
    """All keys of a registry. `create` makes them, `open` reads them; neither does the other's work."""

    def __init__(self, folder: Path, contents: dict[str, dict[str, Any]]) -> None:
        self.folder = folder
        self._contents = contents
        self.kek, self.index_key, self.row_key, self._status = (unb64url(contents[use]["k"]) for use in _SECRETS)
        self.kek_id: str = contents["kek"]["kid"]
        self._keks = {self.kek_id: self.kek}
        self.index_key_version = 1
        self.root, self.next_root = (_signer(contents[use]) for use in _ROOTS)
        self._signers: dict[int, FileSigner] = {}

    @classmethod
    def create(cls, folder: Path, *, now: int | None = None) -> Keyring:
        """Make every key but the signers. KeysError("keys-exist") when the folder is there and not empty.

        All files are written in a folder beside it, which is then renamed into place: a crash leaves no half keyring.
        """
        created = int(time.time()) if now is None else now
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".keys-"))  # mkdtemp makes it 0700
        try:
            for use in _SECRETS:
                files.write_once(building / f"{use}.json", _new_secret(use, created))
            for use in _ROOTS:
                files.write_once(building / f"{use}.json", _new_pair(use, None, created))
            _move_into_place(building, folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)  # gone already when all went well
        files.sync_folder(folder.parent)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Keyring:
        """Read the keys. KeysError: "keys-missing", or "keys-exposed" when others may read them."""
        try:
            contents = {use: files.read(folder / f"{use}.json") for use in (*_SECRETS, *_ROOTS)}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise KeysError("keys-missing", f"got no keys in {folder}; make them with `kets keys init`") from error
        return cls(folder, contents)

    def signer(self, shard: int, *, now: int | None = None) -> Signer:
        """The document signer of a status shard, made at the first asking; two processes get the same one."""
        if not 0 <= shard < SHARDS:
            raise KeysError("shard-range", f"got shard {shard}, expected 0 to {SHARDS - 1}")
        if shard not in self._signers:
            path = self.folder / f"signer-{shard:05}.json"
            if not path.exists():
                created = int(time.time()) if now is None else now
                files.write_once(path, _new_pair("signer", shard, created))
            self._signers[shard] = _signer(files.read(path))
        return self._signers[shard]

    def signers(self) -> list[Signer]:
        """Every document signer there is, by shard."""
        return [self.signer(int(path.stem.removeprefix("signer-"))) for path in self._signer_files()]

    def ledger(self, name: str, *, now: int | None = None) -> NoteSigner:
        """The signer of the ledger's checkpoints, made in this name at the first asking; the name it has stays."""
        path = self.folder / "ledger.json"
        if not path.exists():
            created = int(time.time()) if now is None else now
            files.write_once(path, _new_ledger(check_name(name), created))
        content = files.read(path)
        return NoteSigner(content["name"], Ed25519PrivateKey.from_private_bytes(unb64url(content["d"])))

    def wrapping(self) -> tuple[str, bytes]:
        """Id and bytes of the newest key-encryption key, be it one that another process has just made."""
        while (path := self.folder / f"kek-{len(self._keks) + 1}.json").exists():
            content = files.read(path)
            self._contents[content["kid"]] = content
            self._keks[content["kid"]] = unb64url(content["k"])
        newest = f"kek-{len(self._keks)}"
        return newest, self._keks[newest]

    def kek_of(self, kid: str) -> bytes:
        """The key-encryption key of this id. Raises: KeysError("kek-missing")."""
        if kid not in self._keks:
            self.wrapping()
        if kid not in self._keks:
            raise KeysError("kek-missing", f"got no {kid}.json in {self.folder}, which a data key is wrapped by")
        return self._keks[kid]

    def rotate_kek(self, *, now: int | None = None) -> str:
        """Make the next key-encryption key; its id. From now on it wraps, in every process."""
        self.wrapping()
        number = len(self._keks) + 1
        created = int(time.time()) if now is None else now
        files.write_once(self.folder / f"kek-{number}.json", _new_secret("kek", created, number))
        return self.wrapping()[0]

    def status_key(self, shard: int) -> bytes:
        """32 bytes: the key of the shard's permutation of status indexes."""
        return hmac.digest(self._status, b"kets/status-index/v1" + shard.to_bytes(2, "big"), hashlib.sha256)

    def listing(self) -> list[KeyInfo]:
        """What may be shown of each key."""
        self.wrapping()  # so that a key just made is listed too
        return [_info(content) for content in (*self._contents.values(), *map(files.read, self._later_files()))]

    def _signer_files(self) -> list[Path]:
        return sorted(self.folder.glob("signer-*.json"))

    def _later_files(self) -> list[Path]:
        return [*self._signer_files(), *self.folder.glob("ledger.json")]


def _move_into_place(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)  # takes the place of an empty folder, of nothing else
    except OSError as error:
        raise KeysError("keys-exist", f"got {folder}, expected a folder that is not there or is empty") from error


def _new_secret(use: str, created: int, number: int = 1) -> dict[str, Any]:
    return {"kty": "oct", "k": b64url(os.urandom(32)), "kid": f"{use}-{number}", "kets_use": use, "created": created}


def _new_pair(use: str, shard: int | None, created: int) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = es256.public_jwk(key.public_key())
    d = b64url(key.private_numbers().private_value.to_bytes(32, "big"))
    kid = b64url(es256.key_id(jwk))
    return {**jwk, "d": d, "kid": kid, "kets_use": use, "shard": shard, "created": created}


def _new_ledger(name: str, created: int) -> dict[str, Any]:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    pair = {"kty": "OKP", "crv": "Ed25519", "x": b64url(public), "d": b64url(key.private_bytes_raw())}
    kid = key_hash(name, public).hex()
    return {**pair, "kid": kid, "kets_use": "ledger", "name": name, "created": created}


def _signer(content: dict[str, Any]) -> FileSigner:
    key = ec.derive_private_key(int.from_bytes(unb64url(content["d"]), "big"), ec.SECP256R1())
    return FileSigner(key=key, shard=content["shard"], not_before=content["created"])


def _info(content: dict[str, Any]) -> KeyInfo:
    return KeyInfo(kid=content["kid"], use=content["kets_use"], shard=content.get("shard"), created=content["created"])

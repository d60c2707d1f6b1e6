"""The keys of one registry, as files of a folder: for development and small sites.

    kek.json index.json row.json status.json   32 random bytes each
    kek-2.json ... index-2.json ...            later versions (keys/versions.py); a key-encryption key may be in a
                                               PKCS#11 token, and its file then says where
    root.json next-root.json                   ES256, sign trust lists
    signer-00000.json ...                      ES256, one a status shard, made when first asked for
    ledger.json ledger-2.json ...              Ed25519, sign the ledger's checkpoints, made when first asked for; a
                                               later one is of a ledger opened after a loss

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
from keys.kek import FileKek
from keys.notes import NoteSigner, check_name, key_hash
from keys.signer import FileSigner
from keys.versions import Versions

if TYPE_CHECKING:
    from keys.kek import Kek
    from keys.signer import Signer
    from keys.token import Token

SHARDS = 65_536
_SECRETS = ("kek", "index", "row", "status")
_ROOTS = ("root", "next-root")
_VERSIONED = ("kek", "index")


@dataclass(frozen=True, kw_only=True)
class KeyInfo:
    """What `kets keys list` may show of a key."""

    kid: str
    use: Literal["kek", "index", "row", "status", "root", "next-root", "signer", "ledger"]
    shard: int | None
    created: int
    where: Literal["file", "token", "retired"] = "file"


class Keyring:
    """All keys of a registry. `create` makes them, `open` reads them; neither does the other's work."""

    def __init__(self, folder: Path, contents: dict[str, dict[str, Any]], token: Token | None = None) -> None:
        self.folder, self.token = folder, token
        self._contents = contents
        self.row_key, self._status = (unb64url(contents[use]["k"]) for use in _SECRETS if use not in _VERSIONED)
        self.root, self.next_root = (_signer(contents[use]) for use in _ROOTS)
        self._signers: dict[int, FileSigner] = {}
        self._keks: dict[str, Kek] = {}
        self._indexes: dict[int, bytes] = {}

    @classmethod
    def create(
        cls, folder: Path, *, token: Token | None = None, in_token: bool = False, now: int | None = None
    ) -> Keyring:
        """Make every key but the signers. KeysError("keys-exist") when the folder is there and not empty.

        `in_token`: the key-encryption key is made in the token.
        All files are written in a folder beside it, which is then renamed into place: a crash leaves no half keyring.
        """
        created = int(time.time()) if now is None else now
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".keys-"))  # mkdtemp makes it 0700
        try:
            for use in _SECRETS:
                in_it = in_token and use == "kek"
                made = _new_in_token(_given(token), created, 1) if in_it else _new_secret(use, created)
                files.write_once(building / f"{use}.json", made)
            for use in _ROOTS:
                files.write_once(building / f"{use}.json", _new_pair(use, None, created))
            _move_into_place(building, folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)  # gone already when all went well
        files.sync_folder(folder.parent)
        return cls.open(folder, token=token)

    @classmethod
    def open(cls, folder: Path, *, token: Token | None = None) -> Keyring:
        """Read the keys; the token is asked when it is first needed.

        KeysError: "keys-missing", or "keys-exposed" when others may read them.
        """
        try:
            contents = {use: files.read(folder / f"{use}.json") for use in (*_SECRETS, *_ROOTS)}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise KeysError("keys-missing", f"got no keys in {folder}; make them with `kets keys init`") from error
        return cls(folder, contents, token)

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

    def ledger(self, name: str, *, number: int = 1, now: int | None = None) -> NoteSigner:
        """The signer of a ledger's checkpoints, made in this name at the first asking; the name it has stays.

        `number`: the first ledger of the registry, or one that was opened after a loss.
        """
        path = self.folder / ("ledger.json" if number == 1 else f"ledger-{number}.json")
        if not path.exists():
            created = int(time.time()) if now is None else now
            files.write_once(path, _new_ledger(check_name(name), created))
        content = files.read(path)
        return NoteSigner(content["name"], Ed25519PrivateKey.from_private_bytes(unb64url(content["d"])))

    def kek_of(self, kid: str) -> Kek:
        """The key-encryption key of this id. Raises: KeysError("kek-missing", "token-missing")."""
        if kid not in self._keks:
            content = self._version("kek").content(number_of(kid))
            if content["kid"] != kid:
                raise KeysError("kek-missing", f"got {kid!r}, which no key-encryption key is called")
            self._keks[kid] = self._opened(content)
        return self._keks[kid]

    def wrapping(self) -> tuple[str, Kek]:
        """Id and key of the newest key-encryption key in this folder."""
        kid = f"kek-{self.count('kek')}"
        return kid, self.kek_of(kid)

    def index_key(self, version: int) -> bytes:
        """The key of the identity index of this version. Raises: KeysError("index-key-missing")."""
        if version not in self._indexes:
            self._indexes[version] = unb64url(self._version("index").content(version)["k"])
        return self._indexes[version]

    def make_kek(self, *, in_token: bool = False, now: int | None = None) -> int:
        """Make the next key-encryption key; its number. Nothing uses it before the vault is told.

        Raises: KeysError("token-missing", "token-refused", "token-unavailable").
        """
        created = int(time.time()) if now is None else now
        if not in_token:
            return self._version("kek").add(lambda number: _new_secret("kek", created, number))
        token = _given(self.token)
        return self._version("kek").add(lambda number: _new_in_token(token, created, number))

    def make_index_key(self, *, now: int | None = None) -> int:
        """Make the next key of the identity index; its version. Nothing uses it before the vault is told."""
        created = int(time.time()) if now is None else now
        return self._version("index").add(lambda number: _new_secret("index", created, number))

    def count(self, use: Literal["kek", "index"]) -> int:
        """How many versions there ever were."""
        return len(self._version(use).contents())

    def retire(self, use: Literal["kek", "index"], number: int, *, now: int | None = None) -> None:
        """Destroy a version of a key: the file overwritten, the token's object destroyed. The caller knows that
        nothing needs it any more. Done again, it completes what was begun."""
        version = self._version(use)
        content = version.contents()[number - 1]
        if "pkcs11" in content:
            _given(self.token).destroy(content["pkcs11"])
        version.retire(number, int(time.time()) if now is None else now)
        self._keks.pop(f"kek-{number}", None) if use == "kek" else self._indexes.pop(number, None)

    def status_key(self, shard: int) -> bytes:
        """32 bytes: the key of the shard's permutation of status indexes."""
        return hmac.digest(self._status, b"kets/status-index/v1" + shard.to_bytes(2, "big"), hashlib.sha256)

    def listing(self) -> list[KeyInfo]:
        """What may be shown of each key."""
        versions = [content for use in _VERSIONED for content in self._version(use).contents()]
        single = [self._contents[use] for use in (*_SECRETS, *_ROOTS) if use not in _VERSIONED]
        return [_info(content) for content in (*versions, *single, *map(files.read, self._later_files()))]

    def _version(self, use: str) -> Versions:
        return Versions(self.folder, use)

    def _opened(self, content: dict[str, Any]) -> Kek:
        if "pkcs11" in content:
            return _given(self.token).kek(content["kid"], content["pkcs11"])
        return FileKek(content["kid"], unb64url(content["k"]))

    def _signer_files(self) -> list[Path]:
        return sorted(self.folder.glob("signer-*.json"))

    def _later_files(self) -> list[Path]:
        return [*self._signer_files(), *self.folder.glob("ledger*.json")]


def _move_into_place(building: Path, folder: Path) -> None:
    try:
        building.rename(folder)  # takes the place of an empty folder, of nothing else
    except OSError as error:
        raise KeysError("keys-exist", f"got {folder}, expected a folder that is not there or is empty") from error


def _new_secret(use: str, created: int, number: int = 1) -> dict[str, Any]:
    return {"kty": "oct", "k": b64url(os.urandom(32)), "kid": f"{use}-{number}", "kets_use": use, "created": created}


def _new_in_token(token: Token, created: int, number: int) -> dict[str, Any]:
    identifier = token.make_key(f"kets-kek-{number}")
    return {"pkcs11": identifier, "kid": f"kek-{number}", "kets_use": "kek", "created": created}


def _given(token: Token | None) -> Token:
    if token is None:
        raise KeysError("token-missing", "got no PKCS#11 token in the settings; set KETS_PKCS11_MODULE")
    return token


def number_of(kid: str) -> int:
    """2 of `kek-2`; 0 of what is no such id."""
    number = kid.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


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
    where: Any = "retired" if "retired" in content else "token" if "pkcs11" in content else "file"
    use, shard, created = content["kets_use"], content.get("shard"), content["created"]
    return KeyInfo(kid=content["kid"], use=use, shard=shard, created=created, where=where)

"""The keys of one registry, as files of a folder: for development and small sites.

    kek.json index.json row.json status.json   32 random bytes each
    kek-2.json ... index-2.json ...            later versions (keys/versions.py); a key-encryption key may be in a
                                               PKCS#11 token, and its file then says where
    root.json next-root.json root-3.json ...   ES256, sign trust lists (keys/roots.py)
    signer-00000.json signer-00000-2.json ...  ES256, one after another a status shard (keys/signers.py)
    revoked-signer-KID.json                    no key: that a signer counts no more
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keys import files
from keys.encoding import b64url, unb64url
from keys.errors import KeysError
from keys.kek import FileKek
from keys.notes import NoteSigner, check_name, key_hash
from keys.pairs import given
from keys.roots import Roots, first_two
from keys.signers import Signers
from keys.versions import Versions

if TYPE_CHECKING:
    from keys.kek import Kek
    from keys.signer import Signer
    from keys.signers import Life
    from keys.token import Token

_SECRETS = ("kek", "index", "row", "status")
_VERSIONED = ("kek", "index")


@dataclass(frozen=True, kw_only=True)
class KeyInfo:
    """What `kets keys list` may show of a key."""

    kid: str
    use: Literal["kek", "index", "row", "status", "root", "next-root", "signer", "ledger"]
    shard: int | None
    created: int
    where: Literal["file", "token", "retired"] = "file"
    state: str | None = None
    """Of a signer and a root: signs, next, former, revoked, withdrawn."""


class Keyring:
    """All keys of a registry. `create` makes them, `open` reads them; neither does the other's work."""

    def __init__(
        self, folder: Path, contents: dict[str, dict[str, Any]], token: Token | None, *, signers_in_token: bool
    ) -> None:
        self.folder, self.token = folder, token
        self._contents = contents
        self.row_key, self._status = (unb64url(contents[use]["k"]) for use in _SECRETS if use not in _VERSIONED)
        self.roots = Roots(folder, token)
        self.document_signers = Signers(folder, token, in_token=signers_in_token)
        self._keks: dict[str, Kek] = {}
        self._indexes: dict[int, bytes] = {}

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        token: Token | None = None,
        in_token: bool = False,
        roots_in_token: bool = False,
        signers_in_token: bool = False,
        now: int | None = None,
    ) -> Keyring:
        """Make every key but the signers. KeysError("keys-exist") when the folder is there and not empty.

        `in_token`: the key-encryption key is made in the token; the others say it of roots and signers.
        All files are written in a folder beside it, which is then renamed into place: a crash leaves no half keyring.
        """
        created = _time(now)
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".keys-"))  # mkdtemp makes it 0700
        try:
            for use in _SECRETS:
                in_it = in_token and use == "kek"
                made = _new_in_token(given(token), created, 1) if in_it else _new_secret(use, created)
                files.write_once(building / f"{use}.json", made)
            for name, made in first_two(now=created, token=given(token) if roots_in_token else None).items():
                files.write_once(building / name, made)
            _move_into_place(building, folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)  # gone already when all went well
        files.sync_folder(folder.parent)
        return cls.open(folder, token=token, signers_in_token=signers_in_token)

    @classmethod
    def open(cls, folder: Path, *, token: Token | None = None, signers_in_token: bool = False) -> Keyring:
        """Read the keys; the token is asked when it is first needed. `signers_in_token`: where new signers are made.

        KeysError: "keys-missing", or "keys-exposed" when others may read them.
        """
        try:
            contents = {use: files.read(folder / f"{use}.json") for use in _SECRETS}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise KeysError("keys-missing", f"got no keys in {folder}; make them with `kets keys init`") from error
        return cls(folder, contents, token, signers_in_token=signers_in_token)

    @property
    def root(self) -> Signer:
        """Signs trust lists, today."""
        return self.roots.current

    @property
    def next_root(self) -> Signer:
        """Signs them after the next rotation."""
        return self.roots.following

    def signer(self, shard: int, *, now: int | None = None) -> Signer:
        """The document signer of a status shard as of `now`: the latest, made at the first asking."""
        return self.document_signers.of(shard, _time(now))

    def signers(self) -> list[Life]:
        """Every document signer there was, is or is to be, by shard and age; withdrawn ones left out."""
        return self.document_signers.lives()

    def changed_at(self, now: int) -> int:
        """When, until `now`, a signer or root was last made, withdrawn, revoked or rotated, in Unix seconds."""
        return max(self.roots.changed_at(now), self.document_signers.changed_at(now))

    def ledger(self, name: str, *, number: int = 1, now: int | None = None) -> NoteSigner:
        """The signer of a ledger's checkpoints, made in this name at the first asking; the name it has stays.

        `number`: the first ledger of the registry, or one that was opened after a loss.
        """
        path = self.folder / ("ledger.json" if number == 1 else f"ledger-{number}.json")
        if not path.exists():
            created = _time(now)
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
        created = _time(now)
        if not in_token:
            return self._version("kek").add(lambda number: _new_secret("kek", created, number))
        token = given(self.token)
        return self._version("kek").add(lambda number: _new_in_token(token, created, number))

    def make_index_key(self, *, now: int | None = None) -> int:
        """Make the next key of the identity index; its version. Nothing uses it before the vault is told."""
        created = _time(now)
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
            given(self.token).destroy(content["pkcs11"])
        version.retire(number, _time(now))
        self._keks.pop(f"kek-{number}", None) if use == "kek" else self._indexes.pop(number, None)

    def status_key(self, shard: int) -> bytes:
        """32 bytes: the key of the shard's permutation of status indexes."""
        return hmac.digest(self._status, b"kets/status-index/v1" + shard.to_bytes(2, "big"), hashlib.sha256)

    def listing(self, *, now: int | None = None) -> list[KeyInfo]:
        """What may be shown of each key, as of `now`."""
        versions = [content for use in _VERSIONED for content in self._version(use).contents()]
        single = [self._contents[use] for use in _SECRETS if use not in _VERSIONED]
        ledgers = map(files.read, self.folder.glob("ledger*.json"))
        shown = [_info(content) for content in (*versions, *single)]
        return [*shown, *self._root_infos(), *self._signer_infos(_time(now)), *map(_info, ledgers)]

    def _root_infos(self) -> list[KeyInfo]:
        infos = [_info(content) for content in self.roots.contents()]
        return [
            *(replace(info, use="root", state="former") for info in infos[:-2]),
            replace(infos[-2], use="root", state="signs"),
            replace(infos[-1], use="next-root", state="next"),
        ]

    def _signer_infos(self, now: int) -> list[KeyInfo]:
        states = {b64url(life.kid): life.state(now) for life in self.document_signers.lives()}
        contents = self.document_signers.contents()
        return [replace(_info(content), state=states.get(content["kid"], "withdrawn")) for content in contents]

    def _version(self, use: str) -> Versions:
        return Versions(self.folder, use)

    def _opened(self, content: dict[str, Any]) -> Kek:
        if "pkcs11" in content:
            return given(self.token).kek(content["kid"], content["pkcs11"])
        return FileKek(content["kid"], unb64url(content["k"]))


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


def number_of(kid: str) -> int:
    """2 of `kek-2`; 0 of what is no such id."""
    number = kid.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _new_ledger(name: str, created: int) -> dict[str, Any]:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    pair = {"kty": "OKP", "crv": "Ed25519", "x": b64url(public), "d": b64url(key.private_bytes_raw())}
    kid = key_hash(name, public).hex()
    return {**pair, "kid": kid, "kets_use": "ledger", "name": name, "created": created}


def _time(now: int | None) -> int:
    return int(time.time()) if now is None else now


def _info(content: dict[str, Any]) -> KeyInfo:
    where: Any = "retired" if "retired" in content else "token" if "pkcs11" in content else "file"
    use, shard, created = content["kets_use"], content.get("shard"), content["created"]
    return KeyInfo(kid=content["kid"], use=use, shard=shard, created=created, where=where)

"""What `python -m card verify` and `kets card verify` both do; the words go to a given stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from card import back as backs
from card import cli_wallet, trustdir, wallet
from card.errors import CardError, VerificationError
from card.messages import COMPARE, HEADINGS, PROVES, SENTENCES
from card.projection import to_jwt
from card.read import read
from card.verify import Verified, verify

if TYPE_CHECKING:
    from card.messages import Outcome
    from card.trustdir import TrustDir

EXIT: dict[Outcome, int] = {"valid": 0, "invalid": 1, "status-old": 3, "cannot-check": 4}
EXIT_USAGE = 2
_STANDINGS = {
    "unknown": "tidak diketahui / unknown",
    "employed": "bekerja / employed",
    "seeking": "mencari kerja / seeking work",
    "self-employed": "berusaha sendiri / self-employed",
    "in-school": "sekolah / in school",
    "home-duties": "mengurus rumah tangga / home duties",
    "not-seeking": "tidak mencari kerja / not seeking work",
    "self-declared": "pernyataan sendiri / self-declared",
    "employer-stated": "dinyatakan perusahaan / employer-stated",
    "authority-attested": "disahkan lembaga / authority-attested",
}


def parse_now(text: str) -> int:
    """Unix seconds of `text`: a number, or ISO 8601 with an offset (without one: UTC). CardError("time")."""
    try:
        if text.isascii() and text.isdigit():
            return int(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CardError("time", f"got {text!r}, expected Unix seconds or ISO 8601") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def run(
    source: Path | str,
    *,
    trust: Path,
    now: int,
    as_json: bool,
    out: TextIO,
    nonce: bytes | None = None,
    back: Path | str | None = None,
    photo: Path | None = None,
) -> int:
    """Verify what `source` is or holds by the folder `trust`; say so on `out`; the exit code of the profile.

    `nonce`: what the holder's phone was given to sign. `back`: what shows the code on the back, checked to belong to
    the card; `photo`: a file for its thumbnail (AVIF), the back being looked for in `source` where it is not given.
    """
    try:
        folder = trustdir.load(trust, now=now)
        verified = _verified(read(source), folder, now, nonce)
        if isinstance(verified, Verified) and (back is not None or photo is not None):
            face = backs.verify(read(back or source, back=True), front=verified.claims, trust=folder.trust)
            if photo is not None:
                _write(photo, face.avif)
            verified = msgspec.structs.replace(verified, compare=("thumbnail", *verified.compare))
    except CardError as error:
        _say(out, {"outcome": "usage", "code": error.code, "detail": str(error)}, [str(error)], as_json=as_json)
        return EXIT_USAGE
    except VerificationError as error:
        answer = {"outcome": error.outcome, "code": error.code, "sentence": SENTENCES[error.code]._asdict()}
        _say(out, answer, [*_verdict(error.outcome, error.code), f"({error})"], as_json=as_json)
        return EXIT[error.outcome]
    _say(out, _answer(verified), _lines(verified, folder), as_json=as_json)
    return EXIT[verified.outcome]


def _verified(text: str, folder: TrustDir, now: int, nonce: bytes | None) -> Verified | wallet.Verified:
    """A wallet's credential is told by its tildes, which no other wrapping has."""
    if "~" not in text or nonce is not None:
        return verify(text, trust=folder.trust, status=folder.status, now=now, nonce=nonce)
    return wallet.verify(text, trust=folder.trust, status=folder.status, now=now)


def _write(path: Path, content: bytes) -> None:
    """Raises: CardError("photo-unwritable")."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CardError("photo-unwritable", f"got {path}: {error.strerror}") from error


def _say(out: TextIO, answer: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    out.write((json.dumps(answer, ensure_ascii=False) if as_json else "\n".join(lines)) + "\n")


def _answer(verified: Verified | wallet.Verified) -> dict[str, Any]:
    sentence = {name: text.format(days=verified.status_age_days) for name, text in _sentence(verified.code).items()}
    return {
        "outcome": verified.outcome,
        "code": verified.code,
        "sentence": sentence,
        "status": verified.status,
        "status_age_days": verified.status_age_days,
        "proves": list(verified.proves),
        "compare": list(verified.compare),
        "live": "holder-phone" in verified.proves,
        "claims": to_jwt(verified.claims) if isinstance(verified, Verified) else verified.claims,
    }


def _sentence(code: str) -> dict[str, str]:
    return SENTENCES[code]._asdict()


def _verdict(outcome: Outcome, code: str, days: int = 0) -> list[str]:
    heading, sentence = HEADINGS[outcome], SENTENCES[code]
    return [f"{heading.id} / {heading.en}", sentence.id.format(days=days), sentence.en.format(days=days)]


def _lines(verified: Verified | wallet.Verified, folder: TrustDir) -> list[str]:
    lines = _verdict(verified.outcome, verified.code, verified.status_age_days)
    if verified.status and verified.code != "details-outdated":
        lines += [*SENTENCES["details-outdated"]]
    shown = _facts(verified, folder) if isinstance(verified, Verified) else cli_wallet.facts(verified)
    lines += ["", *shown, ""]
    for name in verified.proves:
        lines += [*PROVES[name]]
    for index, opening in enumerate(("Bandingkan", "Compare") if verified.compare else ()):
        lines.append(f"{opening}: " + "; ".join(COMPARE[name][index] for name in verified.compare) + ".")
    return lines


def _facts(verified: Verified, folder: TrustDir) -> list[str]:
    claims = verified.claims
    rows = [
        ("Nomor / Number", claims.number),
        ("Nama / Name", claims.name),
        ("Tanggal lahir / Birth date", claims.birth_date.isoformat()),
        ("Jenis kelamin / Sex", {"M": "laki-laki / male", "F": "perempuan / female"}[claims.sex]),
        ("Status kerja / Standing", _STANDINGS[claims.standing]),
        ("Perusahaan / Employer", claims.employer_name),
        ("NIB", claims.employer_nib),
        ("Jabatan / Occupation", _titled(claims.occupation, folder)),
    ]
    for held in claims.certifications:
        until = f", s.d. / until {held.expires}" if held.expires else ""
        title = _titled(held.code, folder)
        rows.append(("Sertifikat / Certificate", f"{title} ({_STANDINGS[held.standing]}{until})"))
    rows += [
        ("Terbit / Issued", claims.issued_on.isoformat()),
        ("Berlaku s.d. / Valid until", claims.last_day.isoformat()),
    ]
    return [f"{label + ':':28}{value}" for label, value in rows if value]


def _titled(code: str | None, folder: TrustDir) -> str | None:
    if code is None or code not in folder.titles:
        return code
    return f"{code} {folder.title(code, 'id')} / {folder.title(code, 'en')}"

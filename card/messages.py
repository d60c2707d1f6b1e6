"""Every code a verifier may answer, its outcome, and one plain sentence for it in Indonesian and in English."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Outcome: TypeAlias = Literal["valid", "invalid", "status-old", "cannot-check"]


class Sentence(NamedTuple):
    """The same, twice: `id` Indonesian, `en` English."""

    id: str
    en: str


HEADINGS: dict[Outcome, Sentence] = {
    "valid": Sentence("SAH", "VALID"),
    "invalid": Sentence("TIDAK SAH", "INVALID"),
    "status-old": Sentence("SAH, STATUS LAMA", "VALID, STATUS OLD"),
    "cannot-check": Sentence("TIDAK DAPAT DIPERIKSA", "CANNOT CHECK"),
}

_VALID = {
    "valid": Sentence("Kartu ini asli dan masih berlaku.", "This card is genuine and in force."),
    "details-outdated": Sentence(
        "Kartu ini asli; identitas benar, tetapi data pekerjaannya sudah tidak mutakhir.",
        "This card is genuine; the identity holds, but its employment details are out of date.",
    ),
}
_STATUS_OLD = {
    "status-old": Sentence(
        "Kartu ini asli; pencabutan hanya diketahui sampai {days} hari yang lalu. Perbarui daftar status.",
        "This card is genuine; revocations are known only as of {days} days ago. Refresh the status lists.",
    ),
}
_INVALID = {
    "not-a-card": Sentence("Ini bukan kartu tenaga kerja.", "This is not a worker card."),
    "too-long": Sentence("Isi kode terlalu panjang untuk sebuah kartu.", "The code is too long to be a card."),
    "algorithm": Sentence(
        "Cara tanda tangan kartu ini tidak diizinkan.", "The card is signed in a way that is not allowed."
    ),
    "bad-signature": Sentence(
        "Isi kartu ini telah diubah atau tanda tangannya palsu.",
        "The contents of this card were altered, or its signature is forged.",
    ),
    "signer-revoked": Sentence(
        "Kunci penerbit kartu ini telah ditarik. Ini belum tentu kesalahan pemegang; mintalah kartu pengganti.",
        "The key that signed this card was withdrawn. The holder may not be at fault; a replacement is needed.",
    ),
    "back-differs": Sentence(
        "Sisi belakang ini milik kartu lain. Jangan percayai foto ini.",
        "This back belongs to another card. Do not trust this photo.",
    ),
    "revoked": Sentence("Kartu ini telah dicabut.", "This card was revoked."),
    "suspended": Sentence("Kartu ini sedang ditangguhkan.", "This card is suspended."),
    "expired": Sentence(
        "Masa berlaku kartu ini sudah lewat menurut tanggal perangkat ini.",
        "This card has expired by the date of this device.",
    ),
    "live-key": Sentence(
        "Kode ini dibuat oleh ponsel lain daripada yang tercatat pada kartu. Kartunya sendiri mungkin asli: mintalah "
        "kode dari ponsel pemegang, atau kartu cetaknya.",
        "This code was made by another phone than the card names. The card itself may be genuine: ask for a code from "
        "the holder's own phone, or for the printed card.",
    ),
    "live-signature": Sentence(
        "Kode ponsel ini telah diubah atau tanda tangannya palsu. Mintalah kode baru, atau kartu cetaknya.",
        "This phone's code was altered, or its signature is forged. Ask for a new code, or for the printed card.",
    ),
    "disclosure-refused": Sentence(
        "Rincian yang ditunjukkan dompet ini tidak cocok dengan kredensialnya. Mintalah ditunjukkan lagi, atau periksa "
        "kartu cetaknya.",
        "The details that this wallet showed do not fit its credential. Ask to be shown again, or check the printed "
        "card.",
    ),
    "binding-refused": Sentence(
        "Dompet ini tidak membuktikan bahwa kredensial ini miliknya untuk permintaan ini. Mintalah ditunjukkan lagi, "
        "atau periksa kartu cetaknya.",
        "This wallet did not prove for this request that the credential is its own. Ask to be shown again, or check "
        "the printed card.",
    ),
}
_CANNOT_CHECK = {
    "back-alone": Sentence(
        "Ini kode sisi belakang kartu. Pindai kode di sisi depannya.",
        "This is the code on the back of a card. Scan the code on its front.",
    ),
    "not-a-back": Sentence("Ini bukan kode sisi belakang sebuah kartu.", "This is not the code on the back of a card."),
    "unknown-key": Sentence(
        "Penerbit kartu ini belum dikenal perangkat ini. Perbarui daftar kepercayaan.",
        "This device does not know who signed this card. Refresh the trust list.",
    ),
    "newer-format": Sentence(
        "Kartu ini memakai format yang lebih baru. Perbarui aplikasi pemeriksa.",
        "This card uses a newer format. Update the verifier.",
    ),
    "not-yet-valid": Sentence(
        "Kartu ini berlaku mulai waktu yang belum tiba. Periksa jam dan tanggal perangkat ini.",
        "This card starts at a time still to come. Check the clock and date of this device.",
    ),
    "clock-behind": Sentence(
        "Jam perangkat ini tertinggal dari daftarnya sendiri. Betulkan jam dan tanggalnya.",
        "The clock of this device is behind its own lists. Set the clock and date.",
    ),
    "trust-missing": Sentence(
        "Daftar kepercayaan tidak ada di perangkat ini. Ambil daftarnya.",
        "This device has no trust list. Fetch it.",
    ),
    "trust-malformed": Sentence(
        "Daftar kepercayaan tidak dapat dibaca. Ambil ulang daftarnya.",
        "The trust list cannot be read. Fetch it again.",
    ),
    "trust-signature": Sentence(
        "Daftar kepercayaan tidak ditandatangani oleh akar yang dikenal. Jangan dipakai.",
        "The trust list is not signed by the known root. Do not use it.",
    ),
    "trust-rollback": Sentence(
        "Daftar kepercayaan lebih lama daripada yang pernah dilihat perangkat ini. Ambil yang terbaru.",
        "The trust list is older than one this device has seen. Fetch the latest.",
    ),
    "trust-stale": Sentence(
        "Daftar kepercayaan perangkat ini sudah kedaluwarsa. Perbarui, atau periksa dokumen lain.",
        "The trust list of this device is past its age. Refresh it, or check another document.",
    ),
    "titles-altered": Sentence(
        "Tabel judul di perangkat ini tidak sama dengan yang ditandatangani. Ambil ulang.",
        "The table of titles on this device is not the one that was signed. Fetch it again.",
    ),
    "status-malformed": Sentence(
        "Daftar status tidak dapat dibaca. Ambil ulang daftarnya.",
        "The status list cannot be read. Fetch it again.",
    ),
    "status-signature": Sentence(
        "Daftar status tidak ditandatangani oleh penerbitnya. Jangan dipakai.",
        "The status list is not signed by its issuer. Do not use it.",
    ),
    "status-rollback": Sentence(
        "Daftar status lebih lama daripada yang pernah dilihat perangkat ini. Ambil yang terbaru.",
        "The status list is older than one this device has seen. Fetch the latest.",
    ),
    "status-gap": Sentence(
        "Pembaruan daftar status tidak cocok dengan daftar di perangkat ini. Ambil daftarnya secara utuh.",
        "The update of a status list does not fit the list on this device. Fetch the whole list.",
    ),
    "status-missing": Sentence(
        "Daftar status kartu ini tidak ada di perangkat ini. Perbarui, atau periksa dokumen lain.",
        "This device lacks the status list of this card. Refresh, or check another document.",
    ),
    "status-too-old": Sentence(
        "Status kartu ini sudah lebih dari 30 hari tidak diperbarui. Perbarui, atau periksa dokumen lain.",
        "The status of this card was not refreshed for more than 30 days. Refresh, or check another document.",
    ),
    "suspension-old": Sentence(
        "Kartu ini pernah ditangguhkan, tetapi daftar statusnya lama. Perbarui dahulu.",
        "This card was suspended when last seen, but the status list is old. Refresh first.",
    ),
    "live-nonce": Sentence(
        "Kode ini tidak menjawab angka yang diberikan perangkat ini. Mintalah pemegang mengetik angkanya, lalu pindai "
        "lagi.",
        "This code does not answer the number that this device gave. Have the holder type the number, then scan again.",
    ),
    "live-expired": Sentence(
        "Kode ini bukan dari menit ini: mungkin salinan, mungkin jam salah satu perangkat keliru. Mintalah kode baru, "
        "periksa kedua jam, atau periksa kartu cetaknya.",
        "This code is not of this minute: it may be a copy, or the clock of one device may be wrong. Ask for a new "
        "code, check both clocks, or check the printed card.",
    ),
    "binding-missing": Sentence(
        "Kredensial ini ditunjukkan tanpa bukti dari dompetnya. Mintalah ditunjukkan dari dompet pemegang, atau "
        "periksa kartu cetaknya.",
        "This credential was shown without its wallet's proof. Ask to be shown it from the holder's wallet, or check "
        "the printed card.",
    ),
    "binding-old": Sentence(
        "Bukti dari dompet ini bukan dari beberapa menit ini, atau jam salah satu perangkat keliru. Mintalah lagi.",
        "The wallet's proof is not of these minutes, or the clock of one device is wrong. Ask again.",
    ),
}

SENTENCES: dict[str, Sentence] = {**_VALID, **_STATUS_OLD, **_INVALID, **_CANNOT_CHECK}
OUTCOME_OF: dict[str, Outcome] = {
    **dict.fromkeys(_VALID, "valid"),
    **dict.fromkeys(_STATUS_OLD, "status-old"),
    **dict.fromkeys(_INVALID, "invalid"),
    **dict.fromkeys(_CANNOT_CHECK, "cannot-check"),
}

PROVES: dict[str, Sentence] = {
    "document-genuine": Sentence(
        "Terbukti: dokumen ini asli dan isinya tidak diubah. Belum terbukti: bahwa pembawanya adalah pemiliknya.",
        "Proved: the document is genuine and unaltered. Not proved: that the bearer is its holder.",
    ),
    "holder-phone": Sentence(
        "Terbukti juga: ponsel yang terdaftar untuk kartu ini menandatangani kode ini dalam menit ini.",
        "Proved too: the phone that is enrolled for this card signed this code within the minute.",
    ),
    "wallet-key": Sentence(
        "Terbukti juga: dompet yang menerima kredensial ini menandatangani jawaban ini.",
        "Proved too: the wallet that was given this credential signed this answer.",
    ),
}
COMPARE: dict[str, Sentence] = {
    "thumbnail": Sentence(
        "foto pada kartu dengan foto kecil di dalam kode belakangnya",
        "the photo on the card with the small one in the code on its back",
    ),
    "face": Sentence("wajah dengan foto pada kartu", "the face with the photo on the card"),
    "name": Sentence("nama dengan dokumen identitas", "the name with an identity document"),
    "birth-date": Sentence("tanggal lahir dengan dokumen identitas", "the birth date with an identity document"),
}

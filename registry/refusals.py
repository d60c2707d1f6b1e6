"""Every refusal of the rules, the store and the doors as a sentence in Indonesian and English.

Those about reading a file stand in `registry.submissions.messages`, whose `sentence` looks here too.
"""

from __future__ import annotations

IDENTIFIERS: dict[str, tuple[str, str]] = {
    "nik-length": ("NIK harus {expected} digit; terbaca {got}.", "A NIK has {expected} digits; got {got}."),
    "nik-digits": (
        "NIK hanya berisi digit; terbaca '{got}' di tempat ke-{place}.",
        "A NIK is digits alone; got '{got}' at place {place}.",
    ),
    "nik-province": (
        "Dua digit pertama NIK ({got}) bukan kode provinsi.",
        "The NIK's first two digits ({got}) are no province's code.",
    ),
    "nik-birth-date": (
        "Tanggal lahir di dalam NIK ({got}) tidak mungkin; diharapkan DDMMYY, hari 01-31 atau 41-71.",
        "The birth date inside the NIK ({got}) cannot be; expected DDMMYY, day 01-31 or 41-71.",
    ),
    "nik-serial": (
        "Nomor urut NIK ({got}) tidak mungkin; diharapkan {expected}.",
        "The NIK's serial number ({got}) cannot be; expected {expected}.",
    ),
    "nik-mismatch-sex": (
        "Jenis kelamin menurut NIK {got}, menurut baris {expected}. Periksa keduanya.",
        "The NIK says sex {got}, the row says {expected}. Check both.",
    ),
    "nik-mismatch-birth-date": (
        "Tanggal lahir menurut NIK {got}, menurut baris {expected}. Periksa keduanya.",
        "The NIK says birth date {got}, the row says {expected}. Check both.",
    ),
    "npwp-length": ("NPWP harus 15 atau 16 digit; terbaca {got}.", "An NPWP has 15 or 16 digits; got {got}."),
    "npwp-digits": (
        "NPWP hanya berisi digit; terbaca '{got}' di tempat ke-{place}.",
        "An NPWP is digits alone; got '{got}' at place {place}.",
    ),
    "npwp-check-digit": (
        "Digit periksa NPWP {got}, seharusnya {expected}; ada digit yang salah ketik.",
        "The NPWP's check digit is {got}, expected {expected}; a digit is mistyped.",
    ),
    "nib-length": ("NIB harus {expected} digit; terbaca {got}.", "A NIB has {expected} digits; got {got}."),
    "nib-digits": (
        "NIB hanya berisi digit; terbaca '{got}' di tempat ke-{place}.",
        "A NIB is digits alone; got '{got}' at place {place}.",
    ),
    "passport-nationality": (
        "Kewarganegaraan '{got}' bukan kode {expected}; mungkin {near}.",
        "The nationality '{got}' is no {expected} code; perhaps {near}.",
    ),
    "passport-format": (
        "Nomor paspor '{got}' tidak berbentuk {expected}.",
        "The passport number '{got}' is not of the form {expected}.",
    ),
    "phone-format": (
        "Nomor telepon '{got}' tidak dikenali; contoh: 0812-3456-7890 atau +62 812 3456 7890.",
        "The phone number '{got}' is not understood; for example: 0812-3456-7890 or +62 812 3456 7890.",
    ),
}

CODES: dict[str, tuple[str, str]] = {
    "unknown-code": (
        "Kode '{got}' tidak ada dalam daftar; mungkin: {near}.",
        "The code '{got}' is in no list; perhaps: {near}.",
    ),
    "unknown-scheme": ("Daftar kode '{got}' tidak dikenal.", "There is no list of codes '{got}'."),
    "code-unknown": (
        "{field}: kode '{got}' tidak ada dalam daftarnya.",
        "{field}: the code '{got}' is not in its list.",
    ),
    "value-out-of-bounds": ("Nilai di luar batas: {why}.", "A value is out of bounds: {why}."),
    "part-erased": (
        "Bagian pribadi fakta ini sudah dihapus dan tidak dapat dicatat lagi.",
        "The personal part of this fact has been erased and cannot be recorded again.",
    ),
    "value-missing": ("Baris pembetulan kurang isian.", "The corrected row lacks a value that it needs."),
}

AUTHORITY: dict[str, tuple[str, str]] = {
    "no-mandate": (
        "Peran '{role}' tidak berwenang mencatat ini.",
        "The role '{role}' has no mandate to record this.",
    ),
    "legal-hold": (
        "Data orang ini ditahan demi hukum sampai {until}: {reason}.",
        "This person's data are under legal hold until {until}: {reason}.",
    ),
    "second-officer": (
        "Perlu dua petugas yang berbeda; terbaca '{first}' dan '{second}'.",
        "Two different officers are needed; got '{first}' and '{second}'.",
    ),
    "submitter-missing": (
        "Tidak jelas siapa pelapornya; isi kolom submitter atau sebutkan NIB saat mengirim.",
        "Nobody is named as the submitter; fill in the column submitter, or name a NIB when sending.",
    ),
    "submitter-differs": (
        "Pelapor di baris ini {got}, pengirim {expected}.",
        "This row's submitter is {got}, the sender is {expected}.",
    ),
}

PEOPLE: dict[str, tuple[str, str]] = {
    "worker-unknown": ("Orang ini tidak ada di daftar.", "There is no such person in the registry."),
    "worker-erased": (
        "Data pribadi orang ini telah dihapus.",
        "The personal data of this person have been erased.",
    ),
    "worker-deceased": ("Orang ini meninggal pada {since}.", "This person died on {since}."),
    "registered-already": ("Sudah terdaftar.", "Registered already."),
    "not-registered": (
        "Belum terdaftar; kirim pendaftarannya lebih dulu.",
        "Not registered yet; send the registration first.",
    ),
    "identity-claimed": (
        "Nomor ini terdaftar atas data lain. Periksa nomor, nama dan tanggal lahir; bila benar, hubungi petugas.",
        "This number is registered with other details. Check number, name and birth date; if right, ask an officer.",
    ),
    "identity-unverified": (
        "Identitas belum terverifikasi (sekarang: {identity}); kartu menunggu verifikasi.",
        "The identity is not verified (now: {identity}); a card has to wait for that.",
    ),
    "worker-merged": (
        "Data orang ini sudah digabung; yang diteruskan {into}.",
        "This person's record was merged; {into} carries on.",
    ),
    "merged-already": ("Kedua data ini sudah digabung.", "These two are merged already."),
    "not-merged": ("Kedua data ini tidak digabung.", "These two are not merged."),
    "merge-names": (
        "Penggabungan harus menyebut dua orang yang berbeda, satu di antaranya yang diteruskan.",
        "A merge names two different people, and the one of the two that carries on.",
    ),
}

WORK: dict[str, tuple[str, str]] = {
    "employer-unknown": (
        "Pemberi kerja ini belum terdaftar; kirim register-employer lebih dulu.",
        "This employer is not registered; send register-employer first.",
    ),
    "counterparty-unknown": (
        "Pemberi kerja penerima '{got}' belum terdaftar.",
        "The employer that takes over, '{got}', is not registered.",
    ),
    "establishment-exists": (
        "Tempat kerja '{establishment}' sudah ada.",
        "The establishment '{establishment}' is there already.",
    ),
    "establishment-unknown": (
        "Tempat kerja '{establishment}' belum dibuka; yang ada: {known}.",
        "The establishment '{establishment}' has not been opened; there are: {known}.",
    ),
    "establishment-state": (
        "Tempat kerja '{establishment}' berstatus {got}; diharapkan {expected}.",
        "The establishment '{establishment}' is {got}; expected {expected}.",
    ),
    "already-employed": (
        "Orang ini sudah bekerja pada pemberi kerja yang sama sejak {since}.",
        "This person has worked for the same employer since {since}.",
    ),
    "not-employed": (
        "Tidak ada hubungan kerja pada {on} yang dapat dilaporkan.",
        "There is no employment on {on} to report on.",
    ),
    "employment-ended": ("Hubungan kerja berakhir pada {since}.", "The employment ended on {since}."),
    "employment-exists": ("Hubungan kerja ini sudah ada.", "This employment is there already."),
    "end-missing": (
        "Perjanjian kerja waktu tertentu perlu tanggal berakhir.",
        "A fixed-term contract needs an end date.",
    ),
    "end-of-permanent": (
        "Perjanjian kerja tetap tidak memiliki tanggal berakhir (terbaca {ends_on}).",
        "A permanent contract has no end date (got {ends_on}).",
    ),
    "ends-before-start": (
        "Berakhir {ends_on}, sebelum mulai {starts_on}.",
        "It ends on {ends_on}, before it starts on {starts_on}.",
    ),
    "not-fixed-term": (
        "Hanya perjanjian waktu tertentu yang dapat diperpanjang; ini {contract}.",
        "Only a fixed-term contract is extended; this one is {contract}.",
    ),
    "extension-not-later": (
        "Perpanjangan sampai {got} tidak lebih lama dari {after}.",
        "An extension to {got} is not later than {after}.",
    ),
    "already-permanent": ("Sudah tetap sejak {since}.", "Permanent already, since {since}."),
    "already-suspended": ("Sudah istirahat kerja ({cause}).", "Suspended already ({cause})."),
    "not-suspended": ("Tidak sedang istirahat kerja.", "Not suspended."),
    "not-terminated": (
        "Hanya yang di-PHK dapat dipekerjakan kembali.",
        "Only a terminated employment is reinstated.",
    ),
    "no-notice": ("Belum ada pemberitahuan PHK.", "There is no notice of termination."),
}

SKILLS: dict[str, tuple[str, str]] = {
    "training-completed": (
        "Pelatihan '{training}' sudah tercatat selesai.",
        "The training '{training}' is recorded as completed already.",
    ),
    "apprenticeship-open": (
        "Pemagangan di tempat yang sama masih berjalan sejak {since}.",
        "An apprenticeship with the same host has been open since {since}.",
    ),
    "apprenticeship-exists": ("Pemagangan ini sudah ada.", "This apprenticeship is there already."),
    "apprenticeship-unknown": ("Tidak ada pemagangan yang berjalan.", "There is no open apprenticeship."),
    "certificate-exists": ("Sertifikat ini sudah ada.", "This certificate is there already."),
    "certificate-unknown": (
        "Orang ini tidak memiliki sertifikat dengan nomor itu.",
        "This person has no certificate of that number.",
    ),
    "certificate-revoked": ("Sertifikat ini telah dicabut.", "This certificate has been revoked."),
}

CARDS: dict[str, tuple[str, str]] = {
    "card-claims": (
        "Data orang ini tidak dapat dimuat di kartu ({reason}).",
        "This person's details do not fit a card ({reason}).",
    ),
    "phone-key-known": (
        "Kunci ponsel ini sudah atau pernah terdaftar; buat kunci baru di ponsel.",
        "This phone's key is or was enrolled; let the phone make a new one.",
    ),
    "phone-key-none": (
        "Tidak ada ponsel yang terdaftar untuk orang ini.",
        "No phone is enrolled for this person.",
    ),
    "card-held": (
        "Kartu {card} sedang ditangguhkan untuk pemeriksaan; aktifkan kembali atau cabut lebih dulu.",
        "The card {card} is suspended while it is looked into; reinstate or revoke it first.",
    ),
    "phone-key-proof": (
        "Ponsel tidak membuktikan bahwa ia ponsel yang terdaftar; muat ulang halaman kartu dan coba lagi.",
        "The phone did not prove to be the one that is enrolled; reload the card's page and try again.",
    ),
    "enrolment-code": (
        "Kode pendaftaran salah, sudah terpakai, atau sudah lewat waktunya; mintalah kode baru kepada petugas.",
        "The enrolment code is wrong, used or past its time; ask the desk for a new one.",
    ),
    "card-none": ("Orang ini tidak memiliki kartu yang berlaku.", "This person has no card in force."),
    "card-unknown": ("Kartu {card} tidak dikenal.", "There is no card {card}."),
    "outlives-card": (
        "Kredensial dompet berakhir {got}; paling lambat bersama kartunya ({expected}).",
        "The wallet credential ends {got}, expected no later than its card ({expected}).",
    ),
    "card-live": ("Kartu {card} masih berlaku.", "The card {card} is still in force."),
    "card-exists": ("Nomor kartu {card} sudah terpakai.", "The card number {card} is taken."),
    "card-state": (
        "Kartu berstatus {got}; diharapkan {expected}.",
        "The card is {got}; expected {expected}.",
    ),
    "photo-too-large": (
        "Foto terlalu besar; paling banyak 10 MiB dan 25 juta piksel.",
        "The photo is too large; at most 10 MiB and 25 million pixels.",
    ),
    "photo-too-small": (
        "Foto terlalu kecil untuk mengenali wajah; paling sedikit 120 x 160 piksel.",
        "The photo is too small to know a face by; at least 120 x 160 pixels.",
    ),
    "photo-unreadable": (
        "Foto tidak dapat dibaca; diharapkan berkas JPEG, PNG, atau WebP.",
        "The photo cannot be read; expected a JPEG, PNG or WebP file.",
    ),
    "permit-lapsed": ("Izin tinggal berakhir {until}.", "The permit ended on {until}."),
    "status-delta-unknown": (
        "Tidak ada perubahan daftar status {shard} sejak {day}; ambil daftarnya secara utuh.",
        "There are no changes of status list {shard} since {day}; fetch the whole list.",
    ),
    "status-shard-unknown": ("Tidak ada daftar status nomor {shard}.", "There is no status list {shard}."),
}

RECORDING: dict[str, tuple[str, str]] = {
    "late-reason-unknown": (
        "Alasan terlambat '{got}' tidak ada dalam daftar: {expected}.",
        "The reason for lateness '{got}' is not in the list: {expected}.",
    ),
    "identifier-in-clear": (
        "{column}: jangan memuat NIK atau nomor paspor; kolom ini disimpan terbuka.",
        "{column}: must not hold the NIK or passport number; this column is stored in the clear.",
    ),
    "identifier-differs": (
        "Nomor identitas tidak dapat diubah dengan pembetulan; ajukan ke petugas.",
        "An identifier is not changed by a correction; ask an officer.",
    ),
    "identity-verified": (
        "Identitas sudah diverifikasi; nama, tanggal lahir dan jenis kelamin hanya diubah oleh petugas.",
        "The identity is verified: only an officer changes name, birth date or sex.",
    ),
    "in-the-future": (
        "Tanggal {got} belum tiba (paling akhir {expected}); laporkan setelah terjadi.",
        "The date {got} has not come (at most {expected}); report it when it has happened.",
    ),
    "wrong-stream": (
        "Fakta tentang {got} tidak dapat dicatat pada {expected}.",
        "A fact about a {got} cannot be recorded of a {expected}.",
    ),
    "fact-unknown": ("Tidak ada fakta nomor {version}.", "There is no fact number {version}."),
    "not-amendable": (
        "Fakta nomor {version} tidak dapat dibetulkan atau dibatalkan.",
        "The fact number {version} cannot be corrected or voided.",
    ),
    "commitment-differs": (
        "Pembetulan pendaftaran tidak dapat mengganti kunci data orang ini.",
        "A correction of a registration cannot change the key that it commits to.",
    ),
    "type-differs": (
        "Pembetulan harus sejenis: terbaca {got}, diharapkan {expected}.",
        "A correction keeps the kind of fact: got {got}, expected {expected}.",
    ),
    "breaks-later-fact": (
        "Ini membuat fakta nomor {version} yang lebih kemudian tidak mungkin ({reason}).",
        "This makes the later fact number {version} impossible ({reason}).",
    ),
    "other-person": (
        "Pembetulan menyebut orang lain daripada baris '{corrects}'.",
        "The correction names another person than the row '{corrects}'.",
    ),
    "ref-conflict": (
        "Ref '{ref}' sudah dipakai untuk baris dengan isi lain.",
        "The ref '{ref}' was used for a row with other content.",
    ),
    "results-over-file": (
        "Hasil tidak dapat ditulis di atas berkas yang dibaca ({file}); sebutkan berkas lain.",
        "The results cannot be written over the file that is read ({file}); name another.",
    ),
    "ref-unknown": (
        "Tidak ada baris tercatat dengan ref '{corrects}'.",
        "No row was recorded under the ref '{corrects}'.",
    ),
    "dispute-exists": ("Sanggahan ini sudah ada.", "This dispute is there already."),
    "dispute-open": ("Fakta ini sudah disanggah.", "This fact is disputed already."),
    "dispute-unknown": ("Sanggahan ini tidak ada atau sudah selesai.", "There is no such open dispute."),
    "busy": ("Sedang sibuk; coba lagi sebentar.", "Busy; try again in a moment."),
    "key-destroyed": (
        "Kunci data orang ini telah dimusnahkan; tidak ada lagi yang dapat dicatat.",
        "This person's data key is destroyed; nothing more can be recorded.",
    ),
    "sealed-part-unreadable": (
        "Bagian tersegel fakta nomor {version} tidak terbuka oleh kuncinya. Laporkan segera.",
        "The sealed part of fact number {version} does not open under its key. Report this at once.",
    ),
    "dimension-unknown": (
        "Tidak ada rincian menurut '{got}'; pilihan: {expected}.",
        "There is no breakdown by '{got}'; there are: {expected}.",
    ),
    "picture-one-code": (
        "Gambar memilih satu kode dari {field}; terbaca '{got}'.",
        "A picture chooses one code of {field}; got '{got}'.",
    ),
    "profile-unknown": (
        "Tidak ada profil hukum '{got}'; pilihan: {expected}.",
        "There is no law profile '{got}'; there are: {expected}.",
    ),
    "mandates-malformed": (
        "Berkas mandat, baris {line}: terbaca {got}; diharapkan {expected}.",
        "The file of mandates, line {line}: got {got}, expected {expected}.",
    ),
    "papers-differ": (
        "Kertas kerja: {file}: {why}.",
        "Working papers: {file}: {why}.",
    ),
    "papers-folder": (
        "Map {folder} tidak kosong; kertas kerja ditulis ke map yang kosong atau belum ada.",
        "The folder {folder} is not empty; working papers go into one that is empty or not there.",
    ),
    "papers-malformed": (
        "Kertas kerja: {file} tidak berbentuk {expected}.",
        "Working papers: {file} is not of the form {expected}.",
    ),
    "too-many-actors": (
        "Koreksi dalam rentang ini berasal dari terlalu banyak pelaku; paling banyak {expected} pasangan pelaku dan"
        " hari. Persempit rentangnya.",
        "Too many actors have amended within this period; at most {expected} pairs of actor and day. Narrow it.",
    ),
    "span-backwards": (
        "Rentang dimulai pada {got}, sesudah akhirnya; diharapkan paling akhir {expected}.",
        "The span begins at {got}, after its end; expected at most {expected}.",
    ),
    "span-too-long": (
        "Di antara kedua tanggal ada {got} fakta; paling banyak {expected}. Perpendek rentangnya.",
        "There are {got} facts between the two dates, at most {expected}. Choose a shorter span.",
    ),
    "guards-differ": (
        "Hak dan kebijakan tabel {table} tidak dapat dibawa ke tabel penggantinya: {what}.",
        "Grants and policies of table {table} cannot be carried to the table that takes its place: {what}.",
    ),
    "read-model-building": (
        "Model baca ini sedang dibangun untuk versi perangkat lunak ini; coba lagi nanti.",
        "This read model is being built for this version of the software; try again later.",
    ),
    "read-model-used": (
        "Tampilan {by} membaca tabel {table}: hapus dulu, lalu buat lagi setelah pembangunan ulang.",
        "The views {by} read table {table}: drop them first, and make them again after the rebuild.",
    ),
    "projection-unknown": (
        "Tidak ada model baca '{got}'; pilihan: {expected}.",
        "There is no read model '{got}'; there are: {expected}.",
    ),
}

BACKUP: dict[str, tuple[str, str]] = {
    "backup-damaged": ("{got} tidak terbaca.", "{got} cannot be read."),
    "backup-empty": ("Tidak ada cadangan di map ini.", "There is no backup in this folder."),
    "backup-failed": ("{program} gagal: {said}.", "{program} failed: {said}."),
    "backup-not-allowed": (
        "Akun {got} tidak boleh membuat cadangan; berikan REPLICATION.",
        "The account {got} may not take backups; ALTER ROLE ... REPLICATION.",
    ),
    "backup-not-covering": (
        "Tidak ada cadangan untuk {got}; yang ada: {expected}.",
        "No backup reaches {got}; there are: {expected}.",
    ),
    "backup-not-restorable": (
        "Cadangan dipulihkan untuk uji dan tidak lulus: {said}.",
        "The backup was restored as a trial and did not pass: {said}.",
    ),
    "backup-of-standby": (
        "Server ini mengikuti server lain; cadangkan server utama.",
        "This server follows another: back up the primary.",
    ),
    "backup-programs-missing": (
        "Tidak ada pg_basebackup, pg_receivewal dan pg_verifybackup versi {expected}; pasang PostgreSQL {expected} atau"
        " atur KETS_PG_BIN.",
        "There is no pg_basebackup, pg_receivewal and pg_verifybackup of version {expected}: install PostgreSQL"
        " {expected}, or set KETS_PG_BIN.",
    ),
    "backup-running": ("Proses lain memakai {folder}.", "Another process works in {folder}."),
    "checkpoint-needed": (
        "Map ledger hilang. Mintalah checkpoint terbaru dari auditor dan berikan dengan --checkpoint; bila tidak ada"
        " yang memegang yang lebih baru, {expected} adalah milik cadangan ini.",
        "The ledger's folder is lost. Ask the auditors for the newest checkpoint and give it with --checkpoint; when"
        " nobody holds a newer one, the backup's own is {expected}.",
    ),
    "restore-into": (
        "DATABASE_URL menunjuk server Anda sendiri; gunakan --into MAP, lalu docs/how-to/recovery.md.",
        "DATABASE_URL names a server of your own: use --into FOLDER and go on as docs/how-to/recovery.md says.",
    ),
    "restore-occupied": (
        "{folder} sudah berisi data; --replace menyimpannya di samping.",
        "There are data in {folder} already; --replace sets those of an embedded server aside.",
    ),
    "restore-running": (
        "Server di {folder} sedang berjalan; hentikan kets up.",
        "The server in {folder} is running: stop kets up.",
    ),
}

LEDGER: dict[str, tuple[str, str]] = {
    "auditor-unknown": (
        "Hanya untuk auditor; minta token kepada pengelola registri.",
        "For auditors only; ask whoever runs the registry for a token.",
    ),
    "bundle-differs": (
        "Fakta '{event}' dalam berkas riwayat tidak cocok: {why}.",
        "The fact '{event}' of the bundle does not fit: {why}.",
    ),
    "bundle-malformed": (
        "Ini bukan berkas riwayat audit {expected}.",
        "This is not an audit bundle; expected {expected}.",
    ),
    "bundle-too-long": (
        "Riwayat ini terlalu panjang untuk satu berkas; paling banyak {expected}.",
        "This history is too long for one bundle; at most {expected}.",
    ),
    "bundle-unlinked": (
        "Berkas riwayat tidak melanjutkan checkpoint {size} fakta; minta yang dibuat dengan --checkpoint.",
        "The bundle does not continue the checkpoint of {size} facts; ask for one made with --checkpoint.",
    ),
    "checkpoint-malformed": (
        "Isi checkpoint tidak terbaca; diharapkan {expected}.",
        "The checkpoint's text is not one; expected {expected}.",
    ),
    "database-older-than-checkpoint": (
        "Checkpoint yang terbit mencakup {expected} fakta, basis data hanya {got}: basis data lebih tua. Pulihkan"
        " cadangan yang lebih baru; jangan menghapus checkpoint. Hanya bila fakta itu tidak dapat diperoleh kembali:"
        " `kets ledger restart --after {expected}`. Lihat docs/how-to/ledger.md.",
        "The published checkpoint covers {expected} facts, the database {got}: the database is the older one. Restore"
        " it further, to a newer backup and the end of its write-ahead log; do not remove the checkpoint. Only when"
        " those facts cannot be had back: `kets ledger restart --after {expected}`. See docs/how-to/ledger.md.",
    ),
    "event-unknown": ("Tidak ada fakta '{event}'.", "There is no fact '{event}'; expected STREAM:VERSION."),
    "ledger-empty": (
        "Belum ada checkpoint di {folder}; jalankan kets ledger run.",
        "There is no checkpoint in {folder} yet; run kets ledger run.",
    ),
    "ledger-in-use": (
        "Proses lain sedang menulis di {folder}.",
        "Another process is writing in {folder}.",
    ),
    "ledger-moved": (
        "Proses lain menulis ledger basis data ini dari folder lain; diharapkan {expected} fakta.",
        "Another sequencer writes this database's ledger from another folder; expected {expected} facts.",
    ),
    "ledger-unwritable": (
        "Ledger di {folder} tidak dapat dibaca atau ditulis: {reason}. Fakta tetap tercatat dan menunggu.",
        "The ledger in {folder} cannot be read or written: {reason}. Facts go on being recorded, and wait.",
    ),
    "not-fresh": (
        "Data yang baru ditulis belum terbaca di sini; coba lagi sebentar.",
        "What was just written is not in the read models yet; try again in a moment.",
    ),
    "not-sequenced": (
        "Fakta ini belum masuk ledger; coba lagi sebentar.",
        "This fact is not in the ledger yet; try again in a moment.",
    ),
    "position-missing": (
        "Shard {shard} tidak berisi posisi {position}, padahal pernah ditulis. Laporkan segera.",
        "Shard {shard} lacks position {position}, which was written. Report this at once.",
    ),
    "proof-differs": (
        "Bukti untuk '{event}' tidak cocok dengan checkpoint.",
        "The proof of '{event}' does not lead to the checkpoint's root.",
    ),
    "proof-malformed": ("Ini bukan bukti {expected}.", "This is not a proof; expected {expected}."),
    "policy-malformed": (
        "Baris {line} berkas saksi tidak terbaca ('{got}'); diharapkan {expected}.",
        "Line {line} of the policy file is not one ('{got}'); expected {expected}.",
    ),
    "policy-missing": (
        "Belum ada saksi; tetapkan KETS_WITNESSES ke berkas kebijakan.",
        "There are no witnesses yet; set KETS_WITNESSES to a policy file.",
    ),
    "quorum-unmet": (
        "Tanda tangan saksi belum cukup: ada {got}; diharapkan {expected}.",
        "Too few witnesses have cosigned: got {got}, expected the quorum {expected}.",
    ),
    "receipt-malformed": ("Ini bukan tanda terima; diharapkan {expected}.", "This is no receipt; expected {expected}."),
    "restart-differs": (
        "Checkpoint terakhir yang terbit mencakup {expected} fakta, bukan {got}.",
        "The last published checkpoint covers {expected} facts, not {got}.",
    ),
    "restart-needless": (
        "Ledger ini masih dapat diteruskan: `{expected}`.",
        "This ledger can go on: `{expected}`.",
    ),
    "rows-differ": (
        "Baris basis data tidak menghasilkan akar yang ditetapkan untuk {size} fakta; tidak ada yang diganti. Jalankan"
        " `kets audit`.",
        "The database's rows do not give the root that was committed for {size} facts; nothing was replaced. Run"
        " `kets audit`.",
    ),
    "submission-unknown": ("Tidak ada kiriman ini.", "There is no such submission."),
    "tile-unknown": (
        "Ubin ini tidak ada di bawah checkpoint yang terbit.",
        "There is no such tile under the published checkpoint.",
    ),
    "tile-missing": (
        "Ubin ledger {tile} tidak ada atau tidak utuh. Jalankan `kets ledger rebuild-tiles`.",
        "The ledger's tile {tile} is missing or not whole. Run `kets ledger rebuild-tiles`.",
    ),
    "tiles-differ": (
        "Ubin ledger tidak menghasilkan akar yang ditetapkan untuk {size} fakta. Jalankan `kets audit`, lalu"
        " `kets ledger rebuild-tiles`.",
        "The ledger's tiles do not give the root that was committed for {size} facts. Run `kets audit`, then"
        " `kets ledger rebuild-tiles`.",
    ),
    "witness-ahead": (
        "Saksi sudah melihat {got} fakta, lebih dari {expected} pada checkpoint ini. Laporkan segera.",
        "The witness has seen {got} facts, more than the {expected} of this checkpoint. Report this at once.",
    ),
    "witness-refused": (
        "Saksi {witness} menolak: {got}.",
        "The witness {witness} refused: {got}.",
    ),
    "witness-silent": (
        "Saksi {witness} tidak menjawab ({got}).",
        "The witness {witness} did not answer ({got}).",
    ),
}

RUNNING: dict[str, tuple[str, str]] = {
    "loader-stopped": (
        "Proses {process} berhenti ({exit}); perintah yang sama melanjutkan dari baris terakhir.",
        "The process {process} ended ({exit}); the same command goes on at the row where it was.",
    ),
    "not-started": (
        "Registri tidak dapat dijalankan; lihat catatan di {see}.",
        "The registry did not start; see the logs in {see}.",
    ),
    "demo-own-database": (
        "Demo memakai basis datanya sendiri; diharapkan {expected}.",
        "The demo uses a database of its own; expected {expected}.",
    ),
    "demo-folder": (
        "Folder {folder} bukan buatan demo; diharapkan {expected}.",
        "The folder {folder} was not made by the demo; expected {expected}.",
    ),
    "erasure-list-altered": (
        "Daftar penghapusan rusak di baris {line}; pulihkan berkas itu dari salinannya.",
        "The erasure list is altered at line {line}; restore the file from its copy.",
    ),
    "child-ended": (
        "Bagian '{child}' berhenti; lihat catatan di {see}.",
        "The part '{child}' has ended; see the logs in {see}.",
    ),
}

REQUESTS: dict[str, tuple[str, str]] = {
    "request-invalid": ("Permintaan tidak sah: {why}.", "The request is not valid: {why}."),
    "request-too-large": (
        "Isi permintaan terlalu besar; paling banyak {expected} byte.",
        "The request's body is too large; at most {expected} bytes.",
    ),
    "not-found": ("Alamat ini tidak ada.", "There is nothing at this address."),
    "method-not-allowed": (
        "Metode {got} tidak ada di alamat ini; pilihan: {expected}.",
        "There is no {got} at this address; there is: {expected}.",
    ),
    "media-type": (
        "Jenis isi '{got}' tidak diterima; pilihan: {expected}.",
        "Content of type '{got}' is not taken; there are: {expected}.",
    ),
    "loopback-only": (
        "Pintu ini hanya melayani mesin ini sendiri (127.0.0.1, localhost).",
        "This door serves its own machine alone (127.0.0.1, localhost).",
    ),
    "origin-differs": (
        "Permintaan datang dari halaman situs lain.",
        "The request comes from a page of another site.",
    ),
    "unavailable": (
        "Basis data tidak menjawab; coba lagi sebentar.",
        "The database does not answer; try again in a moment.",
    ),
    "intake-unknown": (
        "Tidak ada berkas yang disimpan untuk kiriman ini, atau masa simpannya sudah habis.",
        "No file is kept for this submission, or it is past its end date.",
    ),
    "internal": (
        "Terjadi kesalahan di pihak kami; sebutkan nomor permintaan ini kepada petugas.",
        "Something went wrong on our side; give this request's number to whoever runs the registry.",
    ),
}

EXPORT: dict[str, tuple[str, str]] = {
    "export-differs": (
        "Ekspor di {folder} bukan dari log ini: di sana {got}, di sini {expected}. Pilih folder kosong.",
        "The export in {folder} is not of this log: there {got}, here {expected}. Choose an empty folder.",
    ),
    "export-format": (
        "Manifes di {folder} berformat {got}, seharusnya {expected}.",
        "The manifest in {folder} has the format {got}, expected {expected}.",
    ),
    "export-missing": (
        "Di {folder} tidak ada ekspor fakta yang selesai; jalankan kets export facts.",
        "There is no whole export of facts in {folder}; run kets export facts.",
    ),
    "export-in-use": (
        "Ekspor lain sedang menulis di {folder}.",
        "Another export is writing in {folder}.",
    ),
    "fact-unreadable": (
        "Bagian terang fakta {event} tidak terbaca: {why}. Jalankan kets audit.",
        "The clear part of fact {event} cannot be read: {why}. Run kets audit.",
    ),
    "extra-missing": (
        "Untuk ini perlu pustaka {library}, yang dipasang bersama kets[{extra}].",
        "This needs the library {library}, which is installed with kets[{extra}].",
    ),
}

STATISTICS: dict[str, tuple[str, str]] = {
    "cube-unknown": (
        "Tidak ada tabel '{got}'; pilihan: {expected}.",
        "There is no table '{got}'; there are: {expected}.",
    ),
    "cut-off-earlier": (
        "Batas waktu {got} tidak sesudah batas waktu revisi sebelumnya, {expected}.",
        "The cut-off {got} is not after that of the revision before, {expected}.",
    ),
    "cut-off-later": (
        "Batas waktu {got} sesudah ekspor fakta atau sesudah sekarang, {expected}.",
        "The cut-off {got} is later than the export of facts or than now, {expected}.",
    ),
    "month-open": (
        "Batas waktu {got} di dalam bulan yang dihitung; paling awal {expected}.",
        "The cut-off {got} lies before the end of the month; the earliest is {expected}.",
    ),
    "publication-altered": (
        "Publikasi {where}: ada {got}; diharapkan {expected}.",
        "The publication {where}: got {got}, expected {expected}.",
    ),
    "publication-exists": (
        "Revisi {got} baru saja diterbitkan proses lain; tidak ada yang diganti.",
        "Revision {got} was published by another process meanwhile; nothing was replaced.",
    ),
    "publication-unknown": ("Tidak ada publikasi {got}.", "There is no publication of {got}."),
    "revision-differs": (
        "Fakta di sini memberi {got}, padahal revisi sebelumnya menerbitkan {expected}.",
        "The facts here give {got}, and the revision before published {expected}.",
    ),
}
REFUSALS: dict[str, tuple[str, str]] = {
    **IDENTIFIERS,
    **CODES,
    **AUTHORITY,
    **PEOPLE,
    **WORK,
    **SKILLS,
    **CARDS,
    **RECORDING,
    **BACKUP,
    **LEDGER,
    **RUNNING,
    **REQUESTS,
    **EXPORT,
    **STATISTICS,
}

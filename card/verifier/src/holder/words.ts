/** What the page says, in Indonesian and English. */

export type Language = "id" | "en";
export type Words = Record<Language, string>;

export const WORDS = {
  title: { id: "Kartu Tenaga Kerja", en: "Worker Card" },
  "empty-heading": { id: "Ponsel ini belum memuat kartu", en: "This phone has no card yet" },
  "empty-how": {
    id: "Datanglah ke petugas dengan ponsel ini. Petugas memberikan kode QR: pindai dengan kamera ponsel, atau ketik kodenya di sini.",
    en: "Go to a desk with this phone. An officer gives you a QR code: scan it with the phone's camera, or type its code here.",
  },
  "code-label": { id: "Kode dari petugas, 16 huruf dan angka", en: "Code from the desk, 16 letters and digits" },
  enrol: { id: "Pasang kartu di ponsel ini", en: "Put the card on this phone" },
  enrolling: { id: "Sedang memasang kartu …", en: "Putting the card on this phone …" },
  "code-wrong": {
    id: "Kode itu bukan 16 huruf dan angka. Periksa lagi.",
    en: "That code is not 16 letters and digits. Check it again.",
  },
  replaces: {
    id: "Ponsel ini sudah memuat kartu {name}. Kartu baru akan menggantikannya.",
    en: "This phone has the card of {name}. The new card takes its place.",
  },
  "no-network": {
    id: "Tidak ada jaringan. Kode masih berlaku beberapa menit; coba lagi.",
    en: "No network. The code is good for some minutes; try again.",
  },
  "not-here": {
    id: "Peramban ini tidak dapat menyimpan kunci dengan aman. Bukalah halaman ini di peramban lain, bukan di jendela pribadi.",
    en: "This browser cannot keep a key safely. Open this page in another browser, and not in a private window.",
  },
  "code-of-card": { id: "Kode QR kartu, berganti setiap 20 detik", en: "QR code of the card, new every 20 seconds" },
  "new-in": { id: "Kode baru dalam {seconds} detik", en: "New code in {seconds} seconds" },
  "made-at": { id: "Dibuat pukul {time}", en: "Made at {time}" },
  number: { id: "Nomor kartu", en: "Card number" },
  until: { id: "Berlaku s.d.", en: "Valid until" },
  "nonce-label": { id: "Angka dari pemeriksa", en: "Number from the verifier" },
  "nonce-answer": { id: "Jawab", en: "Answer" },
  "nonce-wrong": {
    id: "Angka pemeriksa terdiri dari 8 huruf dan angka.",
    en: "A verifier's number has 8 letters and digits.",
  },
  "nonce-answering": { id: "Kode ini menjawab {nonce}", en: "This code answers {nonce}" },
  "nonce-over": { id: "Selesai", en: "Done" },
  remove: { id: "Hapus kartu dari ponsel ini", en: "Remove the card from this phone" },
  "remove-sure": {
    id: "Kartu dan kuncinya akan hilang dari ponsel ini. Untuk memasangnya lagi perlu kode baru dari petugas.",
    en: "The card and its key will be gone from this phone. To put it back you need a new code from the desk.",
  },
  "remove-yes": { id: "Ya, hapus", en: "Yes, remove" },
  "remove-no": { id: "Batal", en: "Keep it" },
} satisfies Record<string, Words>;

export type Word = keyof typeof WORDS;

const KEPT = "kets-language";
let current: Language = localStorage.getItem(KEPT) === "en" ? "en" : "id";

/** The language in use. */
export function language(): Language {
  return current;
}

/** Use `chosen` from now on. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** What `word` says, its {places} filled. */
export function say(word: Word, filled: Record<string, string | number> = {}): string {
  return WORDS[word][current].replace(/\{(\w+)\}/g, (place, name: string) => String(filled[name] ?? place));
}

/** How days and times are written in it: the day before the month, as on the card. */
export function locale(): string {
  return current === "id" ? "id-ID" : "en-GB";
}

/** Put words into every element that names one, and mark the chosen language. */
export function speak(): void {
  document.documentElement.lang = current;
  document.title = say("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-say]")) {
    element.textContent = say(element.dataset["say"] as Word);
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset["language"] === current));
  }
}

// A checker of audit bundles and working papers written from docs/audit-bundle.md and docs/audit-papers.md, with
// golang.org/x/mod/sumdb: nothing here is shared with the registry.
//
//	main BUNDLE VKEY [CHECKPOINT]
//	main FOLDER VKEY [CHECKPOINT]
//
// VKEY is the ledger's verifier key, CHECKPOINT a file with one that was kept. Of a bundle it prints facts, size, size of
// the older checkpoint, and how many sealed parts were opened; of working papers histories, listed facts, drawn leaves.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type leaf struct {
	Stream           string `json:"stream"`
	Version          uint64 `json:"version"`
	Topic            string `json:"topic"`
	RecordedAt       string `json:"recorded_at"`
	Salt             []byte `json:"salt"`
	Clear            string `json:"clear"`
	SealedHash       []byte `json:"sealed_hash"`
	SubmissionDigest []byte `json:"submission_digest"`
}

type fact struct {
	Leaf   leaf        `json:"leaf"`
	Index  int64       `json:"index"`
	Path   []tlog.Hash `json:"path"`
	Sealed []byte      `json:"sealed"`
}

type bundle struct {
	Format     string `json:"format"`
	Stream     string `json:"stream"`
	Checkpoint string `json:"checkpoint"`
	Older      *struct {
		Checkpoint string      `json:"checkpoint"`
		Path       []tlog.Hash `json:"path"`
	} `json:"older"`
	DataKey []byte `json:"data_key"`
	Facts   []fact `json:"facts"`
}

const (
	longest = 64 << 20
	most    = 10_000
)

func must(err error, about ...any) {
	if err != nil {
		log.Fatal(append(about, err)...)
	}
}

func expect(true bool, about ...any) {
	if !true {
		log.Fatal(about...)
	}
}

// opened is the tree that a checkpoint signs: origin, size, root.
func opened(signed string, verifier note.Verifier) tlog.Tree {
	open, err := note.Open([]byte(signed), note.VerifierList(verifier))
	must(err, "checkpoint: ")
	lines := strings.Split(open.Text, "\n")
	expect(len(lines) > 3 && lines[0] == verifier.Name(), "checkpoint: origin")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "checkpoint: size: ")
	root, err := tlog.ParseHash(lines[2])
	must(err, "checkpoint: root: ")
	return tlog.Tree{N: size, Hash: root}
}

func stream(l leaf) []byte {
	id, err := hex.DecodeString(strings.ReplaceAll(l.Stream, "-", ""))
	must(err, "stream: ")
	expect(len(id) == 16, "stream: length")
	return id
}

func recorded(l leaf) time.Time {
	at, err := time.Parse("2006-01-02T15:04:05.000000Z07:00", l.RecordedAt)
	must(err, "recorded_at: ")
	return at
}

// record lays out the leaf of a fact.
func record(l leaf) []byte {
	var out bytes.Buffer
	out.WriteByte(1)
	out.Write(stream(l))
	binary.Write(&out, binary.BigEndian, l.Version)
	expect(len(l.Topic) < 256 && len(l.Salt) == 16, "leaf: lengths")
	out.WriteByte(byte(len(l.Topic)))
	out.WriteString(l.Topic)
	binary.Write(&out, binary.BigEndian, recorded(l).UnixMicro())
	clear := sha256.Sum256(append(append([]byte{}, l.Salt...), l.Clear...))
	out.Write(clear[:])
	for _, digest := range [][]byte{l.SealedHash, l.SubmissionDigest} {
		none := make([]byte, 32)
		expect(!bytes.Equal(digest, none), "leaf: a digest of zeros")
		if digest == nil {
			digest = none
		}
		expect(len(digest) == 32, "leaf: digest")
		out.Write(digest)
	}
	return out.Bytes()
}

// unsealed opens the sealed part of a fact under the data key.
func unsealed(f fact, key []byte) []byte {
	hash := sha256.Sum256(f.Sealed)
	expect(bytes.Equal(hash[:], f.Leaf.SealedHash), "sealed: hash")
	block, err := aes.NewCipher(key)
	must(err, "data key: ")
	gcm, err := cipher.NewGCM(block)
	must(err, "data key: ")
	expect(len(f.Sealed) > 28, "sealed: length")
	place := binary.BigEndian.AppendUint64(stream(f.Leaf), f.Leaf.Version)
	plain, err := gcm.Open(nil, f.Sealed[:12], f.Sealed[12:], append(place, f.Leaf.Topic...))
	must(err, "sealed: ")
	expect(json.Valid(plain), "sealed: not JSON")
	return plain
}

func committed(first leaf, key []byte) {
	var clear struct {
		Fact struct {
			KeyCommitment string `json:"key_commitment"`
		} `json:"fact"`
	}
	must(json.Unmarshal([]byte(first.Clear), &clear), "clear: ")
	hash := sha256.Sum256(append([]byte("kets/data-key/v1"), key...))
	expect(base64.RawURLEncoding.EncodeToString(hash[:]) == clear.Fact.KeyCommitment, "data key: another commitment")
}

func main() {
	verifier, err := note.NewVerifier(os.Args[2])
	must(err, "verifier key: ")
	kept := ""
	if len(os.Args) > 3 {
		data, err := os.ReadFile(os.Args[3])
		must(err)
		kept = string(data)
	}
	info, err := os.Stat(os.Args[1])
	must(err)
	if info.IsDir() {
		papers(os.Args[1], verifier, kept)
		return
	}
	data, err := os.ReadFile(os.Args[1])
	must(err)
	b, whole, older, parts := checked(data, verifier, kept)
	fmt.Println(len(b.Facts), whole.N, older.N, parts)
}

// checked is a bundle that holds.
func checked(data []byte, verifier note.Verifier, kept string) (b bundle, whole, older tlog.Tree, parts int) {
	expect(len(data) <= longest, "bundle: too long")
	reader := json.NewDecoder(bytes.NewReader(data))
	reader.DisallowUnknownFields()
	must(reader.Decode(&b), "bundle: ")
	expect(b.Format == "kets-bundle/1", "bundle: format")
	expect(len(b.Facts) > 0 && len(b.Facts) <= most, "bundle: facts")

	whole = opened(b.Checkpoint, verifier)
	if b.Older != nil {
		older = opened(b.Older.Checkpoint, verifier)
		must(tlog.CheckTree(b.Older.Path, whole.N, whole.Hash, older.N, older.Hash), "older: ")
	}
	if kept != "" {
		own := opened(kept, verifier)
		expect(own == whole || own == older, "kept: not continued")
	}

	for n, f := range b.Facts {
		expect(f.Leaf.Stream == b.Stream, "fact: another stream")
		expect(f.Leaf.Version == uint64(n+1), "fact: version")
		if n > 0 {
			expect(f.Index > b.Facts[n-1].Index, "fact: order")
			expect(!recorded(f.Leaf).Before(recorded(b.Facts[n-1].Leaf)), "fact: time")
		}
		must(tlog.CheckRecord(f.Path, whole.N, whole.Hash, f.Index, tlog.RecordHash(record(f.Leaf))), "fact: ")
		if b.DataKey == nil {
			expect(f.Sealed == nil, "sealed: without a key")
			continue
		}
		expect((f.Sealed == nil) == (f.Leaf.SealedHash == nil), "sealed: missing")
		if f.Sealed != nil {
			unsealed(f, b.DataKey)
			parts++
		}
	}
	if b.DataKey != nil {
		committed(b.Facts[0].Leaf, b.DataKey)
	}
	return
}

type finding struct {
	Event        string          `json:"event"`
	Index        *int64          `json:"index"`
	Query        string          `json:"query"`
	Kind         string          `json:"kind"`
	Topic        string          `json:"topic"`
	RecordedAt   string          `json:"recorded_at"`
	EffectiveOn  string          `json:"effective_on"`
	Organisation string          `json:"organisation"`
	Role         string          `json:"role"`
	Person       string          `json:"person"`
	Detail       json.RawMessage `json:"detail"`
}

type said struct {
	Actor struct{ Organisation, Role, Person string }
	Fact  struct {
		Type        string
		EffectiveOn string `json:"effective_on"`
		Corrects    uint64
		Voids       uint64
		Fact        *struct {
			EffectiveOn string `json:"effective_on"`
		}
	}
}

type drawing struct {
	Seed    uint64 `json:"seed"`
	Asked   int    `json:"asked"`
	Workers bool   `json:"workers"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
	Drawn   []struct {
		Index int64  `json:"index"`
		Event string `json:"event"`
		Topic string `json:"topic"`
	} `json:"drawn"`
}

type manifest struct {
	Format  string `json:"format"`
	Origin  string `json:"origin"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
	Queries []struct {
		Name   string `json:"name"`
		Listed int    `json:"listed"`
	} `json:"queries"`
	Files []struct {
		Path   string `json:"path"`
		Bytes  int    `json:"bytes"`
		SHA256 string `json:"sha256"`
	} `json:"files"`
}

// papers checks a folder of working papers.
func papers(folder string, verifier note.Verifier, kept string) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(folder, name))
		must(err)
		return data
	}
	var m manifest
	must(json.Unmarshal(read("manifest.json"), &m), "manifest: ")
	expect(m.Format == "kets-papers/1", "manifest: format")
	there := map[string]bool{}
	must(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(folder, path)
			there[filepath.ToSlash(name)] = true
		}
		return err
	}))
	facts := map[string]fact{}
	for _, file := range m.Files {
		data := read(file.Path)
		hash := sha256.Sum256(data)
		expect(there[file.Path] && len(data) == file.Bytes && hex.EncodeToString(hash[:]) == file.SHA256, file.Path)
		delete(there, file.Path)
		if strings.HasPrefix(file.Path, "bundles/") {
			b, _, _, _ := checked(data, verifier, kept)
			expect(b.Checkpoint == string(read("checkpoint")) && b.DataKey == nil, file.Path, ": checkpoint")
			expect(file.Path == "bundles/"+b.Stream+".json", file.Path, ": stream")
			for _, f := range b.Facts {
				facts[fmt.Sprintf("%s:%d", f.Leaf.Stream, f.Leaf.Version)] = f
			}
		}
	}
	expect(len(there) == 1 && there["manifest.json"], "files that are in no manifest: ", there)
	whole := opened(string(read("checkpoint")), verifier)
	expect(m.Size == whole.N && m.Root == hex.EncodeToString(whole.Hash[:]) && m.Origin == verifier.Name(), "manifest")
	expect(kept == "" || len(facts) > 0 || opened(kept, verifier) == whole, "no bundle continues what was kept")

	listed, drawn := 0, 0
	for _, query := range m.Queries {
		var found []finding
		must(json.Unmarshal(read("findings/"+query.Name+".json"), &found), query.Name)
		expect(len(found) == query.Listed, query.Name, ": listed")
		table, err := csv.NewReader(bytes.NewReader(read("findings/" + query.Name + ".csv"))).ReadAll()
		must(err, query.Name)
		expect(len(table) == len(found)+1, query.Name, ": rows")
		for n, each := range found {
			expect(each.Query == query.Name, query.Name, ": query")
			proved(each, facts)
			expect(strings.Join(table[n+1], "\n") == cells(each), query.Name, ": cells")
		}
		listed += len(found)
	}
	if data, err := os.ReadFile(filepath.Join(folder, "sample.json")); err == nil {
		under := whole
		if older, err := os.ReadFile(filepath.Join(folder, "older")); err == nil {
			under = opened(string(older), verifier)
		}
		drawn = redrawn(data, under, facts, m.Origin)
	}
	histories := map[string]bool{}
	for event := range facts {
		histories[event[:36]] = true
	}
	fmt.Println(len(histories), listed, drawn)
}

// cells are those of a finding's row, its detail without blanks.
func cells(each finding) string {
	index := ""
	if each.Index != nil {
		index = strconv.FormatInt(*each.Index, 10)
	}
	var detail bytes.Buffer
	must(json.Compact(&detail, each.Detail))
	row := []string{each.Event, index, each.Query, each.Kind, each.Topic, each.RecordedAt, each.EffectiveOn,
		each.Organisation, each.Role, each.Person, detail.String()}
	for n, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
			row[n] = "'" + cell
		}
	}
	return strings.Join(row, "\n")
}

func told(f fact) (s said) {
	must(json.Unmarshal([]byte(f.Leaf.Clear), &s), "clear: ")
	return
}

// proved holds a listed fact against the bundle that proves it.
func proved(each finding, facts map[string]fact) {
	f, there := facts[each.Event]
	expect(there == (each.Index != nil), each.Event, ": proof")
	if !there {
		return
	}
	s := told(f)
	expect(*each.Index == f.Index && each.Topic == f.Leaf.Topic && each.RecordedAt == f.Leaf.RecordedAt, each.Event)
	expect(each.Organisation == s.Actor.Organisation && each.Role == s.Actor.Role && each.Person == s.Actor.Person,
		each.Event, ": actor")
	void := s.Fact.Type == "fact.voided"
	for void && (s.Fact.Type == "fact.voided" || s.Fact.Type == "fact.corrected") {
		s = told(facts[fmt.Sprintf("%s:%d", f.Leaf.Stream, s.Fact.Voids+s.Fact.Corrects)])
	}
	day := s.Fact.EffectiveOn
	if s.Fact.Fact != nil {
		day = s.Fact.Fact.EffectiveOn
	}
	expect(each.EffectiveOn == day, each.Event, ": day")
}

// redrawn makes the draw again; of workers, which leaves are passed over is in the ledger's entries.
func redrawn(data []byte, under tlog.Tree, facts map[string]fact, origin string) int {
	var d drawing
	must(json.Unmarshal(data, &d), "sample: ")
	expect(d.Size == under.N && d.Root == hex.EncodeToString(under.Hash[:]) && len(d.Drawn) <= d.Asked, "sample: root")
	next := draws(under, d.Seed)
	for _, each := range d.Drawn {
		index := next()
		for d.Workers && index != each.Index {
			index = next()
		}
		expect(index == each.Index, "sample: leaf")
		expect(!d.Workers || each.Topic == "worker.registered", "sample: no worker")
		f, there := facts[each.Event]
		number := origin[strings.LastIndex(origin, "/")+1:]
		_, err := strconv.ParseUint(number, 10, 64)
		incident := err == nil && each.Index == 0 && each.Topic == "ledger.restarted" &&
			each.Event == "00000000-0000-0000-0000-000000000000:"+number
		expect(incident || there && f.Index == each.Index && f.Leaf.Topic == each.Topic, "sample")
	}
	expect(d.Workers || len(d.Drawn) == d.Asked || int64(len(d.Drawn)) == under.N, "sample: too few")
	return len(d.Drawn)
}

// draws gives leaf indexes one by one, each once.
func draws(under tlog.Tree, seed uint64) func() int64 {
	seen, n := map[int64]bool{}, uint64(0)
	rest := -uint64(under.N) % uint64(under.N) // 2^64 mod size
	return func() int64 {
		for int64(len(seen)) < under.N {
			block := append([]byte("kets/sample/v1"), under.Hash[:]...)
			block = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(block, seed), n)
			hash := sha256.Sum256(block)
			number := binary.BigEndian.Uint64(hash[:8])
			n++
			index := int64(number % uint64(under.N))
			if (rest == 0 || number < -rest) && !seen[index] {
				seen[index] = true
				return index
			}
		}
		log.Fatal("sample: no more leaves")
		return 0
	}
}

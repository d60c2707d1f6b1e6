// A checker of audit bundles written from docs/audit-bundle.md, with golang.org/x/mod/sumdb: nothing here is shared
// with the registry.
//
//	main BUNDLE VKEY [CHECKPOINT]
//
// VKEY is the ledger's verifier key, CHECKPOINT a file with one that was kept. Prints facts, size, size of the older
// checkpoint, and how many sealed parts were opened.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
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
	data, err := os.ReadFile(os.Args[1])
	must(err)
	expect(len(data) <= longest, "bundle: too long")
	verifier, err := note.NewVerifier(os.Args[2])
	must(err, "verifier key: ")
	var b bundle
	reader := json.NewDecoder(bytes.NewReader(data))
	reader.DisallowUnknownFields()
	must(reader.Decode(&b), "bundle: ")
	expect(b.Format == "kets-bundle/1", "bundle: format")
	expect(len(b.Facts) > 0 && len(b.Facts) <= most, "bundle: facts")

	whole := opened(b.Checkpoint, verifier)
	older := tlog.Tree{}
	if b.Older != nil {
		older = opened(b.Older.Checkpoint, verifier)
		must(tlog.CheckTree(b.Older.Path, whole.N, whole.Hash, older.N, older.Hash), "older: ")
	}
	if len(os.Args) > 3 {
		kept, err := os.ReadFile(os.Args[3])
		must(err)
		own := opened(string(kept), verifier)
		expect(own == whole || own == older, "kept: not continued")
	}

	parts := 0
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
	fmt.Println(len(b.Facts), whole.N, older.N, parts)
}

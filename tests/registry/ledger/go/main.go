// An independent check of an exported ledger, with golang.org/x/mod/sumdb: nothing here is shared with the registry.
//
//	main FOLDER PROOFS [WITNESS-KEY...]
//
// With witnesses' keys the file "witnessed" of FOLDER must carry a cosignature of each, and be of the same log.
//
// FOLDER is what `kets ledger export` wrote. PROOFS is JSON: "events", proofs as `kets ledger prove` writes them, and
// "trees", consistency proofs {size, root, path} towards the checkpoint. Prints how many of each it has verified.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type event struct {
	Leaf struct {
		Stream           string
		Version          uint64
		Topic            string
		RecordedAt       time.Time `json:"recorded_at"`
		Salt             []byte
		Clear            string
		SealedHash       []byte `json:"sealed_hash"`
		SubmissionDigest []byte `json:"submission_digest"`
	}
	Index      int64
	Path       []tlog.Hash
	Checkpoint string
}

type proofs struct {
	Events []event
	Trees  []struct {
		Size int64
		Root tlog.Hash
		Path []tlog.Hash
	}
}

// cosigner verifies cosignature/v1 of C2SP tlog-cosignature: a note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err, "witness key: ")
	hash := sha256.Sum256([]byte(parts[0] + "\n" + string(key)))
	if len(key) != 33 || key[0] != 4 || hex.EncodeToString(hash[:4]) != parts[1] {
		log.Fatal("witness key: ", vkey)
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(hash[:4]), key[1:]}
}

// witnessed checks that every one of the keys has cosigned a checkpoint of the same log.
func witnessed(dir folder, keys []string, own note.Verifier, hashes tlog.HashReader) {
	all := []note.Verifier{own}
	for _, key := range keys {
		all = append(all, newCosigner(key))
	}
	signed, err := os.ReadFile(filepath.Join(string(dir), "witnessed"))
	must(err)
	opened, err := note.Open(signed, note.VerifierList(all...))
	must(err, "cosignature: ")
	if len(opened.Sigs) != len(all) {
		log.Fatal("cosignature: got ", len(opened.Sigs)-1, ", expected ", len(keys))
	}
	then := tree(string(signed), note.VerifierList(own), own.Name())
	root, err := tlog.TreeHash(then.N, hashes)
	must(err, "witnessed: ")
	if root != then.Hash {
		log.Fatal("witnessed: another root of ", then.N)
	}
}

type folder string

func (folder) Height() int                     { return 8 }
func (folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		name := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		read, err := os.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}

func must(err error, about ...any) {
	if err != nil {
		log.Fatal(append(about, err)...)
	}
}

// tree opens a checkpoint: origin, size, root.
func tree(signed string, verifiers note.Verifiers, origin string) tlog.Tree {
	opened, err := note.Open([]byte(signed), verifiers)
	must(err, "checkpoint: ")
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size: ")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root: ")
	if lines[0] != origin {
		log.Fatal("origin: got ", lines[0], ", expected ", origin)
	}
	return tlog.Tree{N: size, Hash: root}
}

// record lays out the leaf of an event as docs/how-to/ledger.md says.
func record(e event) []byte {
	var leaf bytes.Buffer
	leaf.WriteByte(1)
	stream, err := hex.DecodeString(strings.ReplaceAll(e.Leaf.Stream, "-", ""))
	must(err, "stream: ")
	leaf.Write(stream)
	binary.Write(&leaf, binary.BigEndian, e.Leaf.Version)
	leaf.WriteByte(byte(len(e.Leaf.Topic)))
	leaf.WriteString(e.Leaf.Topic)
	binary.Write(&leaf, binary.BigEndian, e.Leaf.RecordedAt.UnixMicro())
	clear := sha256.Sum256(append(e.Leaf.Salt, e.Leaf.Clear...))
	leaf.Write(clear[:])
	for _, digest := range [][]byte{e.Leaf.SealedHash, e.Leaf.SubmissionDigest} {
		if digest == nil {
			digest = make([]byte, 32)
		}
		leaf.Write(digest)
	}
	return leaf.Bytes()
}

func main() {
	dir := folder(os.Args[1])
	key, err := os.ReadFile(filepath.Join(string(dir), "verifier-key"))
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	must(err, "verifier key: ")
	verifiers := note.VerifierList(verifier)
	signed, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	must(err)
	whole := tree(string(signed), verifiers, verifier.Name())
	hashes := tlog.TileHashReader(whole, dir)

	if len(os.Args) > 3 {
		witnessed(dir, os.Args[3:], verifier, hashes)
	}

	var given proofs
	content, err := os.ReadFile(os.Args[2])
	must(err)
	must(json.Unmarshal(content, &given), "proofs: ")
	for _, e := range given.Events {
		under := tree(e.Checkpoint, verifiers, verifier.Name())
		leaf := tlog.RecordHash(record(e))
		must(tlog.CheckRecord(e.Path, under.N, under.Hash, e.Index, leaf), "inclusion: ", e.Index, ": ")
		ours, err := tlog.ProveRecord(whole.N, e.Index, hashes) // from the tiles, against the checkpoint
		must(err, "tiles: ", e.Index, ": ")
		must(tlog.CheckRecord(ours, whole.N, whole.Hash, e.Index, leaf), "tiles: ", e.Index, ": ")
	}
	for _, t := range given.Trees {
		must(tlog.CheckTree(t.Path, whole.N, whole.Hash, t.Size, t.Root), "consistency: ", t.Size, ": ")
		root, err := tlog.TreeHash(t.Size, hashes)
		must(err, "tiles: ", t.Size, ": ")
		if root != t.Root {
			log.Fatal("tiles: another root of ", t.Size)
		}
	}
	leaves := make([]tlog.Hash, 0, whole.N) // the whole tree again, from the hashes of its leaves
	for n := int64(0); n < whole.N; n++ {
		found, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		must(err, "leaf: ", n, ": ")
		leaves = append(leaves, found[0])
	}
	if root := rehashed(leaves); root != whole.Hash {
		log.Fatal("the leaves give another root")
	}
	fmt.Println(len(given.Events), len(given.Trees), whole.N)
}

func rehashed(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	half := 1
	for 2*half < len(leaves) {
		half *= 2
	}
	return tlog.NodeHash(rehashed(leaves[:half]), rehashed(leaves[half:]))
}

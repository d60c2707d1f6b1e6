// A witness of a ledger's folder, with golang.org/x/mod/sumdb: nothing here is shared with the registry.
//
//	watch FOLDER VERIFIER-KEY follow            until end of input: each new checkpoint continues the last
//	watch FOLDER VERIFIER-KEY once [NOTE ...]   the tree is whole, and continues each of these checkpoints
//
// follow prints how many transitions it has verified and the last size. Anything that does not agree ends it with 1.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (folder) Height() int                     { return 8 }
func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles reads tiles as C2SP names them; of a partial one that was pruned, the beginning of the full one.
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		name := filepath.Join(string(f), "tile/"+strings.TrimPrefix(tile.Path(), "tile/8/"))
		read, err := os.ReadFile(name)
		if os.IsNotExist(err) && tile.W < 256 {
			read, err = os.ReadFile(strings.Split(name, ".p/")[0])
		}
		if err != nil {
			return nil, err
		}
		if len(read) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is short", name)
		}
		data = append(data, read[:tile.W*tlog.HashSize])
	}
	return data, nil
}

func opened(signed []byte, verifier note.Verifier) tlog.Tree {
	text, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		log.Fatal("checkpoint: ", err)
	}
	lines := strings.Split(text.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		log.Fatal("size: ", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		log.Fatal("root: ", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// continues proves from the tiles that the tree `now` begins with the tree `old`.
func (f folder) continues(old, now tlog.Tree) {
	if now.N < old.N || (now.N == old.N && now.Hash != old.Hash) {
		log.Fatal("fork: ", old.N, " ", old.Hash, " and then ", now.N, " ", now.Hash)
	}
	if old.N == 0 || old.N == now.N {
		return
	}
	proof, err := tlog.ProveTree(now.N, old.N, tlog.TileHashReader(now, f))
	if err != nil {
		log.Fatal("tiles: ", old.N, " to ", now.N, ": ", err)
	}
	if err := tlog.CheckTree(proof, now.N, now.Hash, old.N, old.Hash); err != nil {
		log.Fatal("fork: ", old.N, " to ", now.N, ": ", err)
	}
}

// whole re-hashes the tree from the hashes of its leaves.
func (f folder) whole(tree tlog.Tree) {
	leaves := make([]tlog.Hash, 0, tree.N)
	hashes := tlog.TileHashReader(tree, f)
	for low := int64(0); low < tree.N; low += 256 {
		var indexes []int64
		for n := low; n < min(low+256, tree.N); n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		found, err := hashes.ReadHashes(indexes)
		if err != nil {
			log.Fatal("leaves from ", low, ": ", err)
		}
		leaves = append(leaves, found...)
	}
	if tree.N > 0 && rehashed(leaves) != tree.Hash {
		log.Fatal("the leaves give another root")
	}
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
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

func (f folder) follow(verifier note.Verifier) {
	var ended atomic.Bool
	go func() { io.Copy(io.Discard, os.Stdin); ended.Store(true) }()
	var last tlog.Tree
	transitions := 0
	for {
		over := ended.Load()
		signed, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
		if err == nil {
			if now := opened(signed, verifier); now != last {
				f.continues(last, now)
				transitions, last = transitions+1, now
			}
		} else if !os.IsNotExist(err) {
			log.Fatal(err)
		}
		if over {
			fmt.Println(transitions, last.N)
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func main() {
	log.SetFlags(0)
	dir := folder(os.Args[1])
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		log.Fatal("verifier key: ", err)
	}
	if os.Args[3] == "follow" {
		dir.follow(verifier)
		return
	}
	signed, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	if err != nil {
		log.Fatal(err)
	}
	tree := opened(signed, verifier)
	dir.whole(tree)
	for _, name := range os.Args[4:] {
		old, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		dir.continues(opened(old, verifier), tree)
	}
	fmt.Println(tree.N)
}

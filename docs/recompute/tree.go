package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256 // hashes of a full tile

// opened is the tree that a checkpoint signs: origin, size, root.
func opened(signed string, verifier note.Verifier) (tlog.Tree, error) {
	open, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(open.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("origin: got %s, expected %s", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 {
		return tlog.Tree{}, fmt.Errorf("size: %s", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// rooted is the root of the tree over leaves, RFC 6962 section 2.1.
func rooted(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	half := 1
	for 2*half < len(leaves) {
		half *= 2
	}
	return tlog.NodeHash(rooted(leaves[:half]), rooted(leaves[half:]))
}

// tilePath is where a tile lies below the ledger's folder, as C2SP tlog-tiles names it.
func tilePath(level int, number int64, size int) string {
	path := tlog.Tile{H: 8, L: level, N: number, W: size}.Path()
	return "tile/" + strings.TrimPrefix(path, "tile/8/")
}

// tiles calls each with every tile of a tree, level by level from the leaves up, given its leaves' hashes.
func tiles(leaves []tlog.Hash, each func(path string, expected []byte)) {
	for level, row := 0, leaves; len(row) > 0; level++ {
		var above []tlog.Hash
		for start := 0; start < len(row); start += width {
			end := start + width
			if end > len(row) {
				end = len(row)
			}
			var data []byte
			for _, hash := range row[start:end] {
				data = append(data, hash[:]...)
			}
			each(tilePath(level, int64(start/width), end-start), data)
			if end-start == width {
				above = append(above, rooted(row[start:end]))
			}
		}
		row = above
	}
}

// stored are the leaves' hashes as the tiles of level 0 hold them; zeros where a tile is not there or is too short.
func stored(folder string, size int64) []tlog.Hash {
	found := make([]tlog.Hash, size)
	for start := int64(0); start < size; start += width {
		count := int64(width)
		if size-start < count {
			count = size - start
		}
		data, err := readTile(folder, tilePath(0, start/width, int(count)))
		if err == nil && int64(len(data)) >= count*tlog.HashSize {
			for n := int64(0); n < count; n++ {
				copy(found[start+n][:], data[n*tlog.HashSize:])
			}
		}
	}
	return found
}

// readTile reads a tile; for a partial one that is not there, the full one of which it is the beginning.
func readTile(folder, path string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	if whole, _, partial := strings.Cut(path, ".p/"); partial && os.IsNotExist(err) {
		return os.ReadFile(filepath.Join(folder, filepath.FromSlash(whole)))
	}
	return data, err
}

// checkTiles names every stored tile that the leaves do not give.
func checkTiles(r *report, folder string, leaves []tlog.Hash) {
	tiles(leaves, func(path string, expected []byte) {
		data, err := readTile(folder, path)
		switch {
		case err != nil:
			r.say("tile-missing", path, "%v", err)
		case len(data) < len(expected) || !bytes.Equal(data[:len(expected)], expected):
			r.say("tile-differs", path, "the leaves below give other hashes")
		}
	})
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkPublished holds a published folder against its manifest, its neighbours' manifests, the ledger, and the export
// that it is recomputed from.
func checkPublished(r *report, folder, facts, ledger, key string) {
	path := filepath.Join(folder, "manifest.json")
	told := manifest(path)
	if told.Format != "kets-publication/1" {
		cannot(path, "is no publication")
	}
	files := []file{}
	for _, cube := range told.Cubes {
		for _, each := range cube.Files {
			files = append(files, file{each.Name, each.Sha256, each.Bytes})
		}
	}
	compareFiles(r, folder, path, files)
	if place := filepath.Join(told.Month, strconv.Itoa(told.Revision)); !strings.HasSuffix(folder, place) {
		r.say("manifest-differs", "month and revision", "got %s, the folder is %s", place, folder)
	}
	chained(r, filepath.Join(filepath.Dir(folder), strconv.Itoa(told.Revision-1)), told.Revision, told.Previous)
	if next := filepath.Join(filepath.Dir(folder), strconv.Itoa(told.Revision+1), "manifest.json"); there(next) {
		chained(r, folder, told.Revision+1, manifest(next).Previous)
	}
	if told.CutOff > told.PublishedAt {
		r.say("manifest-differs", "cut_off", "%s is after the publication at %s", told.CutOff, told.PublishedAt)
	}
	reach := manifest(filepath.Join(facts, "manifest.json")).Positions
	for shard, position := range told.Positions {
		if position > reach[shard] {
			r.say("manifest-differs", "shard "+shard, "published from %d facts, exported were %d", position, reach[shard])
		}
	}
	if told.Checkpoint == "" {
		return
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	must(err, "verifier key")
	const about = "the publication's checkpoint"
	tree := signed(r, about, "", told.Checkpoint, verifier)
	if tree.N != 0 && tree.N != told.LedgerSize {
		r.say("manifest-differs", "ledger_size", "got %d, the checkpoint beside it says %d", told.LedgerSize, tree.N)
	}
	if whole := signed(r, "the ledger's checkpoint", filepath.Join(ledger, "checkpoint"), "", verifier); whole.N >= tree.N {
		continued(r, about, tree, stored(ledger, whole.N))
	} else {
		continued(r, about, tree, []tlog.Hash{})
	}
}

// chained checks that a revision names the manifest of the one before it, where that is there.
func chained(r *report, before string, revision int, named string) {
	about := "revision " + strconv.Itoa(revision)
	content, err := os.ReadFile(filepath.Join(before, "manifest.json"))
	switch digest := sha256.Sum256(content); {
	case revision == 1 && named != "":
		r.say("revision-differs", about, "the first names one before it")
	case revision > 1 && err == nil && named != hex.EncodeToString(digest[:]):
		r.say("revision-differs", about, "it does not name the manifest that is in %s", before)
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

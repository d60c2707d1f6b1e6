package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// listed is what a manifest says: of exported facts, or of a publication.
type listed struct {
	Positions map[string]int64 `json:"positions"`
	// of exported facts
	Files  []file `json:"files"`
	Ledger struct {
		Size       int64  `json:"size"`
		Checkpoint string `json:"checkpoint"`
	} `json:"ledger"`
	// of a publication
	Format      string `json:"format"`
	Month       string `json:"month"`
	Revision    int    `json:"revision"`
	PublishedAt string `json:"published_at"`
	CutOff      string `json:"cut_off"`
	LedgerSize  int64  `json:"ledger_size"`
	Checkpoint  string `json:"checkpoint"`
	Previous    string `json:"previous"`
	Cubes       []struct {
		Files map[string]struct {
			Name   string `json:"name"`
			Sha256 string `json:"sha256"`
			Bytes  int64  `json:"bytes"`
		} `json:"files"`
	} `json:"cubes"`
}

type file struct {
	Path   string `json:"path"`
	Sha256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

func manifest(path string) listed {
	content, err := os.ReadFile(path)
	must(err, "manifest")
	var found listed
	must(json.Unmarshal(content, &found), path)
	return found
}

// checkFiles holds a folder of exported facts against its manifest.
func checkFiles(r *report, folder, path string) {
	told := manifest(path)
	if told.Format != "kets-facts/1" {
		r.say("manifest-differs", "format", "got %s, expected kets-facts/1", told.Format)
	}
	compareFiles(r, folder, path, told.Files)
}

// compareFiles names files that are missing, not those that the manifest lists, or there without it.
func compareFiles(r *report, folder, path string, files []file) {
	known := map[string]bool{filepath.Base(path): true}
	for _, each := range files {
		if known[each.Path] {
			r.say("file-twice", each.Path, "the manifest lists it again")
		}
		known[each.Path] = true
		digest, err := digestOf(filepath.Join(folder, filepath.FromSlash(each.Path)))
		switch {
		case os.IsNotExist(err):
			r.say("file-missing", each.Path, "the manifest lists it")
		case err != nil:
			cannot(each.Path, err)
		case digest != each.Sha256:
			r.say("file-differs", each.Path, "SHA-256 is %s, expected %s", digest, each.Sha256)
		}
		if found, err := os.Stat(filepath.Join(folder, filepath.FromSlash(each.Path))); err == nil && found.Size() != each.Bytes {
			r.say("manifest-differs", each.Path, "got %d bytes, expected %d", found.Size(), each.Bytes)
		}
	}
	if there(filepath.Join(folder, "unfinished.ndjson")) {
		return // a run goes on, and writes files that the next manifest lists
	}
	var there []string
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
			relative, _ := filepath.Rel(folder, name)
			there = append(there, filepath.ToSlash(relative))
		}
		return err
	})
	must(err, folder)
	sort.Strings(there)
	for _, name := range there {
		if !known[name] {
			r.say("file-surplus", name, "the manifest does not list it")
		}
	}
}

func digestOf(path string) (string, error) {
	opened, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, opened)
	return hex.EncodeToString(hash.Sum(nil)), err
}

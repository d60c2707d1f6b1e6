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
)

// listed is what a manifest says of its files, and where the facts export says it ends.
type listed struct {
	Files     []file           `json:"files"`
	Positions map[string]int64 `json:"positions"`
	Ledger    struct {
		Size       int64  `json:"size"`
		Checkpoint string `json:"checkpoint"`
	} `json:"ledger"`
}

type file struct {
	Path   string `json:"path"`
	Sha256 string `json:"sha256"`
}

func manifest(path string) listed {
	content, err := os.ReadFile(path)
	must(err, "manifest")
	var found listed
	must(json.Unmarshal(content, &found), path)
	return found
}

// checkFiles names files that are missing, not those of the manifest, or there without it.
func checkFiles(r *report, folder, path string) {
	known := map[string]bool{filepath.Base(path): true}
	for _, each := range manifest(path).Files {
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
	}
	var there []string
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
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

// A checker of exported facts and published folders, for who trusts neither: written from docs/how-to/recompute.md and
// docs/how-to/ledger.md, with golang.org/x/mod/sumdb. Nothing here is shared with the registry.
//
//	main files FOLDER MANIFEST
//	main log FACTS LEDGER VKEY [CHECKPOINT] < ROWS
//	main published PUBLICATION FACTS LEDGER VKEY
//
// The first compares the files below FOLDER with what its manifest says of them. The second holds every exported row
// against the ledger's tiles and signed checkpoint; CHECKPOINT is a file with one that was kept. The third holds a
// published folder against its manifest, and that against the ledger and its neighbours. All print a finding a line:
// CODE, tab, what it is about, tab, what is the matter. Exit status 1: something was found; 2: it cannot be told.
package main

import (
	"bufio"
	"fmt"
	"os"
)

const most = 1000 // findings of one code that are printed; the others are counted

// report prints findings as they come.
type report struct {
	out    *bufio.Writer
	counts map[string]int
}

func (r *report) say(code, about, format string, args ...any) {
	r.counts[code]++
	if r.counts[code] <= most {
		fmt.Fprintf(r.out, "%s\t%s\t%s\n", code, about, fmt.Sprintf(format, args...))
	}
}

func (r *report) end() int {
	for code, count := range r.counts {
		if count > most {
			fmt.Fprintf(r.out, "%s\t...\t%d more\n", code, count-most)
		}
	}
	r.out.Flush()
	if len(r.counts) > 0 {
		return 1
	}
	return 0
}

func cannot(about ...any) {
	fmt.Fprintln(os.Stderr, about...)
	os.Exit(2)
}

func must(err error, about string) {
	if err != nil {
		cannot(about+":", err)
	}
}

func main() {
	r := &report{bufio.NewWriter(os.Stdout), map[string]int{}}
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "files":
		checkFiles(r, args[1], args[2])
	case (len(args) == 4 || len(args) == 5) && args[0] == "log":
		checkLog(r, args[1], args[2], args[3], args[4:])
	case len(args) == 5 && args[0] == "published":
		checkPublished(r, args[1], args[2], args[3], args[4])
	default:
		cannot("usage: main files FOLDER MANIFEST | main log FACTS LEDGER VKEY [CHECKPOINT] < ROWS |",
			"main published PUBLICATION FACTS LEDGER VKEY")
	}
	os.Exit(r.end())
}

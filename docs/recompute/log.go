package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	shards  = 16
	longest = 16 << 20 // bytes of a line
)

// rows are what was read of the export, in order of shard and position.
type rows struct {
	report    *report
	leaves    []tlog.Hash      // by log index; zero: no row has it
	names     []string         // likewise
	unlogged  []row            // without a log index
	spare     []row            // with an index that another row has, or that the ledger does not reach
	last      map[[16]byte]row // by stream
	positions [shards]int64    // the last of each shard
	indexes   [shards]int64    // likewise
	waiting   [shards]bool     // a row without index came in this shard
}

func checkLog(r *report, facts, ledger, key string, kept []string) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	must(err, "verifier key")
	told := manifest(filepath.Join(facts, "manifest.json"))
	whole := signed(r, "the ledger's checkpoint", filepath.Join(ledger, "checkpoint"), "", verifier)
	if whole.N == 0 {
		return
	}
	read := &rows{report: r, leaves: make([]tlog.Hash, whole.N), names: make([]string, whole.N), last: map[[16]byte]row{}}
	for shard := range read.indexes {
		read.indexes[shard] = -1
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		read.add(lines.Text())
	}
	must(lines.Err(), "rows")
	read.ends(told.Positions)

	log := stored(ledger, whole.N)
	read.incident(ledger, log, verifier)
	if rooted(log) != whole.Hash && rooted(read.leaves) == whole.Hash {
		log = read.leaves // the rows are those that were signed: only tiles were altered
	}
	if rooted(log) != whole.Hash {
		r.say("checkpoint-differs", "the ledger's checkpoint", "neither rows nor tiles give its root")
	}
	checkTiles(r, ledger, log)
	read.compare(log, told.Ledger.Size)
	older := signed(r, "the export's checkpoint", "", told.Ledger.Checkpoint, verifier)
	if older.N != 0 && older.N != told.Ledger.Size {
		r.say("manifest-differs", "ledger size", "got %d, the checkpoint beside it says %d", told.Ledger.Size, older.N)
	}
	continued(r, "the export's checkpoint", older, log)
	for _, path := range kept {
		continued(r, path, signed(r, path, path, "", verifier), log)
	}
}

// signed is a checkpoint's tree, from a file or as given; of size 0, and told, when it is not signed by the key.
func signed(r *report, about, path, text string, verifier note.Verifier) tlog.Tree {
	if path != "" {
		content, err := os.ReadFile(path)
		must(err, about)
		text = string(content)
	}
	tree, err := opened(text, verifier)
	if err != nil {
		r.say("checkpoint-refused", about, "%v", err)
		return tlog.Tree{}
	}
	return tree
}

// continued checks that the log begins with what a checkpoint has signed.
func continued(r *report, about string, tree tlog.Tree, log []tlog.Hash) {
	switch {
	case tree.N == 0:
	case tree.N > int64(len(log)):
		r.say("checkpoint-ahead", about, "covers %d facts, the ledger's covers %d", tree.N, len(log))
	case rooted(log[:tree.N]) != tree.Hash:
		r.say("checkpoint-differs", about, "the first %d facts of the ledger have another root", tree.N)
	}
}

// add takes a row in and holds it against those before it.
func (s *rows) add(line string) {
	each, err := parsed(line)
	if err != nil {
		about := each.name()
		if each.stream == [16]byte{} {
			about = each.place()
		}
		s.report.say("row-malformed", about, "%s in %s: %v", each.place(), each.file, err)
		if each.shard < 0 || each.shard >= shards {
			return
		}
	} else if want := int64(each.stream[15] & 15); each.shard != want {
		s.report.say("shard-differs", each.name(), "got shard %d, the stream's is %d", each.shard, want)
		if each.shard >= shards {
			each.shard = want
		}
	}
	s.position(each)
	s.stream(each)
	s.index(each, err == nil)
}

// position: dense from 1 in each shard, and in the file that says so.
func (s *rows) position(each row) {
	last := &s.positions[each.shard]
	for at := *last + 1; at < each.position; at++ {
		if at-*last > most {
			s.report.say("position-missing", fmt.Sprintf("shard %d", each.shard), "%d to %d", at, each.position-1)
			break
		}
		s.report.say("position-missing", fmt.Sprintf("shard %d, position %d", each.shard, at), "no row is there")
	}
	if each.position <= *last {
		s.report.say("position-twice", each.name(), "%s is another row's too", each.place())
	} else {
		*last = each.position
	}
	var shard, first, until int64
	place := filepath.ToSlash(each.file)
	at := strings.LastIndex(place, "shard=")
	if at >= 0 {
		fmt.Sscanf(place[at:], "shard=%02d/%012d-%012d.parquet", &shard, &first, &until)
	}
	if at < 0 || shard != each.shard || each.position < first || each.position > until {
		s.report.say("row-misplaced", each.name(), "%s stands in %s", each.place(), each.file)
	}
}

// stream: versions 1, 2, 3 and on, and never recorded before the fact that precedes.
func (s *rows) stream(each row) {
	before := s.last[each.stream]
	switch {
	case each.version <= before.version:
		s.report.say("version-order", each.name(), "comes after version %d of its stream", before.version)
		return
	case each.version > before.version+1:
		s.report.say("version-missing", name(each.stream, before.version+1), "the stream goes on with version %d", each.version)
	case before.version > 0 && each.recorded < before.recorded:
		s.report.say("time-differs", each.name(), "recorded before the fact that precedes it")
	}
	s.last[each.stream] = each
}

// index: rising with the positions of a shard, no two alike, none after a fact that waits.
func (s *rows) index(each row, sound bool) {
	if each.index < 0 {
		s.waiting[each.shard] = true
		s.unlogged = append(s.unlogged, each)
		return
	}
	if s.waiting[each.shard] {
		s.report.say("index-order", each.name(), "number %d follows a fact without a number in its shard", each.index)
	}
	if each.index <= s.indexes[each.shard] {
		s.report.say("index-order", each.name(), "number %d follows %d in its shard", each.index, s.indexes[each.shard])
	} else {
		s.indexes[each.shard] = each.index
	}
	if each.index >= int64(len(s.leaves)) || s.names[each.index] != "" {
		s.spare = append(s.spare, each)
		return
	}
	s.names[each.index] = each.name()
	if sound {
		s.leaves[each.index] = each.leaf
	}
}

// ends compares the last positions with the export's vector.
func (s *rows) ends(vector map[string]int64) {
	for shard, last := range s.positions {
		said := vector[strconv.Itoa(shard)]
		if said != last {
			s.report.say("positions-differ", fmt.Sprintf("shard %d", shard), "rows end at %d, the manifest says %d", last, said)
		}
	}
}

// incident lets a ledger that was restarted begin with the leaf that says so, which is no fact's.
func (s *rows) incident(ledger string, log []tlog.Hash, verifier note.Verifier) {
	text, err := os.ReadFile(filepath.Join(ledger, "incident"))
	if err != nil || s.names[0] != "" {
		return
	}
	if _, err := note.Open(text, note.VerifierList(verifier)); err != nil {
		s.report.say("incident-refused", "incident", "%v", err)
		return
	}
	s.names[0], s.leaves[0] = "the incident", log[0]
}

// compare holds rows against the log's leaves.
func (s *rows) compare(log []tlog.Hash, covered int64) {
	at := map[tlog.Hash]int64{}
	for number, leaf := range log {
		at[leaf] = int64(number)
	}
	for number, leaf := range log {
		switch there, known := at[s.leaves[number]]; {
		case s.names[number] == "":
			if int64(number) < covered {
				s.report.say("fact-missing", fmt.Sprintf("number %d", number), "the ledger has a leaf that no row has the number of")
			}
		case s.leaves[number] == leaf:
		case known:
			s.report.say("fact-moved", s.names[number], "number %d has the leaf of number %d", number, there)
		default:
			s.report.say("fact-differs", s.names[number], "number %d is another leaf in the ledger", number)
		}
	}
	for _, each := range s.spare {
		switch there, known := at[each.leaf]; {
		case each.index >= int64(len(log)):
			s.report.say("fact-ahead", each.name(), "number %d, the ledger's checkpoint covers %d", each.index, len(log))
		case known:
			s.report.say("fact-twice", each.name(), "number %d is another row's too; its leaf is number %d", each.index, there)
		default:
			s.report.say("fact-differs", each.name(), "number %d is another row's too, and its leaf is not in the ledger", each.index)
		}
	}
	uncovered := 0
	for _, each := range s.unlogged {
		if there, known := at[each.leaf]; known && there < covered {
			s.report.say("fact-unnumbered", each.name(), "no number, and its leaf is number %d", there)
		} else if !known {
			uncovered++
		}
	}
	if uncovered > 0 {
		fmt.Fprintln(os.Stderr, uncovered, "facts are not in the ledger yet: nothing proves them")
	}
}

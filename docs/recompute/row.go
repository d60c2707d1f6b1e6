package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// columns of a row, in this order, joined by tabs. Bytes and texts are in hex; "-" is null.
const columns = "file shard position stream version topic recorded_at submission salt clear sealed_hash log_index"

// row is one exported fact.
type row struct {
	file                   string
	shard, position, index int64 // index: -1 when the fact is not in the ledger yet
	stream                 [16]byte
	version, recorded      int64 // recorded: microseconds since 1970-01-01T00:00:00Z
	leaf                   tlog.Hash
}

// name is stream:version, as in receipts.
func (r row) name() string { return name(r.stream, r.version) }

func name(stream [16]byte, version int64) string {
	s := hex.EncodeToString(stream[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s:%d", s[:8], s[8:12], s[12:16], s[16:20], s[20:], version)
}

func (r row) place() string { return fmt.Sprintf("shard %d, position %d", r.shard, r.position) }

// parsed reads a line. The row is as far as it could be read even when there is an error, so that it can be named.
func parsed(line string) (r row, err error) {
	cells := strings.Split(line, "\t")
	if len(cells) != len(strings.Fields(columns)) {
		return r, fmt.Errorf("%d columns", len(cells))
	}
	fault := func(column string) {
		if err == nil {
			err = fmt.Errorf("%s cannot be that of a fact", column)
		}
	}
	number := func(at int, column string, least int64) int64 {
		n, wrong := strconv.ParseInt(cells[at], 10, 64)
		if wrong != nil || n < least {
			fault(column)
		}
		return n
	}
	data := func(at int, column string, length int, null bool) []byte {
		if null && cells[at] == "-" {
			return nil
		}
		found, wrong := hex.DecodeString(cells[at])
		if wrong != nil || (length > 0 && len(found) != length) {
			fault(column)
		}
		return found
	}
	file := data(0, "file", 0, false)
	r.file = string(file)
	r.shard, r.position = number(1, "shard", 0), number(2, "position", 1)
	text := string(data(3, "stream", 36, false))
	stream, wrong := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if wrong != nil || len(stream) != 16 {
		fault("stream")
	}
	copy(r.stream[:], stream)
	r.version = number(4, "version", 1)
	if err == nil && r.name() != fmt.Sprintf("%s:%d", text, r.version) {
		fault("stream")
	}
	topic := data(5, "topic", 0, false)
	r.recorded = number(6, "recorded_at", -1<<63)
	submission, salt := data(7, "submission", 32, true), data(8, "salt", 16, true)
	clear, sealed := data(9, "clear", 0, false), data(10, "sealed_hash", 32, true)
	r.index = -1
	if cells[11] != "-" {
		r.index = number(11, "log_index", 0)
	}
	if len(topic) > 255 {
		fault("topic")
	}
	if err == nil {
		r.leaf = tlog.RecordHash(laidOut(r, topic, salt, clear, sealed, submission))
	}
	return r, err
}

// laidOut is the leaf, by docs/how-to/ledger.md.
func laidOut(r row, topic, salt, clear, sealed, submission []byte) []byte {
	var leaf bytes.Buffer
	leaf.WriteByte(1)
	leaf.Write(r.stream[:])
	binary.Write(&leaf, binary.BigEndian, r.version)
	leaf.WriteByte(byte(len(topic)))
	leaf.Write(topic)
	binary.Write(&leaf, binary.BigEndian, r.recorded)
	hash := sha256.Sum256(append(append([]byte{}, salt...), clear...))
	leaf.Write(hash[:])
	for _, digest := range [][]byte{sealed, submission} {
		if digest == nil {
			digest = make([]byte, 32)
		}
		leaf.Write(digest)
	}
	return leaf.Bytes()
}

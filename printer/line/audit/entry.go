package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// maxEntry is how long a line of the log may be (C2SP tlog-tiles, "Log entries").
const maxEntry = 1<<16 - 1

// The form of a line: the number it has in the store, and the store's very words.
const (
	entryBegin  = `{"id":`
	entryMiddle = `,"entry":`
	entryEnd    = `}`
)

var errEntry = errors.New("not a line of this log")

// encode writes a line of the store as an entry of the log.
func encode(r store.AuditRow) ([]byte, error) {
	if r.ID <= 0 || len(r.Entry)+64 > maxEntry {
		return nil, fmt.Errorf("audit: line %d of the store does not fit the log: %d bytes", r.ID, len(r.Entry))
	}
	return []byte(entryBegin + strconv.FormatInt(r.ID, 10) + entryMiddle + r.Entry + entryEnd), nil
}

// decode reads an entry of the log. There is one form for each line: what decode
// takes, encode gives back byte for byte.
func decode(entry []byte) (store.AuditRow, store.AuditEntry, error) {
	var r store.AuditRow
	var e store.AuditEntry
	if len(entry) > maxEntry {
		return r, e, errEntry
	}
	rest, ok := strings.CutPrefix(string(entry), entryBegin)
	number, rest, found := strings.Cut(rest, entryMiddle)
	words, ends := strings.CutSuffix(rest, entryEnd)
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || !found || !ends || err != nil || id <= 0 || strconv.FormatInt(id, 10) != number || len(words)+64 > maxEntry {
		return r, e, errEntry
	}
	r = store.AuditRow{ID: id, Entry: words, Leaf: -1}
	if err := json.Unmarshal([]byte(words), &e); err != nil || e.Event == "" {
		return r, e, errEntry
	}
	return r, e, nil
}

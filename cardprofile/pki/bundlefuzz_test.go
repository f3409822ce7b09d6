package pki

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzBundle reads what stands behind the signature of a bundle: a signer may err.
func FuzzBundle(f *testing.F) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	b, err := json.Marshal(bundleContent{Schema: bundleSchema, Version: 1, Issued: now, Expires: now.AddDate(0, 1, 0), Certificates: [][]byte{{0x30, 0x00}}, CRLs: [][]byte{{}},
		Pins: []Pin{{SHA256: "00", Who: "a", Why: "b", When: now}}, Sources: []Source{{SHA256: "00"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"schema":"chipid.trust.bundle/1","version":1,"issued":"2026-11-01T00:00:00Z","expires":"2026-12-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := readBundleContent(content)
		if err != nil {
			return
		}
		s := NewStore(false)
		entries, objects, err := s.bundleEntries(&bundle{content: *c}, &ImportReport{})
		if err != nil {
			return
		}
		if len(entries) != len(objects) {
			t.Errorf("%d entries, %d objects", len(entries), len(objects))
		}
		for _, e := range entries {
			if e.Test {
				t.Error("a TEST certificate in a store for real documents")
			}
		}
		_ = s.Diff(Source{}, Source{Contents: []string{"x"}})
	})
}

// FuzzWholeBundle: only what the named key signed makes a store.
func FuzzWholeBundle(f *testing.F) {
	f.Add([]byte{0x30, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := readBundle(b); err == nil && r.info.Key == "" {
			t.Error("a bundle without a key")
		}
	})
}

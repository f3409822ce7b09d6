package vectors

import (
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

//go:embed *.json
var files embed.FS

// Load reads the file into v and ends the test if it cannot: a missing or
// broken vector file is a failure, never a skip. Fields that v does not have
// are ignored.
func Load(t testing.TB, name string, v any) {
	t.Helper()
	b, err := files.ReadFile(name)
	if err != nil {
		t.Fatalf("vectors: %s is not here", name)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("vectors: %s: %v", name, err)
	}
}

// Raw returns the bytes of a file as they are.
func Raw(t testing.TB, name string) []byte {
	t.Helper()
	b, err := files.ReadFile(name)
	if err != nil {
		t.Fatalf("vectors: %s is not here", name)
	}
	return b
}

// Names lists the files.
func Names() []string {
	es, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(es))
	for _, e := range es {
		names = append(names, e.Name())
	}
	return names
}

// Hex is a byte string written in hex in the JSON files, upper or lower case,
// spaces allowed.
type Hex []byte

// UnmarshalJSON reads a hex string.
func (h *Hex) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return fmt.Errorf("not hex: %w", err)
	}
	*h = v
	return nil
}

// MarshalJSON writes a lower-case hex string.
func (h Hex) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(h)) }

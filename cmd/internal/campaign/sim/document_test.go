package sim

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of faults into docs/guarantee.md")

// TestGuaranteeDocument: the table of faults in the document is that of the code.
func TestGuaranteeDocument(t *testing.T) {
	const path, head, end = "../../../../docs/guarantee.md", "| fault | what happens |\n|---|---|\n", "\n## Figures"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list, means := Kinds()
	table := head
	for _, k := range list {
		table += fmt.Sprintf("| `%s` | %s |\n", k, means[k])
	}
	text := string(b)
	if strings.Contains(text, table+end) {
		return
	}
	from, to := strings.Index(text, head), strings.Index(text, end)
	if !*update || from < 0 || to < from {
		t.Fatal("the faults in docs/guarantee.md are not those of the code: go test ./cmd/internal/campaign/sim -run Document -update")
	}
	if err := os.WriteFile(path, []byte(text[:from]+table+text[to:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

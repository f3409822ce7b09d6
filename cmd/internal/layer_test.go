package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/chipid-toolkit/chipid/"

// layers names for each top-level folder those that its non-test files may
// import: the layers of the house, bottom to top.
var layers = map[string][]string{
	"apdu":        {"apdu"},
	"hsm":         {"hsm"},
	"cardprofile": {"apdu", "hsm", "cardprofile"},
	"printer":     {"apdu", "hsm", "cardprofile", "printer"},
	"testcards":   {"apdu", "hsm", "cardprofile", "testcards"},
	"cmd":         {"apdu", "hsm", "cardprofile", "printer", "testcards", "cmd"},
}

// hsmLeaves are the leaves of apdu that hsm may import.
var hsmLeaves = []string{"apdu/ecc", "apdu/mac"}

// cgoRooms are the only packages that may import "C" or a cgo binding.
var cgoRooms = []string{"apdu/pcsc", "hsm/pkcs11"}

// cgoBindings may be imported from cgoRooms alone.
var cgoBindings = []string{"C", "github.com/ebfe/scard", "github.com/miekg/pkcs11"}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	walkGo(t, func(file, dir string, imports []string) {
		top, _, _ := strings.Cut(dir, "/")
		allowed, ok := layers[top]
		if !ok {
			t.Errorf("%s: no such room in the house: %s", file, top)
			return
		}
		seen[top] = true
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, imp := range imports {
			if slices.Contains(cgoBindings, imp) && !slices.Contains(cgoRooms, dir) {
				t.Errorf("%s imports %s; cgo lives in %v alone", file, imp, cgoRooms)
			}
			rel, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			room, _, _ := strings.Cut(rel, "/")
			if top == "hsm" && slices.Contains(hsmLeaves, rel) {
				continue
			}
			if !slices.Contains(allowed, room) {
				t.Errorf("%s imports %s: %s may import %v", file, rel, top, allowed)
			}
		}
	})
	for top := range layers {
		if !seen[top] {
			t.Errorf("%s holds no Go file: the walk went wrong", top)
		}
	}
}

// TestEveryFolderSaysWhatItIs requires a doc.go in each folder with Go code.
func TestEveryFolderSaysWhatItIs(t *testing.T) {
	folders := map[string]bool{}
	walkGo(t, func(file, dir string, _ []string) {
		folders[dir] = folders[dir] || path.Base(file) == "doc.go"
	})
	for dir, ok := range folders {
		if !ok {
			t.Errorf("%s has no doc.go", dir)
		}
	}
}

func walkGo(t *testing.T, visit func(file, dir string, imports []string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "docs" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imp)
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		visit(rel, path.Dir(rel), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fileKeyring are those that may open keys in files: the demonstration with --embedded, synthetic cards, and what only measures and tests.
var fileKeyring = []string{"cmd/chipid/demo.go", "cmd/internal/campaign", "cmd/internal/campaign/sim", "cmd/internal/linebench", "testcards/sample"}

// TestFileKeyringIsForDemonstrations: no other program text reaches hsm/soft, so no verb that issues can be led to keys in files.
func TestFileKeyringIsForDemonstrations(t *testing.T) {
	used := map[string]bool{}
	walkGo(t, func(file, dir string, imports []string) {
		if strings.HasSuffix(file, "_test.go") || !slices.Contains(imports, module+"hsm/soft") {
			return
		}
		switch {
		case slices.Contains(fileKeyring, file):
			used[file] = true
		case slices.Contains(fileKeyring, dir):
			used[dir] = true
		default:
			t.Errorf("%s imports hsm/soft; keys in files are for %v", file, fileKeyring)
		}
	})
	for _, f := range fileKeyring {
		if !used[f] {
			t.Errorf("%s does not use hsm/soft: take it off the list", f)
		}
	}
}

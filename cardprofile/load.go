package cardprofile

import (
	"bytes"
	"embed"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed profiles/*.yaml
var embedded embed.FS

const (
	profileDir  = "profiles"
	facesSuffix = ".faces.yaml"
	maxFile     = 1 << 20 // a profile or layout is a few kilobytes
)

// Hex is bytes written in hexadecimal in a profile.
type Hex []byte

// String is upper-case hexadecimal.
func (h Hex) String() string { return strings.ToUpper(hex.EncodeToString(h)) }

// MarshalText is the hexadecimal form.
func (h Hex) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads hexadecimal digits; spaces between them are allowed.
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(strings.ReplaceAll(string(text), " ", ""))
	if err != nil {
		return errors.New("not an even number of hexadecimal digits")
	}
	*h = b
	return nil
}

// OID is an object identifier in dotted form.
type OID asn1.ObjectIdentifier

// String is the dotted form.
func (o OID) String() string { return asn1.ObjectIdentifier(o).String() }

// MarshalText is the dotted form.
func (o OID) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the dotted form.
func (o *OID) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ".")
	if len(parts) < 2 || len(parts) > 32 {
		return errors.New("not a dotted object identifier")
	}
	out := make(OID, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return errors.New("not a dotted object identifier")
		}
		out[i] = int(n)
	}
	*o = out
	return nil
}

// List returns the ids of the embedded profiles in alphabetical order.
func List() []string {
	entries, err := fs.ReadDir(embedded, profileDir)
	if err != nil {
		return nil
	}
	var ids []string
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, facesSuffix) {
			ids = append(ids, strings.TrimSuffix(name, ".yaml"))
		}
	}
	sort.Strings(ids)
	return ids
}

// Load reads a profile: an embedded one by its id, or one of the caller's own
// by the path of its file (anything that has a path separator or ends in .yaml
// or .yml). Every error is an *InputError.
func Load(idOrPath string) (*Profile, error) {
	if isPath(idOrPath) {
		return loadFile(idOrPath)
	}
	for _, id := range List() {
		if id == idOrPath {
			return load(source{fsys: embedded, dir: profileDir, embedded: true}, id+".yaml", "profile "+id)
		}
	}
	return nil, &InputError{
		File: idOrPath, Problem: "no such profile",
		Fix: "use one of " + strings.Join(List(), ", ") + ", or the path of a profile file",
	}
}

func isPath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml")
}

func loadFile(name string) (*Profile, error) {
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	return load(source{fsys: os.DirFS(dir), dir: "."}, base, name)
}

// source is where a profile and its layout are read from.
type source struct {
	fsys     fs.FS
	dir      string
	embedded bool
}

// load reads a profile and the layout it names, which is looked for beside the
// profile and then among the embedded ones.
func load(from source, base, shown string) (*Profile, error) {
	text, err := readFile(from.fsys, path.Join(from.dir, base), shown)
	if err != nil {
		return nil, err
	}
	p, err := Parse(text, shown)
	if err != nil || p.FacesFile == "" {
		return p, err
	}
	facesShown := p.FacesFile
	if !from.embedded {
		facesShown = filepath.Join(filepath.Dir(shown), p.FacesFile)
	}
	layout, err := readFile(from.fsys, path.Join(from.dir, p.FacesFile), facesShown)
	if err != nil && !from.embedded {
		if own, missing := readFile(embedded, path.Join(profileDir, p.FacesFile), p.FacesFile); missing == nil {
			layout, err, facesShown = own, nil, p.FacesFile
		}
	}
	if err != nil {
		return nil, err
	}
	p.Faces, err = ParseFaces(layout, facesShown)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Parse reads a profile from YAML without its layout; shown is the file name in
// errors, all of which are *InputError.
func Parse(text []byte, shown string) (*Profile, error) {
	p := new(Profile)
	if err := decode(text, shown, p); err != nil {
		return nil, err
	}
	p.Source = shown
	if err := p.check(text); err != nil {
		return nil, err
	}
	return p, nil
}

// ParseFaces reads a layout from YAML; shown is the file name in errors, all of
// which are *InputError.
func ParseFaces(text []byte, shown string) (*Faces, error) {
	f := new(Faces)
	if err := decode(text, shown, f); err != nil {
		return nil, err
	}
	f.Source = shown
	if err := f.check(text); err != nil {
		return nil, err
	}
	return f, nil
}

func readFile(fsys fs.FS, name, shown string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		problem := "cannot be opened"
		if errors.Is(err, fs.ErrNotExist) {
			problem = "no such file"
		}
		return nil, &InputError{File: shown, Problem: problem, Fix: "check the path"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, &InputError{File: shown, Problem: "cannot be read", Fix: "name a readable file"}
	}
	if len(text) > maxFile {
		return nil, &InputError{File: shown, Problem: fmt.Sprintf("larger than %d bytes", maxFile), Fix: "name a profile file"}
	}
	return text, nil
}

// decode is strict: a key that the format does not know is an error, because a
// mistyped key that is passed over changes what is issued.
func decode(text []byte, shown string, into any) (err error) {
	// The YAML library is trusted with the caller's own files only, but an input
	// file must never bring the process down.
	defer func() {
		if r := recover(); r != nil {
			err = &InputError{File: shown, Problem: "not valid YAML", Fix: "correct the file"}
		}
	}()
	if len(text) > maxFile {
		return &InputError{File: shown, Problem: fmt.Sprintf("larger than %d bytes", maxFile), Fix: "name a profile file"}
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	decodeErr := d.Decode(into)
	if decodeErr == nil {
		return nil
	}
	in := &InputError{File: shown, Problem: "not valid YAML", Fix: "correct the line"}
	if errors.Is(decodeErr, io.EOF) {
		in.Problem, in.Fix = "the file is empty", "name a profile file"
		return in
	}
	var y yaml.Error
	if errors.As(decodeErr, &y) {
		in.Problem = y.GetMessage()
		if t := y.GetToken(); t != nil && t.Position != nil {
			in.Line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(decodeErr, &unknown) {
		if unknown.Token != nil {
			in.Field = unknown.Token.Value
		}
		in.Problem, in.Fix = "unknown key", "remove it or correct its spelling"
	}
	return in
}

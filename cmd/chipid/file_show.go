package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// shown is one file decoded: Content for programs, rows for people.
type shown struct {
	File       string                  `json:"file"`
	Kind       string                  `json:"kind"`
	Bytes      int                     `json:"bytes"`
	SHA256     string                  `json:"sha256"`
	Content    any                     `json:"content,omitempty"`
	Tree       []treeNode              `json:"tree,omitempty"` // of what is not decoded further
	Deviations []cardprofile.Deviation `json:"deviations"`
	Error      string                  `json:"error,omitempty"`

	rows []showRow
	env  *env
	name string // what the file's name says it is, "" when it says nothing
	data []byte
}

// showRow is one line for people.
type showRow struct {
	depth        int
	label, value string
}

func newFileShowCmd(env *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show FILE…",
		Short: "Decode files of a chip, certificates and lists",
		Long: `show decodes EF.COM, the data groups, EF.SOD, EF.CardAccess, EF.CardSecurity,
EF.ATR/INFO, EF.DIR, X.509 and card-verifiable certificates, CRLs and master lists,
in DER or PEM. What a file is shows in its first bytes; its name decides where they
do not. A directory stands for the files in it. Nothing is verified: see
chipid file verify. What is not known is shown as a tree of data objects.

The output is personal data where the files are.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Example: `  chipid file show EF.DG1.bin EF.SOD.bin
  chipid file show --json files/EF.DG13.bin
  chipid file show csca.der list.ml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all := struct {
				Schema string   `json:"schema"`
				Files  []*shown `json:"files"`
			}{Schema: "chipid.show/1", Files: []*shown{}}
			var first error
			for _, arg := range args {
				files, err := showArgument(env, arg)
				all.Files = append(all.Files, files...)
				if err != nil && first == nil {
					first = err
				} else if err != nil {
					env.talk("chipid: %v", err)
				}
			}
			if asJSON {
				if err := printJSON(env, all); err != nil {
					return err
				}
				return first
			}
			for i, s := range all.Files {
				if i > 0 {
					fmt.Fprintln(env.Stdout)
				}
				s.print()
			}
			return first
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// showArgument decodes one file, or those of a directory. The error names the
// first file that is not what it should be; the files come back nevertheless.
func showArgument(env *env, arg string) ([]*shown, error) {
	files, err := readFilesNamed(arg)
	if err != nil {
		return nil, err
	}
	var out []*shown
	var first error
	for _, f := range files {
		s := decodeFile(env, f.path, f.name, f.data)
		out = append(out, s)
		if s.Error != "" && first == nil {
			first = &cardprofile.InputError{File: f.path, Problem: s.Error, Fix: "check that it is the file that its name says, and whole"}
		}
	}
	return out, first
}

type namedFile struct {
	path, name string
	data       []byte
}

func readFilesNamed(arg string) ([]namedFile, error) {
	if isDir(arg) {
		files, err := lds.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		var out []namedFile
		for _, f := range files {
			out = append(out, namedFile{filepath.Join(arg, lds.DiskName(f.Name)), f.Name, f.Bytes})
		}
		return out, nil
	}
	b, err := lds.ReadDiskFile(arg)
	if err != nil {
		return nil, err
	}
	f := namedFile{path: arg, data: b}
	if id, ok := lds.FileByDiskName(filepath.Base(arg)); ok {
		f.name = id.Name
	}
	return []namedFile{f}, nil
}

// decodeFile finds out what the bytes are and decodes them. It always returns
// something to show.
func decodeFile(env *env, path, name string, b []byte) *shown {
	sum := sha256.Sum256(b)
	s := &shown{File: path, Bytes: len(b), SHA256: hex.EncodeToString(sum[:]), Deviations: []cardprofile.Deviation{}, env: env, name: name, data: b}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("-----BEGIN ")) {
		if block, _ := pem.Decode(b); block != nil {
			s.data = block.Bytes
		}
	}
	if err := s.decode(); err != nil {
		s.Error = clean(err.Error())
	}
	if s.Content == nil {
		if s.Kind == "" {
			s.Kind = "TLV"
		}
		budget := maxTree
		tree, ok := treeOf(s.data, 0, &budget)
		if ok {
			s.Tree = tree
			s.treeRows(tree, 0)
		} else {
			if s.Kind == "TLV" {
				s.Kind = "unknown"
			}
			if s.Error == "" {
				s.Error = "neither a file of a chip nor a certificate, list or image"
			}
			s.add(0, env.tr("first bytes", "các byte đầu"), hexCut(s.data))
		}
	}
	return s
}

// decode goes by the outer tag, and by the file's name where a tag has two
// meanings.
func (s *shown) decode() error {
	tag, _, _, err := tlv.Header(s.data)
	if biometric.Sniff(s.data) != biometric.Unknown {
		return s.image()
	}
	if err != nil {
		switch {
		case s.name == lds.NameATRInfo:
			return s.atrInfo()
		case len(s.data) > 0 && s.data[0] == 0x30: // indefinite length, which some signed objects have
			return s.sequence()
		case len(s.data) > 0 && s.data[0] == 0x77:
			return s.sod()
		}
		return s.misfit(nil)
	}
	switch tag {
	case 0x60:
		return s.com()
	case 0x61:
		if node, _, err := tlv.Parse(s.data); err == nil {
			if _, isDIR := node.First(0x4F); isDIR || s.name == lds.NameDIR {
				return s.dir()
			}
		}
		return s.dg1()
	case 0x75, 0x63, 0x76:
		return s.biometrics(tag)
	case 0x6B, 0x6C:
		return s.details(tag)
	case 0x6D:
		return s.dg13()
	case 0x6E:
		return s.securityInfos("EF.DG14", lds.ParseDG14)
	case 0x6F:
		return s.dg15()
	case 0x77:
		return s.sod()
	case 0x31:
		return s.securityInfos(lds.NameCardAccess, lds.ParseSecurityInfos)
	case 0x30:
		return s.sequence()
	case 0x7F21:
		return s.cvc()
	case 0x47, 0x7F66:
		return s.atrInfo()
	}
	if id, ok := lds.FileByTag(tag); ok {
		s.Kind = id.Name // a data group that is kept as a tree
		return s.misfit(nil)
	}
	if s.name == lds.NameATRInfo {
		return s.atrInfo()
	}
	return s.misfit(nil)
}

// misfit complains when the name says that the file is one of a chip's and the
// bytes do not.
func (s *shown) misfit(err error) error {
	if err == nil && s.name != "" && s.Kind == "" {
		return fmt.Errorf("the content is not that of %s", s.name)
	}
	return err
}

func (s *shown) add(depth int, label, value string) {
	s.rows = append(s.rows, showRow{depth, label, clean(value)})
}

// field adds a row unless there is no value.
func (s *shown) field(label, value string) {
	if value != "" {
		s.add(0, label, value)
	}
}

// clean keeps a file's text from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) && r != ' ' {
			return '\uFFFD'
		}
		return r
	}, s)
}

// print writes the file for people.
func (s *shown) print() {
	w := s.env.Stdout
	fmt.Fprintf(w, "%s: %s, %d %s\n", s.File, s.Kind, s.Bytes, s.env.tr("bytes", "byte"))
	width := 0
	for _, r := range s.rows {
		width = max(width, 2*r.depth+len([]rune(r.label)))
	}
	width = min(width, 40)
	for _, r := range s.rows {
		label := strings.Repeat("  ", r.depth) + r.label
		if r.value == "" {
			fmt.Fprintf(w, "  %s\n", label)
			continue
		}
		fmt.Fprintf(w, "  %s%s  %s\n", label, strings.Repeat(" ", max(0, width-len([]rune(label)))), r.value)
	}
	for _, d := range s.Deviations {
		fmt.Fprintf(w, "  %s %s (%s)\n", s.env.tr("deviation:", "sai lệch:"), clean(d.Where+": "+d.Text), d.Rule)
	}
	if s.Error != "" {
		fmt.Fprintf(w, "  %s %s\n", s.env.tr("error:", "lỗi:"), s.Error)
	}
}

// treeNode is a data object that nothing here knows the meaning of.
type treeNode struct {
	Tag      string     `json:"tag"`
	Length   int        `json:"length"`
	Value    string     `json:"value,omitempty"` // hexadecimal
	Children []treeNode `json:"children,omitempty"`
}

const (
	maxTree      = 4096 // objects of one file
	maxTreeDepth = 16
	maxTreeValue = 256 // bytes of one value
)

// treeOf reads data objects; ok is false when the bytes are none.
func treeOf(b []byte, depth int, budget *int) (out []treeNode, ok bool) {
	for len(b) > 0 && *budget > 0 {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return out, depth == 0 && len(out) > 0
		}
		*budget--
		t := treeNode{Tag: n.Tag.String(), Length: len(n.Value)}
		if n.Constructed() && depth < maxTreeDepth {
			if children, ok := treeOf(n.Value, depth+1, budget); ok {
				t.Children = children
			}
		}
		if t.Children == nil {
			t.Value = hexCut(n.Value)
		}
		out, b = append(out, t), rest
	}
	return out, true
}

func (s *shown) treeRows(tree []treeNode, depth int) {
	for _, n := range tree {
		s.add(depth, n.Tag, strings.TrimSpace(fmt.Sprintf("%d %s", n.Length, n.Value)))
		s.treeRows(n.Children, depth+1)
	}
}

func hexCut(b []byte) string {
	if len(b) > maxTreeValue {
		return strings.ToUpper(hex.EncodeToString(b[:maxTreeValue])) + "…"
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

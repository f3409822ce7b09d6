package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// shown is one file decoded: Content for programs, rows for people.
type shown struct {
	File       string                  `json:"file"`
	Part       int                     `json:"part,omitempty"` // of a PEM bundle, from 1
	Kind       string                  `json:"kind"`
	Bytes      int                     `json:"bytes"`
	SHA256     string                  `json:"sha256"`
	Content    any                     `json:"content,omitempty"`
	Tree       []treeNode              `json:"tree,omitempty"` // of what is not decoded further
	Deviations []cardprofile.Deviation `json:"deviations"`
	Error      string                  `json:"error,omitempty"`

	rows  []showRow
	env   *env
	name  string // what the file's name says it is, "" when it says nothing
	state string // the issuing State in DG1 beside it, "" when there is none
	data  []byte
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
		Long: `show decodes EF.COM, DG1 to DG16, EF.SOD, EF.CardAccess, EF.CardSecurity,
EF.ATR/INFO, EF.DIR, EF.CVCA, biometric records, X.509 certificates, CRLs, master lists,
deviation lists, card-verifiable certificates and requests for them, in DER or PEM.
What a file is shows in its bytes; its name decides where they do not. A directory
stands for the files of a chip in it. Nothing is verified: see chipid file verify.
What is not known is shown as a tree of data objects. Private keys are not shown.

The output is personal data where the files are.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Example: `  chipid file show EF.DG1.bin EF.SOD.bin
  chipid file show --json files/EF.DG13.bin
  chipid file show csca.der list.ml bundle.pem`,
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
				return errors.Join(first, printJSON(env, all))
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
		parts := decodeFile(env, f)
		out = append(out, parts...)
		for _, s := range parts {
			if s.Error != "" && first == nil {
				first = &cardprofile.InputError{File: f.path, Field: s.field0(), Problem: s.Error, Fix: env.tr("check that it is the file that its name says, and whole", "kiểm tra xem tệp có đúng như tên gọi và còn nguyên vẹn không")}
			}
		}
	}
	return out, first
}

// field0 names the file of a chip in an error where the path does not.
func (s *shown) field0() string {
	if s.Kind == kindUnknown || strings.Contains(s.File, s.Kind) {
		return ""
	}
	return s.Kind
}

type namedFile struct {
	path, name string
	state      string // of DG1 in the same directory
	data       []byte
}

func readFilesNamed(arg string) ([]namedFile, error) {
	if isDir(arg) {
		files, err := lds.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		state := ""
		for _, f := range files {
			if m, _, err := lds.ParseDG1(f.Bytes); f.Name == "EF.DG1" && err == nil {
				state = m.IssuingState
			}
		}
		var out []namedFile
		for _, f := range files {
			out = append(out, namedFile{filepath.Join(arg, lds.DiskName(f.Name)), f.Name, state, f.Bytes})
		}
		return out, nil
	}
	b, err := readShowFile(arg)
	if err != nil {
		return nil, err
	}
	f := namedFile{path: arg, data: b}
	if id, ok := lds.FileByDiskName(filepath.Base(arg)); ok {
		f.name = id.Name
	}
	return []namedFile{f}, nil
}

// decodeFile finds out what the bytes are and decodes them: one shown, or one for
// each block of a PEM file. It always returns something to show.
func decodeFile(env *env, f namedFile) []*shown {
	blocks, err := pemBlocks(f.data)
	if len(blocks) == 0 {
		blocks = []pemBlock{{data: f.data}}
	}
	var out []*shown
	for i, b := range blocks {
		sum := sha256.Sum256(b.data)
		s := &shown{File: f.path, Bytes: len(b.data), SHA256: hex.EncodeToString(sum[:]), Deviations: []cardprofile.Deviation{}, env: env, name: f.name, state: f.state, data: b.data}
		if len(blocks) > 1 {
			s.Part = i + 1
		}
		s.run(b.secret || privateKey(b.data))
		out = append(out, s)
	}
	if err != nil {
		last := out[len(out)-1]
		last.Error = strings.TrimPrefix(last.Error+"; "+err.Error(), "; ")
	}
	return out
}

// run decodes, and falls back on the tree.
func (s *shown) run(secret bool) {
	if secret {
		s.Kind, s.SHA256, s.Error = "private key", "", "a private key, which is not shown"
		return
	}
	if err := s.decode(); err != nil {
		s.Error = clean(err.Error())
	}
	s.compareName()
	if s.Content != nil || s.Tree != nil {
		return
	}
	if s.Kind == "" {
		s.Kind = kindTLV
	}
	if s.plausible() {
		s.tree(s.data, s.objectName)
	}
	if s.Tree != nil {
		return
	}
	if s.Kind == kindTLV {
		s.Kind = kindUnknown
	}
	if s.Error == "" {
		s.Error = "neither a file of a chip nor a certificate, list or image" + s.almost()
	}
	s.add(0, s.tr("first bytes", "các byte đầu"), hexCut(s.data[:min(len(s.data), 64)]))
}

// keep takes over what a parser said.
func (s *shown) keep(kind string, devs []cardprofile.Deviation, err error) error {
	s.Kind = kind
	s.Deviations = append(s.Deviations, devs...)
	return err
}

func (s *shown) tr(en, vi string) string { return s.env.tr(en, vi) }

func (s *shown) add(depth int, label, value string) {
	s.rows = append(s.rows, showRow{depth, clean(label), clean(value)})
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

// print writes the file for people: what it is, what is in it in aligned columns,
// then what departs from the standard with the rule.
func (s *shown) print() {
	w := s.env.Stdout
	part := ""
	if s.Part > 0 {
		part = fmt.Sprintf(" (%d)", s.Part)
	}
	kind := s.Kind
	if title := s.title(); title != "" {
		kind += ", " + title
	}
	fmt.Fprintf(w, "%s%s: %s, %d %s\n", s.File, part, kind, s.Bytes, s.tr("bytes", "byte"))
	printRows(s.env, s.rows)
	if len(s.Deviations) > 0 {
		fmt.Fprintf(w, "  %s\n", s.tr("deviations from the standard:", "sai lệch so với tiêu chuẩn:"))
		var rows []showRow
		for _, d := range s.Deviations {
			rows = append(rows, showRow{1, clean(d.Rule), clean(d.Where + ": " + d.Text)})
		}
		printRows(s.env, rows)
	}
	if s.Error != "" {
		fmt.Fprintf(w, "  %s %s\n", s.tr("error:", "lỗi:"), s.Error)
	}
}

// printRows aligns the values of a block of rows.
func printRows(e *env, rows []showRow) {
	const most = 40
	width := 0
	for _, r := range rows {
		if n := 2*r.depth + len([]rune(r.label)); r.value != "" && n <= most {
			width = max(width, n)
		}
	}
	for _, r := range rows {
		label := strings.Repeat("  ", r.depth) + r.label
		if r.value == "" {
			fmt.Fprintf(e.Stdout, "  %s\n", label)
			continue
		}
		fmt.Fprintf(e.Stdout, "  %s%s  %s\n", label, strings.Repeat(" ", max(0, width-len([]rune(label)))), r.value)
	}
}

func yesNo(e *env, v bool) string {
	if v {
		return e.tr("yes", "có")
	}
	return e.tr("no", "không")
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// trustImport are the flags of "trust import".
type trustImport struct {
	store        string
	create, test bool
	anchors      []string
	json         bool
}

func newTrustImportCmd(env *env) *cobra.Command {
	var f trustImport
	cmd := &cobra.Command{
		Use:   "import FILE… --store DIR",
		Short: "Take certificates, master lists and CRLs into a trust store",
		Long: `import takes files into a trust store: certificates (DER, PEM, bundles), master
lists (.ml) and CRLs.

A master list is taken when its own signature is right and a CSCA issued its
signer. With --anchor that CSCA must be the one named, which is the way to take
a list you do not otherwise know to be genuine. The list is kept as it came. A
CRL is taken when a CSCA of the store signed it.

--create makes the store when the folder does not exist or is empty. With --test
as well it is a store for tests: it takes certificates that carry the TEST mark,
and every verdict under it says TEST. That cannot be changed later.

Example:
  chipid trust import --store trust --create csca-vnm.cer
  chipid trust import --store trust --anchor csca-germany.cer DE_ML_2026-05-28.ml

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return f.run(env, files) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.store, "store", "", "folder of the trust store")
	fs.BoolVar(&f.create, "create", false, "make the store if it does not exist")
	fs.BoolVar(&f.test, "test", false, "with --create: make a store for tests")
	fs.StringArrayVar(&f.anchors, "anchor", nil, "certificate of the CSCA that issued the signers of master lists; may be repeated")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *trustImport) run(env *env, files []string) error {
	var o pki.ImportOptions
	for _, path := range f.anchors {
		c, err := readCertificate(env, path)
		if err != nil {
			return err
		}
		o.Anchors = append(o.Anchors, c)
	}
	// CRLs need the CSCA that signed them, which may be among the files.
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b string) int { return isCRL(a) - isCRL(b) })
	contents := make([][]byte, len(files))
	for i, path := range files {
		var err error
		if contents[i], err = readTrustFile(path); err != nil {
			return err
		}
	}
	store, err := f.open(func(trial *pki.Store) error {
		for i, path := range files {
			if _, err := trial.Import(filepath.Base(path), contents[i], o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	reports := []*pki.ImportReport{}
	for i, path := range files {
		r, err := store.Import(filepath.Base(path), contents[i], o)
		if err != nil {
			for _, done := range files[:i] {
				env.talk(env.tr("%s was imported before that", "%s đã được nhập trước đó"), done)
			}
			return err
		}
		reports = append(reports, r)
		if !f.json {
			f.print(env, r)
		}
	}
	if store.Test() {
		env.talk("%s", env.tr("TEST: this store proves nothing about real documents", "TEST: kho này không chứng minh điều gì về giấy tờ thật"))
	}
	if !f.json {
		return nil
	}
	return printJSON(env, struct {
		Schema string              `json:"schema"`
		Store  string              `json:"store"`
		Test   bool                `json:"test"`
		Files  []*pki.ImportReport `json:"files"`
	}{"chipid.trust.import/1", store.Dir(), store.Test(), reports})
}

func isCRL(path string) int {
	if strings.EqualFold(filepath.Ext(path), ".crl") {
		return 1
	}
	return 0
}

// open opens the store, or makes it where that was asked for. A store that is made
// cannot change its kind, so the files are tried on one in memory first.
func (f *trustImport) open(try func(*pki.Store) error) (*pki.Store, error) {
	store, err := openTrust("--store", f.store)
	if err == nil && f.test && !store.Test() {
		return nil, usagef("--test: %s is a store for real documents, and stays one; make another with --create --test", f.store)
	}
	if !errors.Is(err, pki.ErrNoStore) {
		return store, err
	}
	if !f.create {
		return nil, usageError{err: fmt.Errorf("%w; --create makes one", err)}
	}
	if _, statErr := os.Stat(filepath.Join(f.store, "store.json")); statErr == nil {
		return nil, err // there is one, and not of a kind this program knows
	}
	if err := try(pki.NewStore(f.test)); err != nil {
		return nil, err
	}
	store, err = pki.Create(f.store, f.test)
	if err != nil {
		return nil, usageError{err: err}
	}
	return store, nil
}

// readTrustFile reads a file that may be as large as a list.
func readTrustFile(path string) ([]byte, error) {
	wrong := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	in, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, wrong("there is no such file", "check the path")
	}
	if err != nil {
		return nil, wrong("cannot be read", "name a readable file")
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, cms.MaxSize+1))
	switch {
	case err != nil:
		return nil, wrong("cannot be read", "name a readable file")
	case len(b) > cms.MaxSize:
		return nil, wrong(fmt.Sprintf("is larger than %d MiB", cms.MaxSize>>20), "name a certificate, master list or CRL")
	}
	return b, nil
}

func (f *trustImport) print(env *env, r *pki.ImportReport) {
	fmt.Fprintf(env.Stdout, env.tr("%s: %s: %d new, %d known", "%s: %s: %d mới, %d đã có"), r.File, env.trustKind(r.Kind), r.Added, r.Known)
	if r.CRLs > 0 {
		fmt.Fprintf(env.Stdout, ", %d CRL", r.CRLs)
	}
	if n := len(r.Refused); n > 0 {
		fmt.Fprintf(env.Stdout, env.tr(", %d refused", ", %d bị từ chối"), n)
	}
	fmt.Fprintln(env.Stdout)
	if r.Signer != "" {
		how := env.tr("issued by a CSCA of the list itself: name it with --anchor if you know it", "do một CSCA trong chính danh sách cấp: dùng --anchor nếu bạn biết CSCA đó")
		if r.Anchored {
			how = env.tr("issued by the anchor you named", "do CSCA bạn chỉ định cấp")
		}
		env.talk(env.tr("list signer %s, %s", "bên ký danh sách %s, %s"), r.Signer, how)
	}
	for _, x := range r.Refused {
		env.talk(env.tr("refused: %s: %s", "từ chối: %s: %s"), x.Subject, x.Reason)
	}
	for _, d := range r.Deviations {
		env.talk("%s", d)
	}
}

// trustKind names what a file was.
func (e *env) trustKind(kind string) string {
	vi := map[string]string{"certificates": "chứng thư", "master list": "danh sách CSCA", "crl": "CRL", "mixed": "nhiều loại"}
	if e.Lang == "vi" && vi[kind] != "" {
		return vi[kind]
	}
	return kind
}

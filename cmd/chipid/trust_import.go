package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// trustImport are the flags of "trust import".
type trustImport struct {
	store        string
	create, test bool
	anchors      []string
	confirm      []string
	json         bool
}

func newTrustImportCmd(env *env) *cobra.Command {
	var f trustImport
	cmd := &cobra.Command{
		Use:   "import FILE… --store DIR",
		Short: "Take certificates, lists, CRLs and bundles into a trust store",
		Long: `import takes files into a trust store: certificates (DER, PEM, many in one file,
PKCS #7), master lists (.ml), deviation lists, CRLs, LDIF of a public key directory
with any of them, and bundles that "trust export" made.

A certificate file is trusted because you import it. A list must be vouched for:
its own signature must be right, and its signer must lead to a CSCA that you
name with --anchor, that you imported by itself before, or whose fingerprint you
compared with a source of your own and give with --confirm. A CSCA that came out
of a list vouches for its own State's documents, CRLs and deviation list, never
for another list. Without an anchor nothing is taken, exit status 6, and the
message says which CSCA it would need. A CRL is taken when a CSCA of the store
signed it.

A bundle makes the store the copy of another one: --anchor names the signer's
certificate or public key, --confirm the key's fingerprint; later bundles must
be signed with the same key and have a higher version. An older one, one that
has expired and one that was altered are refused, exit status 5.

--create makes the store when the folder does not exist or is empty. With --test
as well it is a store for tests: it takes certificates that carry the TEST mark,
and every verdict under it says TEST. That cannot be changed later.

Example:
  chipid trust import --store trust --create csca-vnm.cer
  chipid trust import --store trust --anchor csca-germany.cer DE_ML_2026-05-28.ml
  chipid trust import --store trust icaopkd-001-complete-009999.ldif
  chipid trust import --store terminal --create --anchor distributor.pem trust-17.bundle

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive),
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return f.run(env, files) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.store, "store", "", "folder of the trust store")
	fs.BoolVar(&f.create, "create", false, "make the store if it does not exist")
	fs.BoolVar(&f.test, "test", false, "with --create: make a store for tests")
	fs.StringArrayVar(&f.anchors, "anchor", nil, "CSCA certificate that vouches for lists, or the certificate or public key of a bundle's signer; may be repeated")
	fs.StringArrayVar(&f.confirm, "confirm", nil, "SHA-256 of the CSCA certificate or key that you have compared yourself; may be repeated")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// options reads the anchors.
func (f *trustImport) options(env *env) (pki.ImportOptions, error) {
	o := pki.ImportOptions{Confirm: slices.Clone(f.confirm)}
	for _, path := range f.anchors {
		key, err := anchorKey(path)
		if err != nil {
			return o, err
		}
		if key != "" {
			o.Confirm = append(o.Confirm, key)
			continue
		}
		c, err := readCertificate(env, path)
		if err != nil {
			return o, err
		}
		o.Anchors = append(o.Anchors, c)
	}
	return o, nil
}

// anchorKey returns the fingerprint of a public key in PEM, "" for a file that
// holds something else.
func anchorKey(path string) (string, error) {
	b, err := readTrustFile(path)
	if err != nil {
		return "", err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" {
		return "", nil
	}
	wrong := &cardprofile.InputError{File: path, Problem: "is no public key that can be used", Fix: "name an RSA key or one on a known curve"}
	if key, _, err := ecc.ParseSPKI(block.Bytes); err == nil {
		return pki.KeyFingerprint(key)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return "", wrong
	}
	sum, err := pki.KeyFingerprint(key)
	if err != nil {
		return "", wrong
	}
	return sum, nil
}

func (f *trustImport) run(env *env, files []string) error {
	o, err := f.options(env)
	if err != nil {
		return err
	}
	type input struct {
		path string
		data []byte
	}
	var inputs []input
	for _, path := range files {
		data, err := readTrustFile(path)
		if err != nil {
			return err
		}
		inputs = append(inputs, input{path, data})
	}
	// What vouches goes before what needs it, whatever the order on the command line.
	slices.SortStableFunc(inputs, func(a, b input) int { return pki.ImportOrder(a.data) - pki.ImportOrder(b.data) })
	store, err := f.open(func(trial *pki.Store) error {
		for _, in := range inputs {
			if _, err := trial.Import(filepath.Base(in.path), in.data, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	reports := []*pki.ImportReport{}
	for i, in := range inputs {
		r, err := store.Import(filepath.Base(in.path), in.data, o)
		if err != nil {
			for _, done := range inputs[:i] {
				env.talk(env.tr("%s was imported before that", "%s đã được nhập trước đó"), done.path)
			}
			return err
		}
		reports = append(reports, r)
		if !f.json {
			printImport(env, r)
		}
	}
	sayTest(env, store)
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

func printImport(env *env, r *pki.ImportReport) {
	fmt.Fprintf(env.Stdout, env.tr("%s: %s: %d new, %d known", "%s: %s: %d mới, %d đã có"), r.File, env.trustKind(r.Kind), r.Added, r.Known)
	if r.CRLs > 0 {
		fmt.Fprintf(env.Stdout, ", %d CRL", r.CRLs)
	}
	if r.RefusedAll > 0 {
		fmt.Fprintf(env.Stdout, env.tr(", %d refused", ", %d bị từ chối"), r.RefusedAll)
	}
	fmt.Fprintln(env.Stdout)
	if b := r.Bundle; b != nil {
		fmt.Fprintf(env.Stdout, env.tr("bundle version %d of %s, counts until %s, %d removed\n", "gói phiên bản %d ngày %s, có giá trị đến %s, %d bị gỡ bỏ\n"), b.Version, dayText(b.Issued), dayText(b.Expires), b.Removed)
	}
	for _, l := range r.Lists {
		how := map[string]string{
			"anchor":    env.tr("the anchor you named", "CSCA bạn chỉ định"),
			"store":     env.tr("a CSCA of this store", "một CSCA trong kho này"),
			"confirmed": env.tr("the CSCA you confirmed", "CSCA bạn đã xác nhận"),
		}[l.By]
		env.talk(env.tr("%s signed by %s, under %s (%s)", "%s do %s ký, thuộc %s (%s)"), env.trustKind(l.Kind), l.Signer, l.CSCA, how)
	}
	if r.Since != nil && !r.Since.Empty() {
		env.talk("%s", env.tr("against the last list of the same publisher:", "so với danh sách trước của cùng nơi phát hành:"))
		printDiff(env, env.Stderr, r.Since)
	}
	for _, x := range r.Refused {
		env.talk(env.tr("refused: %s: %s", "từ chối: %s: %s"), x.Subject, x.Reason)
	}
	if more := r.RefusedAll - len(r.Refused); more > 0 {
		env.talk(env.tr("refused: %d more", "từ chối: còn %d mục nữa"), more)
	}
	for _, d := range r.Deviations {
		env.talk("%s", d)
	}
}

// trustKind names what a file was.
func (e *env) trustKind(kind string) string {
	vi := map[string]string{"certificates": "chứng thư", "master list": "danh sách CSCA", "deviation list": "danh sách sai lệch",
		"crl": "CRL", "mixed": "nhiều loại", "bundle": "gói tin cậy"}
	if e.Lang == "vi" && vi[kind] != "" {
		return vi[kind]
	}
	return kind
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "What a checkpoint trusts: CSCA certificates, lists, CRLs, pins",
		Long: `trust keeps a store of CSCA certificates, in a folder, for --trust of the verbs
that inspect and verify. Certificates that you import by themselves are trusted
because you say so; a list only when somebody you named vouches for it.

Example:
  chipid trust import --store trust --create csca.cer
  chipid trust import --store trust --anchor csca-germany.cer DE_ML_2026-05-28.ml
  chipid trust check  --store trust
  chipid trust list   --store trust

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive, exitHSM),
	}
	cmd.AddCommand(newTrustImportCmd(env), newTrustListCmd(env), newTrustDiffCmd(env), newTrustCheckCmd(env), newTrustPolicyCmd(env),
		newTrustPinCmd(env), newTrustRemoveCmd(env), newTrustExportCmd(env))
	return cmd
}

// openTrust opens the store of a flag.
func openTrust(flag, dir string) (*pki.Store, error) {
	if dir == "" {
		return nil, usagef("%s: is not given; name the folder of a trust store", flag)
	}
	return pki.Open(dir)
}

// readTrustFile reads a file that may be as large as a list of the whole world. One
// that is larger is not read at all.
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
	large := wrong(fmt.Sprintf("is larger than %d MiB", pki.MaxImport>>20), "name a certificate, list or CRL")
	size := int64(0)
	if info, err := in.Stat(); err == nil {
		if size = info.Size(); size > pki.MaxImport {
			return nil, large
		}
	}
	b := make([]byte, 0, size+512)
	for limited := io.LimitReader(in, pki.MaxImport+1); ; {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := limited.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > pki.MaxImport:
			return nil, large
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, wrong("cannot be read", "name a readable file")
		}
	}
}

// objectFlag finds the one object of a store that a SHA-256, or its beginning, names.
func objectFlag(store *pki.Store, text string) (pki.Entry, error) {
	text = strings.ToLower(text)
	var found []pki.Entry
	for _, e := range store.Entries() {
		if strings.HasPrefix(e.SHA256, text) {
			found = append(found, e)
		}
	}
	switch {
	case len(text) < 8:
		return pki.Entry{}, usagef("%q: write eight digits of the SHA-256 or more", text)
	case len(found) == 0:
		return pki.Entry{}, usagef("%q: the store holds nothing with this SHA-256; see chipid trust list", text)
	case len(found) > 1:
		return pki.Entry{}, usagef("%q: the SHA-256 of %d objects begins so; write more of it", text, len(found))
	}
	return found[0], nil
}

// dayOrNone is a day that may be absent.
func dayOrNone(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return dayText(t)
}

// sayTest reminds of what a store for tests is.
func sayTest(env *env, store *pki.Store) {
	if store.Test() {
		env.talk("%s", env.tr("TEST: this store proves nothing about real documents", "TEST: kho này không chứng minh điều gì về giấy tờ thật"))
	}
}

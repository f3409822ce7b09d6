package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/cmd/internal/signers"
	"github.com/chipid-toolkit/chipid/hsm"
)

type issueFlags struct {
	reader, profile, record, keys, out string
	json                               bool
}

// issuedJSON is what `card issue --json` prints. It holds no personal data.
type issuedJSON struct {
	Schema   string     `json:"schema"`
	Chip     string     `json:"chip"`
	Profile  string     `json:"profile"`
	Files    []fileJSON `json:"files"`
	Warnings []string   `json:"warnings,omitempty"`
}

func newCardIssueCmd(env *env) *cobra.Command {
	var f issueFlags
	cmd := &cobra.Command{
		Use:   "issue",
		Short: "Make one record into one chip, start to end",
		Long: `issue checks one citizen record, makes the data groups, has the chip make its keys,
signs EF.SOD in the token, writes the chip, replaces its card keys and locks it.
The chip must be an untouched blank of the profile's kind.

The record is a JSON file, or CSV with one row, with its portrait beside it. The keys file names the
token and the keys in it; it holds no PIN:
  module: /usr/lib/softhsm/libsofthsm2.so
  token: issuer
  pin-source: file:/etc/chipid/pin
  document-signer: pkcs11:object=ds-2026
  trust: trust                               # store with its CSCA: EF.SOD is verified up to it first
  card-master: pkcs11:object=transport       # what the blanks' keys derive from
  card-master-new: pkcs11:object=cards-2026  # what the issued cards' derive from

document-signers: in its place lists several, of which the one whose key's period ends
first signs, if its certificate outlasts the document (docs/sign.md).

If it ends with an error after "keys-made", the chip is no blank any more: do not
use it again, destroy it.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitDenied, exitHSM),
		Example: `  chipid card issue --reader 0 --profile vn-cccd-2021 --record person.json --keys keys.yaml
  chipid card issue --profile icao-td1 --record person.json --keys keys.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.reader, "reader", "", "reader: name, part of it, or number (default: the only one with a card)")
	flags.StringVar(&f.profile, "profile", "", "card type, or the path of a profile file")
	flags.StringVar(&f.record, "record", "", "the citizen record: JSON, or CSV with one row")
	flags.StringVar(&f.keys, "keys", "", "the keys file")
	flags.StringVar(&f.out, "out", "", "folder for a copy of the files as written (personal data, mode 0600)")
	flags.BoolVar(&f.json, "json", false, "print what was issued as JSON")
	for _, name := range []string{"profile", "record", "keys"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (f *issueFlags) run(ctx context.Context, env *env) error {
	profile, err := cardprofile.Load(f.profile)
	if err != nil {
		return err
	}
	plan, warnings, err := planRecord(env, profile, f.record)
	if err != nil {
		return err
	}
	env.warn(warnings)
	keys, err := keyflags.Load(f.keys)
	if err != nil {
		return err
	}
	if err := keys.Cards(); err != nil {
		return err
	}
	ring, err := keys.Open(ctx, env.pinPrompt())
	if err != nil {
		return err
	}
	defer ring.Close()
	authority, set, err := authorityOf(ctx, env, ring, keys, nil)
	if err != nil {
		return err
	}
	if set != nil {
		defer set.Close()
	}
	// What is wrong with keys or folders must show before the chip is touched.
	if err := authority.Check(ctx, time.Now()); err != nil {
		return fmt.Errorf("%s: %w", f.keys, err)
	}
	if err := prepareOut(f.out); err != nil {
		return err
	}
	card, err := connect(ctx, f.reader)
	if err != nil {
		return err
	}
	defer card.Close()
	bar := newProgress(env)
	var reached issue.Step
	issued, err := authority.Personalize(ctx, card, plan, issue.Options{Now: time.Now(), Progress: func(s issue.Step, done, total int) {
		if total == 0 && !terminal(env.Stderr) {
			env.talk("%s", s)
		}
		reached = s
		bar.bytes(string(s), done, total)
	}})
	bar.close()
	if err != nil {
		if reached != "" && reached != issue.StepProbed {
			env.talk("%s", env.tr("This chip is no blank any more, and no card: put it among the rejects, and do not use it again.",
				"Chip này không còn là phôi trắng và cũng chưa phải là thẻ: bỏ vào khay thẻ hỏng, không dùng lại."))
		}
		return err
	}
	if f.out != "" {
		if werr := lds.WriteDir(f.out, issued.Files); werr != nil {
			err = fmt.Errorf("the card is issued; its files could not all be written: %w", werr)
		}
	}
	j := issuedJSON{Schema: "chipid.issued/1", Chip: fmt.Sprintf("%X", issued.Serial), Profile: plan.Profile.ID, Warnings: warnings}
	for _, file := range issued.Files {
		j.Files = append(j.Files, newFileJSON(file))
	}
	if f.json {
		return errors.Join(err, printJSON(env, j))
	}
	fmt.Fprintf(env.Stdout, env.tr("issued: chip %s, profile %s, %d files, locked\n", "đã cấp: chip %s, loại thẻ %s, %d tệp, đã khóa\n"), j.Chip, j.Profile, len(j.Files))
	return err
}

// authorityOf puts the keys of a keys file together. trust is what EF.SOD is verified
// with where the file names no trust store; without either it is verified with the
// signer's certificate alone, and that is said. The caller calls what comes back at the
// end.
func authorityOf(ctx context.Context, env *env, ring hsm.Keyring, keys *keyflags.File, trust *pki.Store) (*issue.Authority, *signers.Set, error) {
	a := &issue.Authority{Keyring: ring, Transport: keys.CardMaster, Master: keys.CardMasterNew}
	for _, path := range keys.CVCACertificates {
		list, err := readCVCertificates("cvca-certificates", path)
		if err != nil {
			return nil, nil, err
		}
		a.CVCA = append(a.CVCA, list...)
	}
	read := func(path string) ([]byte, error) { return readKeyCertificate(env, path) }
	if trust != nil || keys.Trust != "" {
		set, err := signers.Open(ctx, keys, ring, trust, read)
		if err != nil {
			return nil, nil, err
		}
		a.Documents = set.Pool
		return a, set, nil
	}
	env.talk("%s: %s", keys.Path(), env.tr("trust: names no trust store, so EF.SOD is not verified up to the CSCA before it is written",
		"trust: không ghi kho tin cậy, nên EF.SOD không được xác minh đến CSCA trước khi ghi"))
	one := keys.Signers()[0]
	var der []byte
	var err error
	if one.Certificate != "" {
		der, err = read(one.Certificate)
	} else {
		der, err = ring.Certificate(ctx, one.Key)
	}
	if err != nil {
		return nil, nil, err
	}
	a.Signer = one.Key
	if a.Certificate, err = pki.ParseCertificate(der); err != nil {
		return nil, nil, fmt.Errorf("certificate of the document signer: %w", err)
	}
	return a, nil, nil
}

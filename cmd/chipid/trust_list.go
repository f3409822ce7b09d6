package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// trustEntry is one line of "trust list" in JSON.
type trustEntry struct {
	pki.Entry
	Subject string `json:"subject"` // of a CRL its issuer, of a deviation list its signer
}

func newTrustListCmd(env *env) *cobra.Command {
	var dir, country string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list --store DIR",
		Short: "List what a trust store holds",
		Long: `list shows the certificates and CRLs of a trust store by country. csca is a
self-signed CSCA certificate, which anchors documents; link one that leads from
a newer key to an older; signer a certificate that nothing is trusted by.
Pinned Document Signers follow with who pinned them, and why.

Example:
  chipid trust list --store trust
  chipid trust list --store trust --country VN --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			entries, err := trustEntries(store, strings.ToUpper(country))
			if err != nil {
				return err
			}
			if asJSON {
				pins := store.Pins()
				if pins == nil {
					pins = []pki.Pin{}
				}
				return printJSON(env, struct {
					Schema  string       `json:"schema"`
					Store   string       `json:"store"`
					Test    bool         `json:"test"`
					Entries []trustEntry `json:"entries"`
					Pins    []pki.Pin    `json:"pins"`
				}{"chipid.trust.list/1", store.Dir(), store.Test(), entries, pins})
			}
			printTrust(env, store, entries)
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dir, "store", "", "folder of the trust store")
	fs.StringVar(&country, "country", "", "only this country, by its two letters")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func trustEntries(store *pki.Store, country string) ([]trustEntry, error) {
	out := []trustEntry{}
	for _, e := range store.Entries() {
		if country != "" && e.Country != country {
			continue
		}
		t := trustEntry{Entry: e}
		switch e.Kind {
		case pki.KindDeviationList:
			l, err := store.DeviationList(e.SHA256)
			if err != nil {
				return nil, err
			}
			if c := l.Signer(); c != nil {
				t.Subject = c.Subject.String()
			}
		case pki.KindCRL:
			l, err := store.CRL(e.SHA256)
			if err != nil {
				return nil, err
			}
			t.Subject = l.Issuer.String()
		default:
			c, err := store.Certificate(e.SHA256)
			if err != nil {
				return nil, err
			}
			t.Subject = c.Subject.String()
		}
		out = append(out, t)
	}
	return out, nil
}

func printTrust(env *env, store *pki.Store, entries []trustEntry) {
	counts := map[string]int{}
	t := newTable(env.Stdout)
	if len(entries) > 0 {
		t.row(env.tr("COUNTRY", "NƯỚC"), env.tr("KIND", "LOẠI"), env.tr("FROM", "TỪ"), env.tr("UNTIL", "ĐẾN"), "SHA-256", env.tr("SUBJECT", "CHỦ THỂ"))
	}
	now := time.Now()
	for _, e := range entries {
		counts[e.Kind]++
		until := "-"
		if !e.To.IsZero() {
			until = dayText(e.To)
			if e.To.Before(now) {
				until += env.tr(" (over)", " (đã hết)")
			}
		}
		t.row(e.Country, e.Kind, dayText(e.From), until, e.SHA256[:16], e.Subject)
	}
	for _, p := range store.Pins() {
		t.row("", env.tr("pinned", "ghim"), dayText(p.When), "-", p.SHA256[:16], p.Who+": "+p.Why)
	}
	t.flush()
	env.talk(env.tr("%d CSCA, %d links, %d signers, %d CRLs", "%d CSCA, %d chứng thư nối, %d bên ký, %d CRL"),
		counts[pki.KindCSCA], counts[pki.KindLink], counts[pki.KindSigner], counts[pki.KindCRL])
	if store.Test() {
		env.talk("%s", env.tr("TEST: this store proves nothing about real documents", "TEST: kho này không chứng minh điều gì về giấy tờ thật"))
	}
}

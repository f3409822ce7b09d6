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
	Named   bool   `json:"named"`   // a CSCA that the operator named
	Subject string `json:"subject"` // of a CRL its issuer, of a deviation list its signer
}

func newTrustListCmd(env *env) *cobra.Command {
	var dir, country string
	var asJSON, sources bool
	cmd := &cobra.Command{
		Use:   "list --store DIR",
		Short: "List what a trust store holds",
		Long: `list shows the certificates and CRLs of a trust store by country. csca is a
self-signed CSCA certificate, which anchors documents; link one that leads from
a newer key to an older; signer a certificate that nothing is trusted by;
deviation list what a State knows to be wrong with its documents. A star marks the
CSCAs that you named yourself, which may vouch for master lists. Pinned Document
Signers follow with who pinned them, and why. --sources lists the files that were
imported, with who signed them and when.

Example:
  chipid trust list --store trust
  chipid trust list --store trust --country VN --json
  chipid trust list --store trust --sources

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			if sources {
				return listSources(env, store, strings.ToUpper(country), asJSON)
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
				removed := store.Removed()
				if removed == nil {
					removed = []pki.Removal{}
				}
				return printJSON(env, struct {
					Schema  string         `json:"schema"`
					Store   string         `json:"store"`
					Test    bool           `json:"test"`
					Bundle  *pki.Following `json:"bundle,omitempty"`
					Entries []trustEntry   `json:"entries"`
					Pins    []pki.Pin      `json:"pins"`
					Removed []pki.Removal  `json:"removed"`
				}{"chipid.trust.list/1", store.Dir(), store.Test(), store.Bundle(), entries, pins, removed})
			}
			printTrust(env, store, entries)
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dir, "store", "", "folder of the trust store")
	fs.StringVar(&country, "country", "", "only this country, by its two letters")
	fs.BoolVar(&sources, "sources", false, "list the files that were imported")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func trustEntries(store *pki.Store, country string) ([]trustEntry, error) {
	out := []trustEntry{}
	named := map[string]bool{}
	all, err := store.Named()
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		named[n.SHA256] = true
	}
	for _, e := range store.Entries() {
		if country != "" && e.Country != country {
			continue
		}
		t := trustEntry{Entry: e, Named: named[e.SHA256]}
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
		kind := e.Kind
		if e.Named {
			kind += "*"
		}
		t.row(e.Country, kind, dayOrNone(e.From), until, e.SHA256[:16], e.Subject)
	}
	for _, p := range store.Pins() {
		t.row("", env.tr("pinned", "ghim"), dayText(p.When), "-", p.SHA256[:16], p.Who+": "+p.Why)
	}
	t.flush()
	env.talk(env.tr("%d CSCA, %d links, %d signers, %d CRLs, %d deviation lists", "%d CSCA, %d chứng thư nối, %d bên ký, %d CRL, %d danh sách sai lệch"),
		counts[pki.KindCSCA], counts[pki.KindLink], counts[pki.KindSigner], counts[pki.KindCRL], counts[pki.KindDeviationList])
	if b := store.Bundle(); b != nil {
		env.talk(env.tr("made of bundle version %d, which counts until %s", "lập từ gói phiên bản %d, có giá trị đến %s"), b.Version, dayText(b.Expires))
	}
	sayTest(env, store)
}

// listSources lists the files that were imported, the oldest first.
func listSources(env *env, store *pki.Store, country string, asJSON bool) error {
	all, err := store.Sources()
	if err != nil {
		return err
	}
	list := []pki.Source{}
	for _, s := range all {
		if country == "" || s.Country == country {
			list = append(list, s)
		}
	}
	if asJSON {
		return printJSON(env, struct {
			Schema  string       `json:"schema"`
			Store   string       `json:"store"`
			Sources []pki.Source `json:"sources"`
		}{"chipid.trust.sources/1", store.Dir(), list})
	}
	t := newTable(env.Stdout)
	if len(list) > 0 {
		t.row(env.tr("IMPORTED", "NHẬP"), env.tr("KIND", "LOẠI"), env.tr("COUNTRY", "NƯỚC"), env.tr("SIGNED", "KÝ"), env.tr("OBJECTS", "SỐ MỤC"), "SHA-256", env.tr("FILE", "TỆP"))
	}
	for _, s := range list {
		signed := "-"
		if s.SigningAt != nil {
			signed = dayText(*s.SigningAt)
		}
		t.row(dayText(s.Imported), env.trustKind(s.Kind), s.Country, signed, len(s.Contents), s.SHA256[:16], s.File)
	}
	t.flush()
	return nil
}

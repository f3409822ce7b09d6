package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustCheckCmd(env *env) *cobra.Command {
	var dir, country string
	var within, crlAge, listAge int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check --store DIR",
		Short: "Say what in a trust store is damaged, out of date or about to be",
		Long: `check reads the whole store: every file against its name and kind, the last CSCA
of each State, the newest CRL of each issuer, the last master list of each
publisher, pins, and the bundle the store was made of. Run it every day.

  damaged  a file is not what was imported                          exit status 5
  overdue  something is out of date, or its successor is missing    exit status 6
  notice   worth knowing; the exit status stays 0

Example:
  chipid trust check --store trust
  chipid trust check --store trust --country VN --within 60 --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			for _, n := range []struct {
				flag string
				days int
			}{{"--within", within}, {"--crl-age", crlAge}, {"--list-age", listAge}} {
				if n.days < 1 || n.days > 36500 {
					return usagef("%s: is no number of days from 1 on", n.flag)
				}
			}
			days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
			alarms := []pki.Alarm{}
			status := exitOK
			for _, a := range store.Check(pki.CheckOptions{Within: days(within), CRLAge: days(crlAge), ListAge: days(listAge)}) {
				if country != "" && a.Country != "" && a.Country != strings.ToUpper(country) {
					continue
				}
				alarms = append(alarms, a)
				switch {
				case a.Severity == pki.Damaged:
					status = exitFailed
				case a.Severity == pki.Overdue && status == exitOK:
					status = exitInconclusive
				}
			}
			if asJSON {
				err = printJSON(env, struct {
					Schema string         `json:"schema"`
					Store  string         `json:"store"`
					Test   bool           `json:"test"`
					Bundle *pki.Following `json:"bundle,omitempty"`
					Alarms []pki.Alarm    `json:"alarms"`
				}{"chipid.trust.check/1", store.Dir(), store.Test(), store.Bundle(), alarms})
			} else {
				printAlarms(env, store, alarms)
			}
			if err == nil && status != exitOK {
				return exitError{status: status}
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dir, "store", "", "folder of the trust store")
	fs.StringVar(&country, "country", "", "only this country, by its two letters")
	fs.IntVar(&within, "within", 30, "days in which an end is near")
	fs.IntVar(&crlAge, "crl-age", 90, "days after which a CRL is old")
	fs.IntVar(&listAge, "list-age", 180, "days after which a master list is old")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printAlarms(env *env, store *pki.Store, alarms []pki.Alarm) {
	words := map[pki.Severity]string{
		pki.Damaged: env.tr("damaged", "hư hỏng"), pki.Overdue: env.tr("overdue", "quá hạn"), pki.Notice: env.tr("notice", "lưu ý"),
	}
	t := newTable(env.Stdout)
	counts := map[pki.Severity]int{}
	for _, a := range alarms {
		counts[a.Severity]++
		subject := a.Subject
		if subject != "" {
			subject += ": "
		}
		t.row(words[a.Severity], a.Country, a.ID, subject+a.Text)
	}
	t.flush()
	env.talk(env.tr("%d entries: %d damaged, %d overdue, %d notices", "%d mục: %d hư hỏng, %d quá hạn, %d lưu ý"),
		len(store.Entries()), counts[pki.Damaged], counts[pki.Overdue], counts[pki.Notice])
	sayTest(env, store)
}

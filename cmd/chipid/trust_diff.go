package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustDiffCmd(env *env) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff [FROM [TO]] --store DIR",
		Short: "Say what changed from one imported file to another",
		Long: `diff compares two files that were imported, by what they brought: what is in the
second alone was added, what is in the first alone was removed, and a
certificate of the same holder and key with other bytes was changed. Files are
named as they were imported, or by the beginning of their SHA-256; "trust list
--sources" shows them. With one file, it is compared with the one before it of
the same publisher; without any, the newest list is.

What a new list leaves out stays in the store: take it out with "trust remove"
when you know that it was withdrawn.

Example:
  chipid trust diff --store trust
  chipid trust diff --store trust DE_ML_2024-08-07.ml DE_ML_2026-05-28.ml --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			from, to, err := diffSources(store, args)
			if err != nil {
				return err
			}
			d := store.Diff(*from, *to)
			if asJSON {
				return printJSON(env, struct {
					Schema string `json:"schema"`
					*pki.Diff
				}{"chipid.trust.diff/1", d})
			}
			env.talk(env.tr("from %s (%s) to %s (%s)", "từ %s (%s) đến %s (%s)"), from.File, dayText(from.Date()), to.File, dayText(to.Date()))
			printDiff(env, env.Stdout, d)
			env.talk(env.tr("%d added, %d removed, %d changed", "%d thêm, %d bớt, %d thay đổi"), len(d.Added), len(d.Removed), len(d.Changed))
			return nil
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dir, "store", "", "folder of the trust store")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// diffSources finds the two files that the arguments mean.
func diffSources(store *pki.Store, args []string) (from, to *pki.Source, err error) {
	sources, err := store.Sources()
	if err != nil {
		return nil, nil, err
	}
	find := func(text string) (*pki.Source, error) {
		var found *pki.Source
		for i := range sources {
			s := &sources[i]
			if s.File == text || len(text) >= 8 && strings.HasPrefix(s.SHA256, strings.ToLower(text)) {
				found = s // the newest of a name
			}
		}
		if found == nil {
			return nil, usagef("%q: no such file was imported; see chipid trust list --sources", text)
		}
		return found, nil
	}
	switch len(args) {
	case 2:
		if from, err = find(args[0]); err != nil {
			return nil, nil, err
		}
		to, err = find(args[1])
		return from, to, err
	case 1:
		if to, err = find(args[0]); err != nil {
			return nil, nil, err
		}
	default:
		for i := range sources {
			if s := &sources[i]; len(s.Lists) == 1 && pki.Previous(sources, s) != nil && (to == nil || s.Date().After(to.Date())) {
				to = s
			}
		}
	}
	if to != nil {
		from = pki.Previous(sources, to)
	}
	if from == nil {
		return nil, nil, usagef("the store has no two lists of one publisher to compare; name two files, see chipid trust list --sources")
	}
	return from, to, nil
}

// printDiff writes a line a difference: + added, - removed, ~ changed.
func printDiff(env *env, w io.Writer, d *pki.Diff) {
	t := newTable(w)
	line := func(sign string, e pki.DiffEntry) {
		subject := e.Subject
		if subject == "" {
			subject = env.tr("no longer in the store", "không còn trong kho")
		}
		t.row(sign, e.Country, e.Kind, dayOrNone(e.To), e.SHA256[:16], subject)
	}
	for _, e := range d.Added {
		line("+", e)
	}
	for _, e := range d.Removed {
		line("-", e)
	}
	for _, c := range d.Changed {
		line("~", c.After)
		fmt.Fprintf(t.w, "\t\t\t\t%s\t%s\n", c.Before.SHA256[:16], env.tr("before", "trước đó"))
	}
	t.flush()
}

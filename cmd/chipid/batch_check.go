package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
)

type batchCheck struct {
	profile, photos, from, query, keys string
	json                               bool
}

// checkedJSON is what `batch check --json` prints. Reasons hold no personal data.
type checkedJSON struct {
	Schema   string        `json:"schema"`
	Rows     int64         `json:"rows"`
	Accepted int64         `json:"accepted"`
	Rejected int64         `json:"rejected"`
	Findings []findingJSON `json:"findings"`
}

type findingJSON struct {
	Line    int    `json:"line"`
	Outcome string `json:"outcome"` // reject or warn
	Field   string `json:"field,omitempty"`
	Problem string `json:"problem"`
}

// maxFindings bounds what is printed.
const maxFindings = 10_000

func newBatchCheckCmd(env *env) *cobra.Command {
	var f batchCheck
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Ask the rules about a file of requests, and take nothing in",
		Long: `check puts the rules of a profile to every row of a file, with its photos, and says
which would be rejected and why. No store and no token is needed, so cards that
exist already are not found here. A file that comes encrypted wants --keys.

Example:
  chipid batch check requests.csv --profile vn-cccd-2021 --photos photos.zip

Exit statuses: 5 when a row would be rejected.
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return f.run(cmd.Context(), env, file)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&f.profile, "profile", "", "card type, or the path of a profile file")
	fs.StringVar(&f.photos, "photos", "", "folder or zip with the photos (default the folder of FILE)")
	fs.StringVar(&f.keys, "keys", "", "the keys file, for a file that comes encrypted")
	fs.StringVar(&f.from, "from", "", "PostgreSQL database to read from")
	fs.StringVar(&f.query, "query", "", "the query whose rows are checked, with ORDER BY")
	fs.BoolVar(&f.json, "json", false, "print the findings as JSON")
	_ = cmd.MarkFlagRequired("profile")
	return cmd
}

func (f *batchCheck) run(ctx context.Context, env *env, file string) error {
	if (file == "") == (f.from == "") || (f.from == "") != (f.query == "") {
		return usagef("name a file, or --from and --query")
	}
	profile, err := cardprofile.Load(f.profile)
	if err != nil {
		return err
	}
	var files intake.Files
	if f.keys != "" {
		keys, ring, err := lineKeys(ctx, env, f.keys)
		if err != nil {
			return err
		}
		defer ring.Close()
		if files, err = intakeFiles(ctx, keys, ring); err != nil {
			return err
		}
	}
	src, err := openSource(ctx, env, files, file, f.from, f.query)
	if err != nil {
		return err
	}
	defer src.Close()
	photos, err := files.Photos(ctx, f.photos, file)
	if err != nil {
		return err
	}
	defer photos.Close()
	j := checkedJSON{Schema: "chipid.checked/1", Findings: []findingJSON{}}
	more := 0
	done, err := intake.Check(ctx, profile, src, photos, cardprofile.DateOf(time.Now()), env.Lang, func(x intake.Finding) {
		if len(j.Findings) >= maxFindings {
			more++
			return
		}
		outcome := "warn"
		if x.Reject {
			outcome = "reject"
		}
		j.Findings = append(j.Findings, findingJSON{x.Line, outcome, x.Reason.Field, x.Reason.Problem})
	})
	if err != nil {
		return err
	}
	j.Rows, j.Accepted, j.Rejected = done.Done, done.Accepted, done.Rejected
	if f.json {
		if err := printJSON(env, j); err != nil {
			return err
		}
	} else {
		outcomes := map[string]string{"reject": env.tr("reject", "trả lại"), "warn": env.tr("warning", "cảnh báo")}
		t := newTable(env.Stdout)
		for _, x := range j.Findings {
			t.row(x.Line, outcomes[x.Outcome], x.Field, x.Problem)
		}
		t.flush()
		if more > 0 {
			fmt.Fprintf(env.Stdout, env.tr("… and %d more\n", "… và %d dòng nữa\n"), more)
		}
		fmt.Fprintf(env.Stdout, env.tr("%d rows = %d accepted + %d rejected\n", "%d dòng = %d nhận + %d trả lại\n"), j.Rows, j.Accepted, j.Rejected)
	}
	if j.Rejected > 0 {
		return exitError{status: exitFailed}
	}
	return nil
}

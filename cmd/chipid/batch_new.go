package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type batchNew struct {
	db                            storeflags.Flags
	profile, keys, source, retain string
	json                          bool
}

func newBatchNewCmd(env *env) *cobra.Command {
	var f batchNew
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a batch",
		Long: `new begins an empty batch with a data key of its own, which the token wraps. All its
cards are of one profile. The store is made where there is none.

--retain says how long personal data is kept once the batch is closed: 30d, 12h; 0,
the default, keeps it until somebody erases it.

Example:
  chipid batch new A-2026-11 --profile vn-cccd-2021 --keys keys.yaml --retain 30d

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0]) },
	}
	fs := cmd.Flags()
	f.db.Register(fs)
	fs.StringVar(&f.profile, "profile", "", "card type, or the path of a profile file")
	fs.StringVar(&f.keys, "keys", "", "the keys file")
	fs.StringVar(&f.source, "source", "", "who sends the batch, for the reports")
	fs.StringVar(&f.retain, "retain", "0", "how long personal data is kept after the batch is closed: 30d, 12h")
	fs.BoolVar(&f.json, "json", false, "print the batch as JSON")
	_ = cmd.MarkFlagRequired("profile")
	_ = cmd.MarkFlagRequired("keys")
	return cmd
}

// batchName is what a batch may be called: its name stands in file names and reports.
var batchName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (f *batchNew) run(ctx context.Context, env *env, name string) error {
	if !batchName.MatchString(name) {
		return usagef("the name of a batch is letters, digits, dot, dash and underscore, 64 at most")
	}
	profile, err := cardprofile.Load(f.profile)
	if err != nil {
		return err
	}
	retain, err := parseRetain("--retain", f.retain)
	if err != nil {
		return err
	}
	keys, ring, err := lineKeys(ctx, env, f.keys)
	if err != nil {
		return err
	}
	defer ring.Close()
	st, err := f.db.Create(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	im, err := importer(ctx, env, st, keys, ring)
	if err != nil {
		return err
	}
	err = st.Do(ctx, "find batch", func(tx *store.Tx) error {
		_, err := tx.Batch(ctx, name)
		return err
	})
	switch {
	case err == nil:
		return usagef("there is a batch %q already: names are used once", name)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	// The path may be one of this machine; other machines load the profile by its id.
	b, err := im.NewBatch(ctx, store.Batch{Name: name, Profile: profileName(f.profile, profile), Source: f.source, Retain: retain})
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(env, newBatchJSON(b, nil))
	}
	fmt.Fprintf(env.Stdout, env.tr("batch %s: profile %s\n", "đợt %s: loại thẻ %s\n"), b.Name, profile.ID)
	return nil
}

// profileName is how a store names a profile: one that comes with chipid by its id, a
// file by its path.
func profileName(given string, p *cardprofile.Profile) string {
	if builtIn, err := cardprofile.Load(p.ID); err == nil && builtIn.ID == p.ID && given == p.ID {
		return p.ID
	}
	return given
}

// parseRetain reads a duration with days, the value of a flag.
func parseRetain(flag, s string) (time.Duration, error) {
	bad := usagef("%s is no time such as 30d or 12h", flag)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, bad
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	if s == "0" || s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, bad
	}
	return d, nil
}

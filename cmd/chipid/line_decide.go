package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// lineDecisions are the verbs by which people decide.
func lineDecisions(env *env) []*cobra.Command {
	about := func(use, short, long, example string, f func(ctx context.Context, o *office.Office, id int64, by string) (office.Decision, error)) *cobra.Command {
		var d deciding
		var asJSON bool
		cmd := &cobra.Command{
			Use: use + " CARD", Short: short,
			Long: long + "\n\nExample:\n  " + example + "\n\nExit statuses:\n" + exitHelp(exitOK, exitFault, exitUsage),
			Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				id, err := strconv.ParseInt(args[0], 10, 64)
				if err != nil || id <= 0 {
					return usagef("name the card by its number, as chipid line status prints it")
				}
				return d.office(cmd.Context(), func(o *office.Office) error {
					dec, err := f(cmd.Context(), o, id, d.person())
					if err != nil {
						return err
					}
					return decided(env, asJSON, dec)
				})
			},
		}
		d.register(cmd)
		cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
		return cmd
	}
	simple := func(use, short, long, example string, f func(ctx context.Context, o *office.Office, name, by string) error) *cobra.Command {
		var d deciding
		var asJSON bool
		cmd := &cobra.Command{
			Use: use, Short: short,
			Long: long + "\n\nExample:\n  " + example + "\n\nExit statuses:\n" + exitHelp(exitOK, exitFault, exitUsage),
			Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return d.office(cmd.Context(), func(o *office.Office) error {
					if err := f(cmd.Context(), o, args[0], d.person()); err != nil {
						return err
					}
					if asJSON {
						return printJSON(env, struct {
							Schema  string `json:"schema"`
							Done    bool   `json:"done"`
							Action  string `json:"action"`
							Subject string `json:"subject"`
						}{"chipid.decision/1", true, cmd.Name(), args[0]})
					}
					fmt.Fprintf(env.Stdout, env.tr("%s: noted\n", "%s: đã ghi\n"), args[0])
					return nil
				})
			},
		}
		d.register(cmd)
		cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
		return cmd
	}
	want := func(use, wanted, short, long string) *cobra.Command {
		return simple(use+" STATION", short, long, "chipid line "+use+" S1 --by lan", func(ctx context.Context, o *office.Office, name, by string) error {
			return o.Want(ctx, name, wanted, by)
		})
	}
	return []*cobra.Command{
		newLineConfirmCmd(env),
		about("destroy", "Say that a confirmed reject was destroyed (two people)", "destroy notes that a reject out of the locked bin was destroyed. Two people say so.", "chipid line destroy 17 --by minh",
			func(ctx context.Context, o *office.Office, id int64, by string) (office.Decision, error) {
				return o.Destroy(ctx, id, by)
			}),
		about("give-up", "Say that a card is not to be found (two people)", "give-up notes that a card was searched for and is lost. Two people say so. Nothing is made\nin its place: a lost card may be perfect, and is replaced by a remake in a batch.", "chipid line give-up 17 --by minh",
			func(ctx context.Context, o *office.Office, id int64, by string) (office.Decision, error) {
				return o.GiveUp(ctx, id, by)
			}),
		about("found", "Say that a lost card was found", "found brings a lost card back, to the rejects.", "chipid line found 17 --by minh",
			func(ctx context.Context, o *office.Office, id int64, by string) (office.Decision, error) {
				return o.Found(ctx, id, by)
			}),
		simple("again REQUEST", "Put a held request back to work", "again puts a request back to work that was held because no card could be made of it.", "chipid line again 42 --by lan",
			func(ctx context.Context, o *office.Office, name, by string) error {
				id, err := strconv.ParseInt(name, 10, 64)
				if err != nil {
					return usagef("name the request by its number")
				}
				return o.Again(ctx, id, by)
			}),
		simple("release LOT", "Let a stopped lot of blanks go on", "release lets a lot go on that stopped because chips in a row failed their authentication.\nFind out first why: wrong keys burn every chip they are tried on.", "chipid line release LOT-2026-11 --by lan",
			func(ctx context.Context, o *office.Office, name, by string) error { return o.Release(ctx, name, by) }),
		simple("hold BATCH", "Begin no more cards of a batch", "hold pauses a batch: cards that are being made are finished, none is begun.", "chipid line hold A-2026-11 --by lan",
			func(ctx context.Context, o *office.Office, name, by string) error { return o.Rest(ctx, name, true, by) }),
		simple("continue BATCH", "Let a paused batch go on", "continue lets a paused batch go on.", "chipid line continue A-2026-11 --by lan",
			func(ctx context.Context, o *office.Office, name, by string) error {
				return o.Rest(ctx, name, false, by)
			}),
		want("pause", store.WantPause, "Let a station rest after its card", "pause lets a station rest once its card is finished."),
		want("drain", store.WantDrain, "Take a station out after its card", "drain takes a station out of the line once its card is finished."),
		want("work", store.WantWork, "Let a station work again", "work lets a station work again that was paused or drained."),
		want("resume", store.WantResume, "Say that what halted a station was put right", "resume tells a halted station that its fault was put right: it carries on with its card."),
		want("give-up-card", store.WantGiveUp, "Give up the card inside a halted station", "give-up-card tells a halted station to give its card up: it becomes a reject."),
	}
}

func newLineConfirmCmd(env *env) *cobra.Command {
	var d deciding
	var scan string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "confirm [CARD]",
		Short: "Say that a reject lies in the locked bin, so that it is made again",
		Long: `confirm notes that a reject was seen in the locked bin. Its request is then open again,
and a new card is made. Either one person scans the chip's serial number there, or
two people say so.

Example:
  chipid line confirm --scan 4790510123456789 --by lan
  chipid line confirm 17 --by lan && chipid line confirm 17 --by minh

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (scan == "") == (len(args) == 0) {
				return usagef("name the card by its number, or scan it with --scan")
			}
			return d.office(cmd.Context(), func(o *office.Office) error {
				var dec office.Decision
				var err error
				if scan != "" {
					dec, err = o.ConfirmScan(cmd.Context(), scan, d.person())
				} else {
					id, perr := strconv.ParseInt(args[0], 10, 64)
					if perr != nil || id <= 0 {
						return usagef("name the card by its number, as chipid line status prints it")
					}
					dec, err = o.Confirm(cmd.Context(), id, d.person())
				}
				if err != nil {
					return err
				}
				return decided(env, asJSON, dec)
			})
		},
	}
	d.register(cmd)
	cmd.Flags().StringVar(&scan, "scan", "", "serial number of the chip, scanned in the locked bin")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
	return cmd
}

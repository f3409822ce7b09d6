package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/lineup"
	"github.com/chipid-toolkit/chipid/printer/line/prepare"
	"github.com/chipid-toolkit/chipid/printer/line/quality"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type lineRun struct {
	db                   storeflags.Flags
	file, batch, station string
	audit                string
	drain                bool
}

func newLineRunCmd(env *env) *cobra.Command {
	var f lineRun
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Make the cards of a batch at the stations of a line file",
		Long: `run brings every station into order, accounts for what an earlier run left in it, and
makes cards until the batch is done, or until it is interrupted: then each station
finishes the card it has; a second interrupt ends it at once. After a crash run it again: it carries on.

The Document Signers of the keys file sign as docs/sign.md says; the file may be changed
while the line runs, and is taken over within seconds.

The batch's cards are made in the order of priority, due date and line. Without
--batch the line works for all batches until it is interrupted. Several processes,
on many machines, may work for one store on PostgreSQL.

--drain begins no card: it only brings the stations into order.

Every decision goes into the audit log of --audit, whose checkpoints are signed by the
key that audit: of the keys file names; of several processes one feeds it at a time.

Example:
  chipid line run --line line.yaml --batch A-2026-11

Exit statuses: 9 when cards are left that wait for people.
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitHSM, exitPrinter, exitHalted),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	f.db.Register(fs)
	registerAuditDir(cmd, &f.audit)
	fs.StringVar(&f.file, "line", "", "the line file")
	fs.StringVar(&f.batch, "batch", "", "the batch to make (default all, until interrupted)")
	fs.StringVar(&f.station, "station", "", "run this station of the file alone")
	fs.BoolVar(&f.drain, "drain", false, "account for what lies in the stations, and begin no card")
	_ = cmd.MarkFlagRequired("line")
	return cmd
}

func (f *lineRun) run(ctx context.Context, env *env) error {
	file, err := lineup.Load(f.file)
	if err != nil {
		return err
	}
	trust, err := pki.Open(file.Trust)
	if err != nil {
		return err
	}
	keys, ring, err := lineKeys(ctx, env, file.Keys)
	if err != nil {
		return err
	}
	defer ring.Close()
	if err := keys.Cards(); err != nil {
		return err
	}
	authority, set, err := authorityOf(ctx, env, ring, keys, trust)
	if err != nil {
		return err
	}
	defer set.Close()
	if err := authority.Check(ctx, time.Now()); err != nil {
		return fmt.Errorf("%s: %w", file.Keys, err)
	}
	st, err := f.db.Open(ctx, f.file)
	if err != nil {
		return err
	}
	defer st.Close()
	batch, driver, err := f.chips(ctx, st, file)
	if err != nil {
		return err
	}
	audited, err := feedAudit(ctx, env, st, auditDir(f.audit, &f.db, f.file), file.Keys, keys.Audit, ring)
	if err != nil {
		return err
	}
	defer audited()
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	preparer := &prepare.Preparer{Store: st, Keys: ring, Seal: keys.Seal, Driver: driver.Name(), DPI: file.DPI, Faces: true}
	defer preparer.Close()
	// Document Signers are rotated by editing the keys file, while the line runs.
	following, stop := context.WithCancel(ctx)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		set.Follow(following, file.Keys, func(err error) { log.Warn("the keys file was not taken over", "error", err) })
	}()
	defer func() { stop(); <-followed }()
	stations, closeAll, err := file.Build(ctx, f.station, lineup.Parts{
		Store: st, Issuer: authority, Checker: func(s lineup.Station) station.Checker { return checkerOf(s, trust, authority) },
		Printer: printer.Options{Lang: env.Lang, Log: log}, Driver: driver, Stop: ctx.Done(),
		Say: func(name string, what lineup.Ask) { env.talk("%s: %s", name, env.tr(string(what), asked[what])) },
	})
	if err != nil {
		return err
	}
	finishes.Store(true)
	err = f.work(ctx, env, &line.Line{Store: st, Process: processName(file.Process), Stations: stations, Prepare: preparer.Work, Batch: batch.ID, Log: log,
		Ready: func(ctx context.Context) error { return authority.Check(ctx, time.Now()) }})
	finishes.Store(false)
	if err = errors.Join(err, closeAll()); err != nil {
		return takenError(err)
	}
	return f.end(context.WithoutCancel(ctx), env, st, batch)
}

// asked is what people are asked, in Vietnamese.
var asked = map[lineup.Ask]string{
	lineup.AskBlank:  "đặt phôi thẻ lên đầu đọc",
	lineup.AskGood:   "lấy thẻ ra: thẻ đạt",
	lineup.AskReject: "lấy thẻ ra: bỏ vào thùng thẻ hỏng CÓ KHÓA",
}

// work runs the line, with a line of progress every few seconds.
func (f *lineRun) work(ctx context.Context, env *env, l *line.Line) error {
	if f.drain {
		return l.Settle(ctx)
	}
	done := make(chan struct{})
	go func() {
		bar := newProgress(env)
		defer bar.close()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		said := ""
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			var n map[store.RequestState]int64
			var why string
			if err := l.Store.Do(context.WithoutCancel(ctx), "progress", func(tx *store.Tx) (err error) {
				if n, err = tx.RequestCounts(ctx, l.Batch); err != nil {
					return err
				}
				why, err = waitsFor(ctx, env, tx, l.Batch, n[store.RequestOpen])
				return err
			}); err != nil {
				continue
			}
			if why != said && why != "" {
				env.talk("%s", why)
			}
			said = why
			var all int64
			for s, k := range n {
				if s != store.RequestCancelled {
					all += k
				}
			}
			if l.Batch != 0 && all > 0 {
				bar.set(env.tr("cards", "thẻ"), int(n[store.RequestDone]), int(all))
			}
		}
	}()
	err := l.Run(ctx)
	close(done)
	return err
}

// waitsFor says what keeps the line from beginning cards that are wanted, "" for
// nothing.
func waitsFor(ctx context.Context, env *env, tx *store.Tx, batch, open int64) (string, error) {
	if open == 0 {
		return "", nil
	}
	lots, err := tx.StoppedLots(ctx)
	if err != nil {
		return "", err
	}
	if len(lots) > 0 {
		return fmt.Sprintf(env.tr("lot %s is STOPPED: %s; find out why, then: chipid line release %[1]s", "lô %s ĐÃ DỪNG: %s; tìm nguyên nhân, rồi: chipid line release %[1]s"), lots[0].Name, lots[0].Reason), nil
	}
	if batch == 0 {
		return "", nil
	}
	b, err := tx.BatchByID(ctx, batch)
	if err != nil {
		return "", err
	}
	if b.State == store.BatchPaused {
		return fmt.Sprintf(env.tr("batch %s is paused; to go on: chipid line continue %[1]s", "đợt %s đang tạm dừng; để làm tiếp: chipid line continue %[1]s"), b.Name), nil
	}
	balance, err := tx.Balance(ctx, batch)
	if err != nil {
		return "", err
	}
	if balance[card.Stock] == 0 {
		return fmt.Sprintf(env.tr("no blank is in stock for batch %s; book the delivery: chipid stock receive --batch %[1]s", "không còn phôi trong kho cho đợt %s; nhập phôi: chipid stock receive --batch %[1]s"), b.Name), nil
	}
	return "", nil
}

// chips says which batch is made, and which chips its cards have.
func (f *lineRun) chips(ctx context.Context, st *store.Store, file *lineup.File) (store.Batch, applet.Driver, error) {
	var b store.Batch
	name := file.Chip
	if f.batch != "" {
		if err := st.Do(ctx, "find batch", func(tx *store.Tx) (err error) {
			b, err = tx.Batch(ctx, f.batch)
			return err
		}); err != nil {
			return b, nil, batchError(err, f.batch)
		}
		p, err := cardprofile.Load(b.Profile)
		if err != nil {
			return b, nil, err
		}
		if name == "" {
			name = p.Chip.Driver
		}
		if p.Chip.Driver != name {
			return b, nil, &cardprofile.InputError{File: file.Path(), Field: "chip", Problem: "is " + name + ", and the batch's cards have " + p.Chip.Driver, Fix: "run the batch on a line with those blanks"}
		}
	}
	if name == "" {
		return b, nil, &cardprofile.InputError{File: file.Path(), Field: "chip", Problem: "is missing for a line that works for all batches", Fix: "name the chip operating system of the blanks, or --batch"}
	}
	driver, err := applet.ByName(name)
	if err != nil {
		return b, nil, &cardprofile.InputError{File: file.Path(), Field: "chip", Problem: "is none that is known: " + name, Fix: "name one of the profiles' drivers"}
	}
	return b, driver, nil
}

// end says what is left to do for people.
func (f *lineRun) end(ctx context.Context, env *env, st *store.Store, batch store.Batch) error {
	if f.batch == "" {
		return nil
	}
	var n map[store.RequestState]int64
	if err := st.Do(ctx, "end", func(tx *store.Tx) (err error) {
		n, err = tx.RequestCounts(ctx, batch.ID)
		return err
	}); err != nil {
		return err
	}
	left := n[store.RequestOpen] + n[store.RequestMaking] + n[store.RequestHeld]
	fmt.Fprintf(env.Stdout, env.tr("batch %s: %d done, %d to be made, %d wait for people\n", "đợt %s: %d xong, %d chờ làm, %d chờ người xử lý\n"),
		f.batch, n[store.RequestDone], n[store.RequestOpen]+n[store.RequestMaking], n[store.RequestHeld])
	if left > 0 {
		env.talk("%s", env.tr("chipid line status says what waits for whom.", "chipid line status cho biết việc gì đang chờ ai."))
		return exitError{status: exitHalted}
	}
	return nil
}

// processName names this process, the same after a restart.
func processName(given string) string {
	if given != "" {
		return given
	}
	host, err := os.Hostname()
	if err != nil {
		return "line"
	}
	return host
}

// takenError says what to do when another process runs a station.
func takenError(err error) error {
	if errors.Is(err, store.ErrTaken) {
		return &cardprofile.InputError{Problem: strings.TrimPrefix(err.Error(), "store: "), Fix: "stop the other process, or wait 15 seconds after it has ended; two line files with the same station names need different names"}
	}
	return err
}

// checkerOf is the inspection of a station's finished cards.
func checkerOf(_ lineup.Station, trust *pki.Store, authority *issue.Authority) station.Checker {
	return &quality.Checker{Trust: trust, Authority: authority}
}

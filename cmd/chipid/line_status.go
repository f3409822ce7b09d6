package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// lineJSON is what `line status --json` prints. It holds no personal data.
type lineJSON struct {
	Schema    string                 `json:"schema"`
	At        time.Time              `json:"at"`
	Balanced  bool                   `json:"balanced"` // the ledger agrees with the cards
	Accounts  map[card.Account]int64 `json:"accounts"`
	Requests  map[string]int64       `json:"requests"`
	Stations  []stationJSON          `json:"stations"`
	Stopped   []lotJSON              `json:"stopped_lots"`
	Rejects   []rejectJSON           `json:"rejects"` // that wait for people
	Approvals []approvalJSON         `json:"approvals"`
}

type stationJSON struct {
	Name    string    `json:"name"`
	Process string    `json:"process"`
	State   string    `json:"state"`
	Wanted  string    `json:"wanted,omitempty"`
	Card    int64     `json:"card,omitempty"`
	Message string    `json:"message,omitempty"`
	Made    int64     `json:"made"`
	Spoiled int64     `json:"spoiled"`
	Seen    time.Time `json:"seen"`
}

type lotJSON struct {
	Lot      string `json:"lot"`
	Failures int    `json:"failures"`
	Reason   string `json:"reason"`
}

type rejectJSON struct {
	Card    int64  `json:"card"`
	Request int64  `json:"request"`
	State   string `json:"state"`
	Station string `json:"station"`
	Serial  string `json:"serial,omitempty"`
	Reason  string `json:"reason"`
}

type approvalJSON struct {
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	AskedBy string    `json:"asked_by"`
	Asked   time.Time `json:"asked"`
}

// maxShown bounds the rejects that are listed.
const maxShown = 200

func newLineStatusCmd(env *env) *cobra.Command {
	var db storeflags.Flags
	var asJSON, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Stations, blanks and what waits for people",
		Long: `status says how the line is: where every blank is, what each station does, which lots
are stopped, which rejects wait for somebody and what he is to do. --watch shows it
again every two seconds.

Example:
  chipid line status
  chipid line status --watch
  chipid line status --json

Exit statuses: 9 when something waits for people.
` + exitHelp(exitOK, exitFault, exitUsage, exitHalted),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return lineStatus(cmd.Context(), env, &db, asJSON, watch)
		},
	}
	db.Register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	cmd.Flags().BoolVar(&watch, "watch", false, "show it again every two seconds, until interrupted")
	return cmd
}

func lineStatus(ctx context.Context, env *env, db *storeflags.Flags, asJSON, watch bool) error {
	st, err := db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	for {
		j, err := readLine(ctx, st)
		if err != nil {
			return err
		}
		if watch && !asJSON && terminal(env.Stdout) {
			fmt.Fprint(env.Stdout, "\x1b[H\x1b[2J")
		}
		if asJSON {
			err = printJSON(env, j)
		} else {
			writeLine(env, env.Stdout, j)
		}
		if err != nil {
			return err
		}
		if !watch {
			if j.waits() {
				return exitError{status: exitHalted}
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(2 * time.Second):
		}
	}
}

// waits says whether something waits for people.
func (j *lineJSON) waits() bool {
	for _, s := range j.Stations {
		if s.State == string(store.StationHalted) || s.State == string(store.StationLost) {
			return true
		}
	}
	pending := false
	for _, r := range j.Rejects {
		pending = pending || r.State == string(card.RejectPending)
	}
	return !j.Balanced || pending || len(j.Stopped) > 0 || len(j.Approvals) > 0
}

func readLine(ctx context.Context, st *store.Store) (*lineJSON, error) {
	j := &lineJSON{Schema: "chipid.line/1", At: st.Now(), Balanced: true, Requests: map[string]int64{}, Stations: []stationJSON{}, Stopped: []lotJSON{}, Rejects: []rejectJSON{}, Approvals: []approvalJSON{}}
	err := st.Do(ctx, "line status", func(tx *store.Tx) error {
		balance, err := tx.Reconcile(ctx, 0)
		if errors.Is(err, store.ErrUnbalanced) {
			j.Balanced = false
			balance, err = tx.Balance(ctx, 0)
		}
		if err != nil {
			return err
		}
		j.Accounts = balance
		counts, err := tx.RequestCounts(ctx, 0)
		if err != nil {
			return err
		}
		for s, n := range counts {
			j.Requests[string(s)] = n
		}
		stations, err := tx.Stations(ctx)
		if err != nil {
			return err
		}
		for _, s := range stations {
			j.Stations = append(j.Stations, stationJSON{s.Name, s.Process, string(s.State), s.Wanted, s.CardID, s.Message, s.Made, s.Spoiled, s.Seen})
		}
		lots, err := tx.StoppedLots(ctx)
		if err != nil {
			return err
		}
		for _, l := range lots {
			j.Stopped = append(j.Stopped, lotJSON{l.Name, l.Failures, l.Reason})
		}
		for _, state := range []card.State{card.RejectPending, card.RejectConfirmed} {
			cards, err := tx.Cards(ctx, store.Filter{State: state, Limit: maxShown})
			if err != nil {
				return err
			}
			for _, c := range cards {
				j.Rejects = append(j.Rejects, rejectJSON{c.ID, c.RequestID, string(c.State), c.Station, c.Serial, c.Reason})
			}
		}
		approvals, err := tx.Approvals(ctx)
		if err != nil {
			return err
		}
		for _, a := range approvals {
			j.Approvals = append(j.Approvals, approvalJSON{a.Action, a.Subject, a.AskedBy, a.Asked})
		}
		return nil
	})
	return j, err
}

// writeLine writes what is not normal first.
func writeLine(env *env, w io.Writer, j *lineJSON) {
	if !j.Balanced {
		fmt.Fprintln(w, env.tr("THE LEDGER DOES NOT AGREE WITH THE CARDS: stop the line and call support", "SỔ PHÔI KHÔNG KHỚP VỚI THẺ: dừng dây chuyền và gọi hỗ trợ"))
	}
	for _, l := range j.Stopped {
		fmt.Fprintf(w, env.tr("lot %s is STOPPED after %d failures: %s\n  find out why, then: chipid line release %[1]s\n", "lô %s ĐÃ DỪNG sau %d lần lỗi: %s\n  tìm nguyên nhân, rồi: chipid line release %[1]s\n"), l.Lot, l.Failures, l.Reason)
	}
	for _, s := range j.Stations {
		if s.State == string(store.StationHalted) || s.State == string(store.StationLost) {
			fmt.Fprintf(w, "%s %s: %s\n", s.Name, stateName(env, s.State), s.Message)
		}
	}
	if len(j.Stations) > 0 {
		t := newTable(w)
		t.row(env.tr("STATION", "TRẠM"), env.tr("STATE", "TRẠNG THÁI"), env.tr("CARD", "THẺ"), env.tr("MADE", "ĐÃ LÀM"), env.tr("SPOILED", "HỎNG"), env.tr("WANTED", "YÊU CẦU"), env.tr("MACHINE", "MÁY"))
		for _, s := range j.Stations {
			number := ""
			if s.Card != 0 {
				number = fmt.Sprint(s.Card)
			}
			t.row(s.Name, stateName(env, s.State), number, s.Made, s.Spoiled, s.Wanted, s.Process)
		}
		t.flush()
	}
	fmt.Fprintf(w, env.tr("requests: %d to be made, %d being made, %d wait for people, %d done\n", "yêu cầu: %d chờ làm, %d đang làm, %d chờ người xử lý, %d xong\n"),
		j.Requests[string(store.RequestOpen)], j.Requests[string(store.RequestMaking)], j.Requests[string(store.RequestHeld)], j.Requests[string(store.RequestDone)])
	t := newTable(w)
	for _, a := range card.Accounts() {
		if n := j.Accounts[a]; n != 0 {
			t.row(n, report.AccountName(a, env.Lang))
		}
	}
	t.flush()
	if len(j.Rejects) > 0 {
		t := newTable(w)
		t.row(env.tr("REJECT", "THẺ HỎNG"), env.tr("STATION", "TRẠM"), env.tr("CHIP", "CHIP"), env.tr("NEXT", "VIỆC TIẾP"), env.tr("REASON", "LÝ DO"))
		for _, r := range j.Rejects {
			next := env.tr("find it in the locked bin: chipid line confirm", "tìm trong thùng có khóa: chipid line confirm")
			if r.State == string(card.RejectConfirmed) {
				next = env.tr("destroy it: chipid line destroy", "tiêu hủy: chipid line destroy")
			}
			t.row(r.Card, r.Station, r.Serial, next, r.Reason)
		}
		t.flush()
	}
	for _, a := range j.Approvals {
		fmt.Fprintf(w, env.tr("a second person is wanted: %s %s, asked for by %s\n", "cần người thứ hai: %s %s, do %s đề nghị\n"), a.Action, a.Subject, a.AskedBy)
	}
}

func stateName(env *env, s string) string {
	switch store.StationState(s) {
	case store.StationIdle:
		return env.tr("idle", "rảnh")
	case store.StationWorking:
		return env.tr("working", "đang làm")
	case store.StationHalted:
		return env.tr("HALTED", "ĐANG DỪNG")
	case store.StationDrained:
		return env.tr("drained", "đã nghỉ")
	case store.StationLost:
		return env.tr("LOST", "MẤT LIÊN LẠC")
	}
	return s
}

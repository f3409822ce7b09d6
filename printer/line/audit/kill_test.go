//go:build unix

package audit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
)

// The environment that turns the test's own program into a process that drains and is
// killed.
const killAt = "CHIPID_TEST_AUDIT_KILL_AT"

func TestMain(m *testing.M) {
	if step := os.Getenv(killAt); step != "" {
		drainAndDie(step)
	}
	os.Exit(m.Run())
}

// drainAndDie drains and kills itself without warning when it comes to a step.
func drainAndDie(step string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	der, err := base64.StdEncoding.DecodeString(os.Getenv("CHIPID_TEST_AUDIT_KEY"))
	if err != nil {
		fail(err)
	}
	key, err := x509.ParseECPrivateKey(der)
	if err != nil {
		fail(err)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, os.Getenv("CHIPID_TEST_AUDIT_DB"), store.Options{})
	if err != nil {
		fail(err)
	}
	l, err := audit.Open(ctx, st, audit.Options{Dir: os.Getenv("CHIPID_TEST_AUDIT_DIR"), Key: key, At: func(at string) error {
		if at == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}})
	if err != nil {
		fail(err)
	}
	_, err = l.Drain(ctx)
	if err = errors.Join(err, l.Close()); err != nil {
		fail(err)
	}
	os.Exit(0)
}

func drainKilled(t *testing.T, db, dir, step string, key *ecdsa.PrivateKey) error {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killAt+"="+step, "CHIPID_TEST_AUDIT_DB="+db, "CHIPID_TEST_AUDIT_DIR="+dir,
		"CHIPID_TEST_AUDIT_KEY="+base64.StdEncoding.EncodeToString(der))
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// Killed at each step of draining, twice in a row, the next process goes on: each
// decision stands in the log once, in its order.
func TestKilledAtEachStep(t *testing.T) {
	for _, step := range audit.Steps() {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db, logDir, key := filepath.Join(dir, "line.db"), filepath.Join(dir, "audit"), newKey(t)
			st := openStore(t, db)
			for round := range 2 {
				work(t, st, fmt.Sprint("R", round), 1)
				err := drainKilled(t, db, logDir, step, key)
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("not killed: %v", err)
				}
				// A look at the log that was left so finds nothing wrong.
				r, err := audit.Verify(context.Background(), st, audit.Check{Dir: logDir, Key: key.Public()})
				if err != nil && !errors.Is(err, audit.ErrNoLog) || err == nil && r.Tampered() {
					t.Fatalf("after the kill: %v, %+v", err, r)
				}
			}
			drain(t, st, logDir, key)
			once(t, st, logDir, key)
		})
	}
}

// once checks that every line of the store stands in the log exactly once.
func once(t *testing.T, st *store.Store, dir string, key *ecdsa.PrivateKey) {
	t.Helper()
	r := verify(t, st, audit.Check{Dir: dir, Key: key.Public()})
	var rows, places uint64
	if err := st.DB().QueryRow(`SELECT COUNT(*), COUNT(DISTINCT leaf) FROM audit`).Scan(&rows, &places); err != nil {
		t.Fatal(err)
	}
	if r.Tampered() || r.Size != rows || places != rows || r.Waiting != 0 {
		t.Errorf("%d lines in the store, %d places: %+v", rows, places, r)
	}
}

// Two processes on one PostgreSQL: one feeds at a time, from whichever folder, while
// others write; every line stands in the log once.
func TestTwoProcessesOnPostgreSQL(t *testing.T) {
	cluster := storetest.StartPostgres(t)
	url := cluster.Database(t)
	a, b := openStore(t, url), openStore(t, url)
	key, dir, other := newKey(t), filepath.Join(t.TempDir(), "audit"), filepath.Join(t.TempDir(), "audit")
	ctx := context.Background()
	l, err := audit.Open(ctx, a, audit.Options{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, other} {
		if _, err := audit.Open(ctx, b, audit.Options{Dir: d, Key: key}); !errors.Is(err, audit.ErrBusy) {
			t.Errorf("second process in %s: %v", d, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i, st := range []*store.Store{a, b} {
		wait.Go(func() { work(t, st, fmt.Sprint("W", i), 5) })
		wait.Go(func() {
			for range 8 {
				l, err := audit.Open(ctx, st, audit.Options{Dir: dir, Key: key})
				if errors.Is(err, audit.ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				_, err = l.Drain(ctx)
				if err = errors.Join(err, l.Close()); err != nil {
					t.Error(err)
				}
				if r, err := audit.Verify(ctx, st, audit.Check{Dir: dir, Key: key.Public()}); err != nil || r.Tampered() {
					t.Errorf("while the line works: %v, %+v", err, r)
				}
			}
		})
	}
	wait.Wait()
	drain(t, a, dir, key)
	once(t, b, dir, key)
}

// No line of the log holds what could be personal data: events, numbers, digests,
// codes of ours and the people of the line alone.
func TestNoPersonalData(t *testing.T) {
	s := newScene(t)
	plain := regexp.MustCompile(`^[a-z0-9 .:/-]*$`)
	for i, entry := range s.entries(t) {
		var line struct {
			ID    int64          `json:"id"`
			Entry map[string]any `json:"entry"`
		}
		if err := json.Unmarshal(entry, &line); err != nil {
			t.Fatal(err)
		}
		for field, value := range line.Entry {
			text, isText := value.(string)
			switch field {
			case "at", "batch", "request", "card":
				if isText {
					t.Errorf("line %d: %s is text", i, field)
				}
			case "serial", "digest", "by", "box":
			case "event", "reason", "station":
				if !plain.MatchString(strings.ToLower(text)) {
					t.Errorf("line %d: %s is %q", i, field, text)
				}
			default:
				t.Errorf("line %d has a field %s", i, field)
			}
			if regexp.MustCompile(`\b\d{12}\b|<<`).MatchString(fmt.Sprint(value)) && field != "at" && field != "serial" {
				t.Errorf("line %d: %s looks like a document number or an MRZ", i, field)
			}
		}
	}
}

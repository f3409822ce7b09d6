//go:build unix

package campaign_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cmd/internal/campaign"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
)

// A process of the line, started by the tests below and killed by them.
const (
	envProcess  = "CHIPID_CAMPAIGN_PROCESS"
	envDB       = "CHIPID_CAMPAIGN_DB"
	envKeys     = "CHIPID_CAMPAIGN_KEYS"
	envFloor    = "CHIPID_CAMPAIGN_FLOOR"
	envMachines = "CHIPID_CAMPAIGN_MACHINES"
)

func TestMain(m *testing.M) {
	if os.Getenv(envProcess) != "" {
		if err := process(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process runs a line on the machines of the floor until the batch is done.
func process() error {
	ctx := context.Background()
	o, err := campaign.OpenOffice(ctx, "vn-cccd-2021", os.Getenv(envKeys))
	if err != nil {
		return err
	}
	w, err := o.NewWorld(ctx, os.Getenv(envDB))
	if err != nil {
		return err
	}
	w.Real = true
	var batch store.Batch
	if err := w.Store.Do(ctx, "batch", func(tx *store.Tx) (err error) {
		batch, err = tx.Batch(ctx, "campaign")
		return err
	}); err != nil {
		return err
	}
	l := &line.Line{Store: w.Store, Process: os.Getenv(envProcess), Prepare: w.Work, Batch: batch.ID}
	var numbers []int
	for _, c := range os.Getenv(envMachines) {
		n, err := strconv.Atoi(string(c))
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	for _, n := range numbers {
		r, err := campaign.Dial(os.Getenv(envFloor), n)
		if err != nil {
			return err
		}
		s := w.NewStation("S"+strconv.Itoa(n), nil)
		s.Encoder, s.Printer, s.Chip = r, r, printer.StationContactless
		l.Stations = append(l.Stations, s)
	}
	return l.Run(ctx)
}

// TestKilledProcesses: real processes on a real database, killed without warning
// at moments drawn from a seed and started again, until the batch is done.
func TestKilledProcesses(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		killProcesses(t, filepath.Join(t.TempDir(), "line.db"), nil, []string{"01"}, 4, 6)
	})
	// In every second life the database is killed as well, and comes back while
	// the processes go on.
	t.Run("postgres, two processes", func(t *testing.T) {
		c := storetest.StartPostgres(t)
		killProcesses(t, c.Database(t), c, []string{"0", "1"}, 4, 4)
	})
}

func killProcesses(t *testing.T, db string, cluster *storetest.Cluster, processes []string, requests, kills int) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	dir := t.TempDir()
	o, err := campaign.OpenOffice(ctx, "vn-cccd-2021", filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	w, err := o.NewWorld(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.Real = true
	w.Store.DB().SetMaxIdleConns(1) // so that one look finds every connection that is gone
	if err := w.Fill(ctx, requests); err != nil {
		t.Fatal(err)
	}
	q, err := queue.Open(ctx, w.Store, queue.Config{Process: "clerk"})
	if err != nil {
		t.Fatal(err)
	}
	enqueue := func(open []store.Request) {
		t.Helper()
		if err := w.Store.Do(ctx, "enqueue", func(tx *store.Tx) error { return q.EnqueueMany(ctx, tx, open) }); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (list []store.Request, left int64) {
		t.Helper()
		if err := w.Store.Do(ctx, "open", func(tx *store.Tx) (err error) {
			if list, err = tx.Next(ctx, 0, 1000); err != nil {
				return err
			}
			n, err := tx.RequestCounts(ctx, 0)
			left = n[store.RequestOpen] + n[store.RequestMaking] + n[store.RequestHeld]
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return list, left
	}
	list, _ := open()
	enqueue(list)
	socket := filepath.Join(dir, "floor")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w.NewMachine()
	w.NewMachine()
	// A process is killed when it has moved something so many times: where in
	// a card's way that is follows from the seed.
	const seed = 20261124
	rng := rand.New(rand.NewPCG(seed, uint64(len(processes))))
	moves := make(chan struct{}, 1<<16)
	go w.Serve(listener, func(string) {
		select {
		case moves <- struct{}{}:
		default:
		}
	})
	for life := 0; ; life++ {
		if life > 10*kills {
			t.Fatal("the batch does not come to an end")
		}
		var running []*exec.Cmd
		ended := make(chan error, len(processes))
		for i, machines := range processes {
			c := exec.CommandContext(ctx, os.Args[0])
			c.Env = append(os.Environ(), envProcess+"=p"+strconv.Itoa(i), envDB+"="+db, envKeys+"="+filepath.Join(dir, "keys"), envFloor+"="+socket, envMachines+"="+machines)
			c.Stderr = os.Stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			running = append(running, c)
			go func() { ended <- c.Wait() }()
		}
		left := len(running)
		watch := func(n int) {
			for ; n > 0 && left > 0; n-- {
				select {
				case <-moves:
				case err := <-ended:
					left--
					if err != nil {
						t.Fatalf("a process ended by itself: %v", err)
					}
				}
			}
		}
		if life < kills {
			watch(rng.IntN(150))
			if cluster != nil && life%2 == 0 && left > 0 {
				cluster.Kill()
				if err := cluster.Start(); err != nil {
					t.Fatal(err)
				}
				// This process has connections that are gone too.
				for try := 0; w.Store.Do(ctx, "again", func(*store.Tx) error { return nil }) != nil; try++ {
					if try == 100 {
						t.Fatal("the database does not come back")
					}
				}
				watch(rng.IntN(100))
			}
			for _, c := range running {
				_ = c.Process.Kill()
			}
		}
		for ; left > 0; left-- {
			if err := <-ended; err != nil && life >= kills {
				t.Fatalf("a process ended by itself: %v", err)
			}
		}
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		list, rest := open()
		enqueue(list)
		if rest == 0 {
			t.Logf("%d lives", life+1)
			break
		}
	}
	for _, b := range w.Judge(ctx) {
		t.Error(b)
	}
	good := 0
	for _, m := range w.Machines {
		good += len(m.Good)
	}
	if good != requests {
		t.Errorf("%d good cards for %d requests", good, requests)
	}
}

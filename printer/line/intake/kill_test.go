package intake_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// killDir names the folder that a process of TestKilledProcess works in.
const killDir = "CHIPID_INTAKE_KILL_DIR"

func importKilled(t *testing.T, dir string) (*intake.Importer, func()) {
	t.Helper()
	ring, err := soft.Open(ctx, soft.Config{Dir: filepath.Join(dir, "keys"), Create: true}, soft.ForTesting(t))
	must(t, err)
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "line.db"), store.Options{})
	must(t, err)
	q, err := queue.Open(ctx, st, queue.Config{Process: "import"})
	must(t, err)
	return &intake.Importer{Store: st, Queue: q, Keys: ring, Today: today, Lang: "en", Seal: "pkcs11:object=seal", Digest: "pkcs11:object=digest"}, func() {
		_ = st.Close()
		_ = ring.Close()
	}
}

// TestKilledImport is the process that TestKilledProcess starts.
func TestKilledImport(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("only in a process of its own")
	}
	im, done := importKilled(t, dir)
	defer done()
	profile, err := cardprofile.Load("vn-cccd-2021")
	must(t, err)
	path := filepath.Join(dir, "many.csv")
	src, err := intake.OpenFile(ctx, path, nil)
	must(t, err)
	photos, err := intake.OpenPhotos("", path)
	must(t, err)
	defer photos.Close()
	if _, err = im.Import(ctx, "A", profile, src, photos); err != nil && !errors.Is(err, intake.ErrComplete) {
		t.Fatal(err)
	}
}

// Real processes, killed without a word at moments that nobody chose: the next goes on,
// and no row is lost or there twice.
func TestKilledProcess(t *testing.T) {
	const n = 550
	w := newWorld(t)
	w.writeCSV("many.csv", many(t, n))
	must(t, os.Remove(w.db))
	_ = w.Store.Close()
	im, done := importKilled(t, w.dir)
	for label, use := range map[string]hsm.SecretUse{"seal": hsm.UseSeal, "digest": hsm.UseDigest} {
		_, err := im.Keys.(hsm.Keyring).GenerateSecret(ctx, hsm.SecretSpec{Label: label, Use: use, Bits: 256})
		must(t, err)
	}
	_, err := im.NewBatch(ctx, store.Batch{Name: "A", Profile: "vn-cccd-2021"})
	must(t, err)
	done()
	self, err := os.Executable()
	must(t, err)
	kills := 0
	for wait := 100 * time.Millisecond; ; wait += wait/2 + 50*time.Millisecond {
		cmd := exec.Command(self, "-test.run", "^TestKilledImport$")
		cmd.Env = append(os.Environ(), killDir+"="+w.dir)
		must(t, cmd.Start())
		timer := time.AfterFunc(wait, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if err == nil {
			break
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != -1 {
			t.Fatalf("it ended by itself: %v", err)
		}
		if kills++; kills > 30 {
			t.Fatal("it never ends")
		}
	}
	t.Logf("%d processes were killed", kills)
	im, done = importKilled(t, w.dir)
	defer done()
	w.Store = im.Store
	b, requests := w.read("A")
	if b.Records != n || b.Accepted != n/10*9 || b.Rejected != n/10 || len(requests) != n/10*9 || !b.Complete {
		t.Fatalf("%d = %d + %d, %d requests", b.Records, b.Accepted, b.Rejected, len(requests))
	}
	seen := map[string]bool{}
	for _, r := range requests {
		seen[string(r.NumberDigest)] = true
	}
	waiting, err := im.Queue.Waiting(ctx)
	must(t, err)
	if len(seen) != len(requests) || waiting != int64(len(requests)) {
		t.Errorf("%d numbers and %d jobs for %d requests", len(seen), waiting, len(requests))
	}
}

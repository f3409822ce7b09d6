package issue_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// issuer is an authority on a file keyring, with its CSCA in a test store.
type issuer struct {
	issue.Authority
	trust     *pki.Store
	transport mac.Key
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	ctx := context.Background()
	ring, err := soft.Open(ctx, soft.Config{}, soft.ForTesting(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	is := &issuer{transport: mac.NewKey(bytes.Repeat([]byte{0x5A}, 16))}
	is.Keyring = ring
	if is.Transport, err = ring.ImportSecret(ctx, hsm.SecretSpec{Label: "transport", Use: hsm.UseCardMaster, Bits: 128}, is.transport); err != nil {
		t.Fatal(err)
	}
	if is.Master, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 128}); err != nil {
		t.Fatal(err)
	}
	ref, pub, err := ring.Generate(ctx, hsm.KeySpec{Label: "ds", Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	is.Signer = ref
	authority := pkitest.NewAuthority(t, pkitest.Options{})
	is.Certificate = authority.NewDS(t, pub, func(o *pki.DSOptions) {
		o.DocumentTypes, o.NotAfter = []string{"ID"}, pkitest.Epoch.AddDate(15, 2, 0)
	})
	is.trust = authority.Store(t)
	return is
}

func profile(t *testing.T) *cardprofile.Profile {
	t.Helper()
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var today = cardprofile.Date{Year: 2026, Month: 11, Day: 23}

// batch are the people whose records are accepted.
var batch = sync.OnceValues(func() (*citizen.Batch, error) {
	return citizen.ReadBatch(bytes.NewReader(people.CSV()), "people.csv")
})

func plan(t *testing.T, i int) *issue.Plan {
	t.Helper()
	b, err := batch()
	if err != nil {
		t.Fatal(err)
	}
	p := profile(t)
	record := b.Accepted[i]
	portrait, err := citizen.PortraitsIn(people.FS()).Load(record)
	if r := rule.NewChecker(p, today).Check(record, portrait, err); r.Rejected() {
		t.Fatalf("record %d is rejected", i)
	}
	pl, err := issue.NewPlan(p, record, portrait)
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

var pool = chip.NewPool(2048, 2)

func blank(t *testing.T, is *issuer) *chip.Chip {
	t.Helper()
	c, err := chip.NewBlank(chip.Options{Master: is.transport, RSA: pool.Take, RetryDelay: -1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACardIsIssuedAndInspected(t *testing.T) {
	ctx := context.Background()
	is, p, c := newIssuer(t), plan(t, 0), (*chip.Chip)(nil)
	c = blank(t, is)
	var steps []issue.Step
	card, err := is.Personalize(ctx, c, p, issue.Options{Now: time.Now(), Journal: issue.JournalFunc(func(_ context.Context, e issue.Entry) error {
		steps = append(steps, e.Step)
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	want := []issue.Step{issue.StepProbed, issue.StepKeys, issue.StepSigning, issue.StepSigned, issue.StepWriting, issue.StepLocked}
	if len(steps) != len(want) {
		t.Fatalf("steps %v, want %v", steps, want)
	}
	for i := range want {
		if steps[i] != want[i] {
			t.Fatalf("steps %v, want %v", steps, want)
		}
	}
	for _, a := range []struct {
		name   string
		access func() (inspect.Access, error)
	}{
		{"CAN", func() (inspect.Access, error) { return inspect.ByCAN(string(p.CAN.Bytes())) }},
		{"MRZ", func() (inspect.Access, error) { return inspect.ByMRZ(p.MRZ.Text()) }},
		{"QR", func() (inspect.Access, error) { return inspect.ByQR(p.QR) }},
	} {
		t.Run(a.name, func(t *testing.T) {
			access, err := a.access()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Reset(ctx); err != nil {
				t.Fatal(err)
			}
			v, err := inspect.Inspect(ctx, c, access, is.trust, inspect.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if v.Outcome != inspect.ResultPassed {
				b, _ := v.JSON()
				t.Fatalf("verdict %s\n%s", v.Outcome, b)
			}
			for _, id := range []string{"access", "cardaccess.match", "sod.signature", "sod.chain", "dg.hash.1", "dg.hash.2", "dg.hash.13", "dg.hash.14", "dg.hash.15", "ca", "aa", "com.match", "dg13.match", "mrz.checkdigits"} {
				if c, ok := v.Check(id); !ok || c.Outcome != inspect.Passed {
					t.Errorf("%s: %v", id, c)
				}
			}
			if len(v.Deviations) != 0 {
				t.Errorf("our own card deviates: %v", v.Deviations)
			}
			for _, f := range card.Files {
				if f.Name == "EF.ATR/INFO" {
					continue
				}
				found := false
				for _, g := range v.Files() {
					found = found || g.Name == f.Name && bytes.Equal(g.Bytes, f.Bytes)
				}
				if !found {
					t.Errorf("%s was not read back as written", f.Name)
				}
			}
		})
	}
}

func TestOnlyAnUntouchedBlankIsTaken(t *testing.T) {
	ctx := context.Background()
	is, p := newIssuer(t), plan(t, 1)
	c := blank(t, is)
	stop := errors.New("stop")
	_, err := is.Personalize(ctx, c, p, issue.Options{Journal: issue.JournalFunc(func(_ context.Context, e issue.Entry) error {
		if e.Step == issue.StepKeys {
			return stop
		}
		return nil
	})})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v", err)
	}
	if _, err := c.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := is.Personalize(ctx, c, p, issue.Options{}); !errors.Is(err, applet.ErrNotBlank) {
		t.Fatalf("a begun chip: %v", err)
	}
}

func TestWrongCardKeys(t *testing.T) {
	ctx := context.Background()
	is, p := newIssuer(t), plan(t, 0)
	c, err := chip.NewBlank(chip.Options{RSA: pool.Take})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := is.Personalize(ctx, c, p, issue.Options{}); !errors.Is(err, applet.ErrKeys) {
		t.Fatalf("got %v", err)
	}
	// Nothing depended on the key: the blank is as it was.
	if _, err := c.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	d, err := applet.ByName("chipid-gp")
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.Probe(ctx, apdu.NewChannel(c), c.ATR())
	if err != nil || found.State != applet.Untouched {
		t.Fatalf("%v, %v", found, err)
	}
}

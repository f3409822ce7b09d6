package inspect_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// today is the day of documents, and what chips in these tests know.
func today() cvc.Date {
	return must(cvc.NewDate(document.Today.Year, time.Month(document.Today.Month), document.Today.Day))
}

func dayOf(days int) cvc.Date { return must(today().AddDays(days)) }

// guards is a document with DG3 and DG4 and its chain of certificates.
type guards struct {
	*cvca.Chain
	o document.Options
}

func paceOn(m pace.Mapping, id int) []pace.Params {
	return []pace.Params{{OID: must(pace.Protocol{Curve: true, Mapping: m, Cipher: mac.AES128}.OID()), ParameterID: id}}
}

func newGuards() *guards {
	g := &guards{Chain: must(cvca.NewChain(cvca.PKI{Algorithm: cvc.ECDSASHA256}, today(), nil))}
	g.o = document.Options{
		PACE: paceOn(pace.Generic, 13), CA: []document.ChipAuth{{Parameters: 13, Ciphers: []mac.Cipher{mac.AES128}, ID: ca.NoKeyID}},
		TA: &document.TerminalAuth{TerminalAuth: chip.TerminalAuth{CVCA: []*cvc.Certificate{g.Root.Certificate}, Date: dayOf(-20)}, Fingers: 6000, Iris: 300},
	}
	return g
}

func (g *guards) terminal() *inspect.Terminal {
	return must(inspect.NewTerminal(g.Terminal.Signer, g.Certificates()...))
}

// issue makes another certificate of the chain's kind.
func (g *guards) issue(by *cvca.Holder, chr cvc.Reference, role cvc.Role, from, to int, rights ...cvc.Right) *cvca.Holder {
	return must(g.Issue(by, cvca.Spec{CHR: chr, Role: role, Rights: rights, From: dayOf(from), To: dayOf(to)}))
}

func (g *guards) inspect(t *testing.T, d *document.Document, terminal *inspect.Terminal) *inspect.Verdict {
	t.Helper()
	v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Terminal: terminal})
	if err != nil {
		t.Fatalf("%v; trail %q", err, v.Chip.Trail)
	}
	return v
}

// read reports whether a verdict holds a file as it was made.
func read(d *document.Document, v *inspect.Verdict, name string) bool {
	i := slices.IndexFunc(v.Files(), func(f lds.File) bool { return f.Name == name })
	j := slices.IndexFunc(d.Files, func(f lds.File) bool { return f.Name == name })
	return i >= 0 && j >= 0 && bytes.Equal(v.Files()[i].Bytes, d.Files[j].Bytes)
}

// wantTA wants the outcome of terminal authentication, with these words, in both
// languages, and everything that is required passed whatever came of it.
func wantTA(t *testing.T, v *inspect.Verdict, o inspect.Outcome, words string) {
	t.Helper()
	c, _ := v.Check(inspect.CheckTA)
	if c.Outcome != o || c.Required || !strings.Contains(c.Reason, words) || c.ReasonIn("vi") == c.Reason || c.ReasonIn("vi") == "" {
		t.Errorf("ta: %v, required %v, %q (%q); want %v, %q", c.Outcome, c.Required, c.Reason, c.ReasonIn("vi"), o, words)
	}
	if v.Outcome != inspect.ResultPassed {
		t.Errorf("outcome %s", v.Outcome)
		for _, c := range v.Checks {
			t.Logf("%s %v %v: %s", c.ID, c.Required, c.Outcome, c.Reason)
		}
	}
}

// Terminal authentication after every kind of access that may come before it.
func TestTerminalAuthentication(t *testing.T) {
	for name, change := range map[string]func(*document.Options){
		"PACE and chip authentication": func(*document.Options) {},
		"PACE in a prime field":        func(o *document.Options) { o.PACE[0] = dh() },
		"chip authentication in a prime field": func(o *document.Options) {
			o.CA[0].Parameters = 0
		},
		"chip authentication mapping alone": func(o *document.Options) { o.PACE, o.CA = paceOn(pace.ChipAuthentication, 13), nil },
		"both":                              func(o *document.Options) { o.PACE = paceOn(pace.ChipAuthentication, 12) },
		"BAC":                               func(o *document.Options) { o.PACE = nil },
		"without its SecurityInfo":          func(o *document.Options) { o.TA.NoInfo = true },
		"EF.CVCA elsewhere":                 func(o *document.Options) { o.TA.File, o.TA.Short = 0x011A, 0x1A },
		"EF.CVCA without short identifier":  func(o *document.Options) { o.TA.File = 0x2011 },
		"without master file": func(o *document.Options) {
			o.NoMF, o.TA.File, o.TA.Short = true, 0x011B, 0x1B
		},
		"short APDUs": func(o *document.Options) { o.Chip.Model = chip.ShortModel },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuards()
			change(&g.o)
			d := document.New(t, g.o)
			v := g.inspect(t, d, g.terminal())
			wantTA(t, v, inspect.Passed, "accepted terminal UTIS00001, with the right to read DG3, DG4")
			for _, name := range []string{"EF.DG3", "EF.DG4"} {
				if !read(d, v, name) {
					t.Errorf("%s was not read", name)
				}
			}
			for _, n := range []int{3, 4} {
				if outcome(v, inspect.HashCheck(n)) != inspect.Passed {
					t.Errorf("hash of DG%d: %v", n, outcome(v, inspect.HashCheck(n)))
				}
			}
			if len(v.Deviations) > 0 || !says(v, "used terminal authentication") {
				t.Errorf("deviations %v, trail %q", v.Deviations, v.Chip.Trail)
			}
			if refs, notes, err := cvc.ParseEFCVCA(fileOf(v, lds.NameCVCA)); err != nil || len(notes) > 0 || refs[0] != "UTCVCA00001" {
				t.Errorf("EF.CVCA: %v %v %v", refs, notes, err)
			}
		})
	}
}

func fileOf(v *inspect.Verdict, name string) []byte {
	for _, f := range v.Files() {
		if f.Name == name {
			return f.Bytes
		}
	}
	return nil
}

func dh() pace.Params {
	return pace.Params{OID: must(pace.Protocol{Mapping: pace.Generic, Cipher: mac.AES128}.OID()), ParameterID: 2}
}

// What a terminal may not read stays closed, and the reason says why.
func TestTerminalRights(t *testing.T) {
	g := newGuards()
	d := document.New(t, g.o)
	for _, x := range []struct {
		name          string
		dv, is        []cvc.Right
		words         string
		three, four   bool
		reason3, reas string
	}{
		{"fingers alone", cvca.Both(), []cvc.Right{cvc.ReadDG3}, "right to read DG3", true, false, "", "give no right"},
		{"the verifier's confine", []cvc.Right{cvc.ReadDG4}, cvca.Both(), "right to read DG4", false, true, "give no right", ""},
		{"none", cvca.Both(), nil, "without a right", false, false, "give no right", "give no right"},
	} {
		dv := g.issue(g.Root, "UTDV00002", cvc.RoleForeignDV, -10, 40, x.dv...)
		is := g.issue(dv, "UTIS00002", cvc.RoleTerminal, -5, 20, x.is...)
		v := g.inspect(t, d, must(inspect.NewTerminal(is.Signer, is.Certificate, dv.Certificate)))
		wantTA(t, v, inspect.Passed, x.words)
		if read(d, v, "EF.DG3") != x.three || read(d, v, "EF.DG4") != x.four {
			t.Errorf("%s: DG3 %v, DG4 %v", x.name, read(d, v, "EF.DG3"), read(d, v, "EF.DG4"))
		}
		for n, words := range map[int]string{3: x.reason3, 4: x.reas} {
			if c, _ := v.Check(inspect.HashCheck(n)); !strings.Contains(c.Reason, words) || (words != "") != (c.Outcome == inspect.NotPerformed) {
				t.Errorf("%s: DG%d %v: %s", x.name, n, c.Outcome, c.Reason)
			}
		}
	}
	// The chip's own trust point confines too, which no certificate sent says.
	g = newGuards()
	root := g.issue(nil, "UTCVCA00009", cvc.RoleCVCA, -30, 400, cvc.ReadDG4)
	dv := g.issue(root, "UTDV00009", cvc.RoleDomesticDV, -10, 40, cvca.Both()...)
	is := g.issue(dv, "UTIS00009", cvc.RoleTerminal, -5, 20, cvca.Both()...)
	g.o.TA.CVCA = []*cvc.Certificate{root.Certificate}
	d = document.New(t, g.o)
	v := g.inspect(t, d, must(inspect.NewTerminal(is.Signer, is.Certificate, dv.Certificate)))
	wantTA(t, v, inspect.Passed, "accepted")
	if c, _ := v.Check(inspect.HashCheck(3)); read(d, v, "EF.DG3") || !read(d, v, "EF.DG4") || !strings.Contains(c.Reason, "was not given to the terminal") {
		t.Errorf("DG3: %v %s", c.Outcome, c.Reason)
	}
}

// Every way in which terminal authentication does not come about has its name,
// and takes nothing from the rest of the verdict.
func TestTerminalRefused(t *testing.T) {
	type of = func(g *guards) (*inspect.Terminal, *document.Options)
	for _, x := range []struct {
		name  string
		with  of
		want  inspect.Outcome
		words string
	}{
		{"no terminal", func(g *guards) (*inspect.Terminal, *document.Options) { return nil, &g.o }, inspect.NotPerformed, "no terminal certificate"},
		{"terminal certificate expired", func(g *guards) (*inspect.Terminal, *document.Options) {
			is := g.issue(g.DV, "UTIS00003", cvc.RoleTerminal, -9, 2, cvca.Both()...)
			g.o.TA.Date = dayOf(5)
			return must(inspect.NewTerminal(is.Signer, is.Certificate, g.DV.Certificate)), &g.o
		}, inspect.Failed, "refuses the certificate of UTIS00003 (valid"},
		{"verifier's certificate expired", func(g *guards) (*inspect.Terminal, *document.Options) {
			dv := g.issue(g.Root, "UTDV00003", cvc.RoleDomesticDV, -10, 2, cvca.Both()...)
			is := g.issue(dv, "UTIS00003", cvc.RoleTerminal, -9, 2, cvca.Both()...)
			g.o.TA.Date = dayOf(5)
			return must(inspect.NewTerminal(is.Signer, is.Certificate, dv.Certificate)), &g.o
		}, inspect.Failed, "refuses the certificate of UTDV00003 (valid"},
		{"another authority of the same name", func(g *guards) (*inspect.Terminal, *document.Options) {
			other := newGuards()
			return other.terminal(), &g.o
		}, inspect.Failed, "refuses the certificate of UTDV00001"},
		{"unknown authority", func(g *guards) (*inspect.Terminal, *document.Options) {
			root := g.issue(nil, "XXCVCA00001", cvc.RoleCVCA, -30, 400, cvca.Both()...)
			g.o.TA.CVCA = []*cvc.Certificate{root.Certificate}
			return g.terminal(), &g.o
		}, inspect.NotPerformed, "no certificates lead from XXCVCA00001"},
		{"verifier's certificate is missing", func(g *guards) (*inspect.Terminal, *document.Options) {
			return must(inspect.NewTerminal(g.Terminal.Signer, g.Terminal.Certificate)), &g.o
		}, inspect.NotPerformed, "no certificates lead from UTCVCA00001"},
		{"wrong key, the chip finds out", func(g *guards) (*inspect.Terminal, *document.Options) {
			return &inspect.Terminal{Certificates: g.Certificates(), Sign: ta.SignWith(g.DV.Signer)}, &g.o
		}, inspect.Failed, "denies terminal authentication"},
		{"wrong key, found out before", func(g *guards) (*inspect.Terminal, *document.Options) {
			return &inspect.Terminal{Certificates: append(g.Certificates(), g.Root.Certificate), Sign: ta.SignWith(g.DV.Signer)}, &g.o
		}, inspect.NotPerformed, "no signature of the challenge"},
		{"the custodian does not sign", func(g *guards) (*inspect.Terminal, *document.Options) {
			return &inspect.Terminal{Certificates: g.Certificates(), Sign: func(context.Context, ta.Challenge) ([]byte, error) {
				return nil, errors.New("closed for the night")
			}}, &g.o
		}, inspect.NotPerformed, "closed for the night"},
		{"without chip authentication", func(g *guards) (*inspect.Terminal, *document.Options) {
			g.o.CA = nil
			return g.terminal(), &g.o
		}, inspect.NotPerformed, "wants chip authentication first"},
		{"version 2 alone", func(g *guards) (*inspect.Terminal, *document.Options) {
			g.o.TA.Version = 2
			return g.terminal(), &g.o
		}, inspect.NotSupported, "version 2 alone"},
		{"nothing to guard", func(g *guards) (*inspect.Terminal, *document.Options) {
			g.o.TA = nil
			return g.terminal(), &g.o
		}, inspect.NotSupported, "neither DG3 nor DG4"},
		{"EF.CVCA is not where it should be", func(g *guards) (*inspect.Terminal, *document.Options) {
			g.o.TA.NoInfo, g.o.TA.File, g.o.TA.Short = true, 0x011A, 0x1A
			return g.terminal(), &g.o
		}, inspect.NotPerformed, "does not say whom it trusts"},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGuards()
			terminal, o := x.with(g)
			d := document.New(t, *o)
			v := g.inspect(t, d, terminal)
			wantTA(t, v, x.want, x.words)
			if read(d, v, "EF.DG3") || read(d, v, "EF.DG4") || !read(d, v, "EF.DG2") {
				t.Error("what is guarded was read, or what is not was lost")
			}
			if o.TA != nil && outcome(v, inspect.HashCheck(3)) != inspect.NotPerformed {
				t.Errorf("DG3: %v", outcome(v, inspect.HashCheck(3)))
			}
		})
	}
}

// Chips of some states call themselves after PACE by what stands on the
// document: that is tried after the standard's way, and said.
func TestStaticBinding(t *testing.T) {
	g := newGuards()
	g.o.TA.StaticBinding = true
	d := document.New(t, g.o)
	for _, access := range []inspect.Access{d.ByMRZ(t), d.ByCAN(t)} {
		v, err := inspect.Inspect(t.Context(), d.Chip, access, d.Trust, inspect.Options{Today: document.Today, Terminal: g.terminal()})
		if err != nil {
			t.Fatal(err)
		}
		wantTA(t, v, inspect.Passed, "accepted")
		if len(v.Deviations) != 1 || v.Deviations[0].Rule != "ta.binding" || !read(d, v, "EF.DG3") {
			t.Errorf("deviations %v", v.Deviations)
		}
	}
}

// A chip that has lain in a drawer is brought up to date by link certificates,
// and remembers: its trust point has moved, and EF.CVCA with it.
func TestLinkCertificates(t *testing.T) {
	g := newGuards()
	second := g.issue(g.Root, "UTCVCA00002", cvc.RoleCVCA, -8, 500, cvca.Both()...)
	third := g.issue(second, "UTCVCA00003", cvc.RoleCVCA, -6, 900, cvca.Both()...)
	dv := g.issue(third, "UTDV00004", cvc.RoleDomesticDV, -4, 40, cvca.Both()...)
	is := g.issue(dv, "UTIS00004", cvc.RoleTerminal, -3, 20, cvca.Both()...)
	terminal := must(inspect.NewTerminal(is.Signer, third.Certificate, is.Certificate, second.Certificate, dv.Certificate))
	d := document.New(t, g.o)
	for i, want := range [][]cvc.Reference{{"UTCVCA00001"}, {"UTCVCA00003", "UTCVCA00002"}} {
		v := g.inspect(t, d, terminal)
		wantTA(t, v, inspect.Passed, "accepted")
		refs, _, err := cvc.ParseEFCVCA(fileOf(v, lds.NameCVCA))
		if err != nil || !slices.Equal(refs, want) || !says(v, fmt.Sprintf("the chip trusts %v", want[0])) {
			t.Errorf("run %d: EF.CVCA %v, %v; trail %q", i, refs, err, v.Chip.Trail)
		}
	}
}

// A field that is lost while the terminal authenticates itself or reads DG3
// costs a new session with everything in it, and nothing is read twice.
func TestTerminalLostForAMoment(t *testing.T) {
	g := newGuards()
	d := document.New(t, g.o)
	c := &recorder{Chip: must(d.Chip.Twin(chip.Options{RetryDelay: -1}))}
	if _, err := inspect.Inspect(t.Context(), c, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today}); err != nil {
		t.Fatal(err)
	}
	before := len(c.commands)
	c = &recorder{Chip: must(d.Chip.Twin(chip.Options{RetryDelay: -1}))}
	v, err := inspect.Inspect(t.Context(), c, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Terminal: g.terminal()})
	if err != nil {
		t.Fatal(err)
	}
	wantTA(t, v, inspect.Passed, "accepted")
	all := len(c.commands)
	if all < before+11 { // EF.CVCA, 7 commands, DG3 in pieces, DG4
		t.Fatalf("%d exchanges, %d without a terminal", all, before)
	}
	for n := before + 1; n <= all; n++ {
		for _, kind := range []string{"pull@%d", "cut@%d", "naked@%d=6700"} {
			fault := fmt.Sprintf(kind, n)
			c := &recorder{Chip: must(d.Chip.Twin(chip.Options{RetryDelay: -1, Faults: faults(t, fault)}))}
			v, err := inspect.Inspect(t.Context(), c, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Terminal: g.terminal()})
			if err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
			wantTA(t, v, inspect.Passed, "accepted")
			if !read(d, v, "EF.DG3") || !read(d, v, "EF.DG4") || !says(v, "opened a new session because of") {
				t.Errorf("%s: trail %q", fault, v.Chip.Trail)
			}
			// (After 6700 the reader asks for less at a time.)
			if got, most := len(c.commands), all+before+9; got > most && !strings.HasPrefix(fault, "naked") {
				t.Errorf("%s: %d exchanges, at most %d", fault, got, most)
			}
		}
	}
	// Gone for good: what was read and proven before counts.
	for n := before + 1; n <= all; n++ {
		c := must(d.Chip.Twin(chip.Options{RetryDelay: -1, Faults: faults(t, fmt.Sprintf("pull@%d+600000", n))}))
		v, err := inspect.Inspect(t.Context(), c, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Terminal: g.terminal()})
		if err != nil || v.Outcome != inspect.ResultPassed || !read(d, v, "EF.DG2") || outcome(v, inspect.CheckCA) != inspect.Passed {
			t.Errorf("gone at %d: %v, %s", n, err, v.Outcome)
		}
		if ta := outcome(v, inspect.CheckTA); ta == inspect.Failed || read(d, v, "EF.DG4") {
			t.Errorf("gone at %d: ta %v", n, ta)
		}
	}
	// Somebody in between is another matter.
	c2 := must(d.Chip.Twin(chip.Options{RetryDelay: -1, Faults: faults(t, fmt.Sprintf("mac@%d", all-1))}))
	if v, err := inspect.Inspect(t.Context(), c2, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Terminal: g.terminal()}); err == nil || v.Outcome == inspect.ResultPassed {
		t.Errorf("a wrong checksum: %s", v.Outcome)
	}
}

// Reading without a verdict gives DG3 and DG4 to a terminal that may have them.
func TestReadAsTerminal(t *testing.T) {
	g := newGuards()
	d := document.New(t, g.o)
	names := func(terminal *inspect.Terminal) (list []string) {
		r, err := inspect.Read(t.Context(), d.Chip, d.ByCAN(t), inspect.Options{Terminal: terminal})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Files {
			list = append(list, f.Name)
		}
		return list
	}
	if list := names(nil); slices.Contains(list, "EF.DG3") || slices.Contains(list, lds.NameCVCA) {
		t.Errorf("without: %v", list)
	}
	if list := names(g.terminal()); !slices.Contains(list, "EF.DG3") || !slices.Contains(list, "EF.DG4") || !slices.Contains(list, lds.NameCVCA) {
		t.Errorf("with: %v", list)
	}
}

// A custodian is asked once, about this terminal, and told no more than he needs.
func TestCustodian(t *testing.T) {
	g := newGuards()
	d := document.New(t, g.o)
	var asked []ta.Challenge
	sign := func(ctx context.Context, c ta.Challenge) ([]byte, error) {
		asked = append(asked, c)
		return ta.SignWith(g.Terminal.Signer)(ctx, c)
	}
	v := g.inspect(t, d, &inspect.Terminal{Certificates: g.Certificates(), Holder: "UTIS00001", Sign: sign})
	wantTA(t, v, inspect.Passed, "UTIS00001")
	if len(asked) != 1 || asked[0].Holder != "UTIS00001" || asked[0].Algorithm != cvc.ECDSASHA256 || len(asked[0].Nonce) != 8 || len(asked[0].ChipID) != 32 || len(asked[0].Ephemeral) != 32 {
		t.Errorf("asked %v", asked)
	}
}

// A terminal's certificates are found by its key.
func TestNewTerminal(t *testing.T) {
	g := newGuards()
	other := g.issue(g.DV, "UTIS00007", cvc.RoleTerminal, -3, 20, cvca.Both()...)
	terminal, err := inspect.NewTerminal(other.Signer, g.Terminal.Certificate, g.DV.Certificate, other.Certificate)
	if err != nil || len(terminal.Certificates) != 2 || terminal.Certificates[1].CHR != "UTIS00007" {
		t.Errorf("%v %v", terminal, err)
	}
	for name, key := range map[string]crypto.Signer{"another key": must(ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)), "another curve": must(ecc.GenerateKey(ecc.P256(), nil)), "RSA": must(chip.GenerateRSA(1024))} {
		if _, err := inspect.NewTerminal(key, g.Certificates()...); !errors.Is(err, inspect.ErrTerminal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rsa := must(cvca.NewChain(cvca.PKI{Algorithm: cvc.RSAPSSSHA256}, today(), nil))
	if _, err := inspect.NewTerminal(rsa.Terminal.Signer, rsa.Certificates()...); err != nil {
		t.Error(err)
	}
}

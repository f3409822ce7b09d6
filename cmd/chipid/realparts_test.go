package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// result is what one command line came to.
type result struct {
	status    int
	out, talk string
}

// chipidRun runs one command line in this process.
func chipidRun(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, talk bytes.Buffer
	status := run(ctx, &env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &talk, Lang: "en"}, args)
	return result{status, out.String(), talk.String()}
}

// expect fails the test on another status, or if stderr does not hold text.
func (r result) expect(t *testing.T, status int, text string) result {
	t.Helper()
	if r.status != status {
		t.Fatalf("exit status %d, want %d\nstdout: %s\nstderr: %s", r.status, status, r.out, r.talk)
	}
	if !strings.Contains(r.talk, text) {
		t.Fatalf("stderr does not say %q:\n%s", text, r.talk)
	}
	return r
}

// bench is a token, a pcscd with two readers, and what issuing needs.
type bench struct {
	dir, module, keys, record, trust, state string
	daemon                                  *pcscd.Daemon
	reader                                  *pcscd.Reader
	can                                     string
	transport                               mac.Key
}

func newBench(t *testing.T) *bench {
	t.Helper()
	module, _ := hsmtest.SoftHSM(t)
	b := &bench{dir: t.TempDir(), module: module, transport: mac.NewKey(bytes.Repeat([]byte{0xA5}, 16))}
	daemon := pcscd.Test(t, 2)
	b.daemon, b.reader = daemon, daemon.Readers()[0]
	ctx := context.Background()
	p, err := cardprofile.Load("vn-cccd-2021")
	check(t, err)
	ring, err := pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: hsmtest.TokenLabel, PIN: hsm.FixedPIN(mac.NewKey([]byte(hsmtest.TokenPIN)))})
	check(t, err)
	issuer, err := sample.NewIssuer(ctx, ring, p, b.transport, time.Now())
	check(t, err)
	check(t, ring.Close())
	b.trust = filepath.Join(b.dir, "trust")
	store, err := pki.Create(b.trust, true)
	check(t, err)
	_, err = store.Import("csca.cer", issuer.CSCA.Raw, pki.ImportOptions{})
	check(t, err)

	pin := filepath.Join(b.dir, "pin")
	check(t, os.WriteFile(pin, []byte(hsmtest.TokenPIN+"\n"), 0o600))
	b.keys = filepath.Join(b.dir, "keys.yaml")
	check(t, os.WriteFile(b.keys, []byte(fmt.Sprintf(
		"module: %s\ntoken: %s\npin-source: file:%s\ndocument-signers: [{key: 'pkcs11:object=%s', limit: 5000}]\nsigner-uses: uses\ntrust: trust\ncard-master: pkcs11:object=%s\ncard-master-new: pkcs11:object=%s\n",
		module, hsmtest.TokenLabel, pin, sample.LabelDS, sample.LabelTransport, sample.LabelMaster)), 0o600))

	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	check(t, err)
	check(t, people.Write(b.dir))
	record := batch.Accepted[0]
	b.can = record.Number[len(record.Number)-6:]
	text, err := json.Marshal(record)
	check(t, err)
	b.record = filepath.Join(b.dir, "person.json")
	check(t, os.WriteFile(b.record, text, 0o600))
	b.state = filepath.Join(b.dir, "chip.json")
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// insert puts a chip into the reader until the test ends or the returned
// function is called.
func (b *bench) insert(t *testing.T, c *chip.Chip) func() {
	t.Helper()
	check(t, b.reader.Insert(c))
	pulled := false
	pull := func() {
		if !pulled {
			pulled = true
			b.reader.Remove()
			b.waitFor(t, false)
		}
	}
	t.Cleanup(pull)
	b.waitFor(t, true)
	return pull
}

// waitFor waits until the reader shows its card, or that it is empty.
func (b *bench) waitFor(t *testing.T, card bool) {
	t.Helper()
	for range 100 {
		readers, err := pcsc.Readers(context.Background())
		check(t, err)
		for _, reader := range readers {
			if reader.Name == b.reader.Name && (len(reader.ATR) > 0) == card {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the reader does not come to hold a card: %v", card)
}

func (b *bench) open(t *testing.T, faults string) *chip.Chip {
	t.Helper()
	o := chip.Options{State: b.state, RetryDelay: -1}
	if faults != "" {
		var err error
		o.Faults, err = chip.ParseFaults(faults)
		check(t, err)
	}
	c, err := chip.Open(o)
	check(t, err)
	return c
}

func (b *bench) inspect(t *testing.T, key string, more ...string) result {
	t.Helper()
	return chipidRun(t, key+"\n", append([]string{"card", "inspect", "--reader", b.reader.Name, "--can", "-", "--trust", b.trust}, more...)...)
}

// TestContractOnRealParts issues a card through the command, on a real pcscd and
// a real token, and then makes everything go wrong that the contract names.
func TestContractOnRealParts(t *testing.T) {
	b := newBench(t)
	issue := func(more ...string) result {
		return chipidRun(t, "", append([]string{"card", "issue", "--reader", b.reader.Name, "--profile", "vn-cccd-2021", "--record", b.record, "--keys", b.keys}, more...)...)
	}
	t.Run("nothing in the reader", func(t *testing.T) { issue().expect(t, exitNoCard, "no card") })
	t.Run("no such reader", func(t *testing.T) {
		chipidRun(t, "123456\n", "card", "read", "--reader", "none of that name", "--can", "-").expect(t, exitNoCard, "no such reader")
	})

	blank, err := chip.NewBlank(chip.Options{State: b.state, Master: b.transport, RetryDelay: -1})
	check(t, err)
	pull := b.insert(t, blank)
	t.Run("a blank inspected", func(t *testing.T) {
		for _, more := range [][]string{nil, {"--json"}} {
			b.inspect(t, "123456", more...).expect(t, exitInconclusive, "no travel document application")
		}
		chipidRun(t, "123456\n", "card", "read", "--reader", b.reader.Name, "--can", "-").expect(t, exitFault, "no travel document application")
	})
	t.Run("unknown profile", func(t *testing.T) {
		chipidRun(t, "", "card", "issue", "--profile", "xx", "--record", b.record, "--keys", b.keys).expect(t, exitUsage, "xx")
	})
	t.Run("wrong PIN", func(t *testing.T) {
		check(t, os.WriteFile(filepath.Join(b.dir, "wrong"), []byte("000000\n"), 0o600))
		b.withKeys(t, "pin", "wrong", func(keys string) {
			chipidRun(t, "", "card", "issue", "--reader", b.reader.Name, "--profile", "vn-cccd-2021", "--record", b.record, "--keys", keys).expect(t, exitHSM, "PIN is wrong")
		})
	})
	t.Run("missing token", func(t *testing.T) {
		b.withKeys(t, hsmtest.TokenLabel, "no such token", func(keys string) {
			chipidRun(t, "", "card", "issue", "--reader", b.reader.Name, "--profile", "vn-cccd-2021", "--record", b.record, "--keys", keys).expect(t, exitHSM, "token not found")
		})
	})
	t.Run("bad record", func(t *testing.T) {
		text, err := os.ReadFile(b.record)
		check(t, err)
		bad := filepath.Join(b.dir, "bad.json")
		check(t, os.WriteFile(bad, bytes.Replace(text, []byte(`"portrait":"`), []byte(`"portrait":"missing-`), 1), 0o600))
		chipidRun(t, "", "card", "issue", "--reader", b.reader.Name, "--profile", "vn-cccd-2021", "--record", bad, "--keys", b.keys).expect(t, exitUsage, "portrait")
	})

	// What is wrong with keys and folders does not cost a blank: after all of
	// these the card is issued.
	t.Run("no key for the issued cards", func(t *testing.T) {
		b.withKeysText(t, "card-master-new: pkcs11:object="+sample.LabelMaster, "card-master-new: pkcs11:object=none", func(keys string) {
			issue("--keys", keys).expect(t, exitHSM, "key not found")
		})
	})
	t.Run("the keys they came with", func(t *testing.T) {
		b.withKeysText(t, "card-master-new: pkcs11:object="+sample.LabelMaster, "card-master-new: pkcs11:object="+sample.LabelTransport+";type=secret-key", func(keys string) {
			issue("--keys", keys).expect(t, exitUsage, "keep the keys they came with")
		})
	})
	t.Run("a folder that is a file", func(t *testing.T) { issue("--out", b.record).expect(t, exitUsage, "--out") })

	var issued issuedJSON
	r := issue("--json").expect(t, exitOK, "")
	check(t, json.Unmarshal([]byte(r.out), &issued))
	if issued.Chip == "" || len(issued.Files) < 8 {
		t.Fatalf("issued %+v", issued)
	}
	t.Run("a second time", func(t *testing.T) { issue().expect(t, exitFault, "not an untouched blank") })
	b.verdicts(t)
	pull()
	b.faults(t)
}

// withKeys runs f with a keys file in which from is replaced by to.
func (b *bench) withKeys(t *testing.T, from, to string, f func(keys string)) {
	t.Helper()
	text, err := os.ReadFile(b.keys)
	check(t, err)
	keys := filepath.Join(b.dir, "other-keys.yaml")
	i := bytes.LastIndex(text, []byte("/pin\n"))
	if from == "pin" {
		text = append(append(bytes.Clone(text[:i]), "/"+to...), text[i+4:]...)
	} else {
		text = bytes.Replace(text, []byte("token: "+from), []byte("token: "+to), 1)
	}
	check(t, os.WriteFile(keys, text, 0o600))
	f(keys)
}

// withKeysText runs f with a keys file in which one text is replaced.
func (b *bench) withKeysText(t *testing.T, from, to string, f func(keys string)) {
	t.Helper()
	text, err := os.ReadFile(b.keys)
	check(t, err)
	if !bytes.Contains(text, []byte(from)) {
		t.Fatalf("%q is not in the keys file", from)
	}
	keys := filepath.Join(b.dir, "text-keys.yaml")
	check(t, os.WriteFile(keys, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600))
	f(keys)
}

// verdicts inspects the good card.
func (b *bench) verdicts(t *testing.T) {
	t.Run("verdict", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "files")
		r := b.inspect(t, b.can, "--json", "--out", out).expect(t, exitOK, "")
		var v inspect.Verdict
		check(t, json.Unmarshal([]byte(r.out), &v))
		if v.Schema != "chipid.verdict/1" || v.Outcome != inspect.ResultPassed || !v.Test || v.Chip.Reader != b.reader.Name || v.Chip.APDUs == 0 {
			t.Fatalf("%s", r.out)
		}
		chipidRun(t, "", "file", "verify", out, "--trust", b.trust).expect(t, exitOK, "")
	})
	t.Run("text", func(t *testing.T) {
		r := b.inspect(t, b.can).expect(t, exitOK, "")
		if !strings.Contains(r.out, "PASSED") || !strings.Contains(r.out, "TEST") {
			t.Fatal(r.out)
		}
	})
	t.Run("read", func(t *testing.T) {
		r := chipidRun(t, b.can+"\n", "card", "read", "--reader", b.reader.Name, "--can", "-", "--json").expect(t, exitOK, "")
		var j readingJSON
		check(t, json.Unmarshal([]byte(r.out), &j))
		if j.Schema != "chipid.read/1" || len(j.Files) != 8 {
			t.Fatalf("%s", r.out)
		}
	})
	t.Run("stock tool", func(t *testing.T) {
		tool, err := exec.LookPath("opensc-tool")
		hsmtest.Require(t, "opensc-tool", "opensc", err != nil)
		got, err := exec.Command(tool, "--reader", "0", "--send-apdu", "00A4040C07A0000002471001").CombinedOutput()
		if err != nil || !bytes.Contains(got, []byte("SW1=0x90")) {
			t.Fatalf("%v\n%s", err, got)
		}
	})
	t.Run("wrong CAN", func(t *testing.T) {
		if r := b.inspect(t, "000000").expect(t, exitDenied, "denie"); strings.Contains(r.out, "PASSED") {
			t.Error(r.out)
		}
		var v inspect.Verdict
		check(t, json.Unmarshal([]byte(b.inspect(t, "000000", "--json").expect(t, exitDenied, "denie").out), &v))
		if c, _ := v.Check(inspect.CheckAccess); v.Outcome != inspect.ResultInconclusive || c.Outcome != inspect.NotPerformed || !c.Required {
			t.Errorf("%s, access %v", v.Outcome, c.Outcome)
		}
	})
	t.Run("another type of card than expected", func(t *testing.T) {
		b.inspect(t, b.can, "--profile", "vn-cccd-2021").expect(t, exitOK, "")
		if r := b.inspect(t, b.can, "--profile", "icao-td3").expect(t, exitFailed, ""); !strings.Contains(r.out, "profile.match") {
			t.Error(r.out)
		}
	})
	t.Run("no CAN", func(t *testing.T) { b.inspect(t, "abc").expect(t, exitUsage, "--can") })
	t.Run("missing trust directory", func(t *testing.T) {
		chipidRun(t, b.can+"\n", "card", "inspect", "--reader", b.reader.Name, "--can", "-", "--trust", b.dir+"/none").expect(t, exitUsage, "no trust store")
	})
	t.Run("no anchor", func(t *testing.T) {
		empty := filepath.Join(t.TempDir(), "empty")
		_, err := pki.Create(empty, true)
		check(t, err)
		r := chipidRun(t, b.can+"\n", "card", "inspect", "--reader", b.reader.Name, "--can", "-", "--trust", empty, "--json").expect(t, exitInconclusive, "")
		var v inspect.Verdict
		check(t, json.Unmarshal([]byte(r.out), &v))
		if c, _ := v.Check(inspect.CheckSODChain); c.Outcome != inspect.NotPerformed || !c.Required {
			t.Fatalf("%+v", c)
		}
	})
}

// faults puts the same chip in again, with something wrong each time.
func (b *bench) faults(t *testing.T) {
	for _, f := range []struct {
		name, spec string
		status     int
		text       string
	}{
		{"card pulled in the middle of a read", "pull@40", exitNoCard, "card left"},
		{"tampered DG2", "tamper=EF.DG2:5000", exitFailed, ""},
		{"tampered DG1", "tamper=EF.DG1:20", exitFailed, ""},
		{"wrong MAC", "mac@30", exitInconclusive, "wrong checksum"},
		{"one unprotected answer, and a new session", "naked@30=6A82", exitOK, ""},
		{"unprotected answers", "naked@30=6A82,naked@45=6A82,naked@65=6A82", exitInconclusive, ""},
	} {
		t.Run(f.name, func(t *testing.T) {
			c := b.open(t, f.spec)
			pull := b.insert(t, c)
			defer pull()
			b.inspect(t, b.can).expect(t, f.status, f.text)
		})
	}
	t.Run("and the next card works", func(t *testing.T) {
		pull := b.insert(t, b.open(t, ""))
		defer pull()
		b.inspect(t, b.can).expect(t, exitOK, "")
	})
}

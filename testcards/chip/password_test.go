package chip_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// pinChip has all four passwords, PIN with three tries and PUK with four.
func pinChip(t *testing.T, p pace.Params) *document.Document {
	t.Helper()
	return document.New(t, document.Options{PACE: []pace.Params{p}, PINTries: 3, PUKTries: 4})
}

// open runs PACE after a reset.
func openWith(t *testing.T, c *chip.Chip, p pace.Params, pw pace.Password) (*pace.Result, error) {
	t.Helper()
	reset(t, c)
	return pace.Run(t.Context(), apdu.NewChannel(c), p, pw)
}

// left wants a refusal with so many tries left.
func left(t *testing.T, err error, n int) {
	t.Helper()
	var denied *pace.DeniedError
	if !errors.As(err, &denied) {
		t.Fatalf("%v, want %v with %d tries left", err, pace.ErrDenied, n)
	}
	if got, ok := denied.Tries(); !ok || got != n {
		t.Errorf("%d tries left, want %d", got, n)
	}
}

// Every password with every mapping and cipher.
func TestPasswords(t *testing.T) {
	for _, row := range paceRows() {
		for _, c := range matrixCiphers {
			id := 13
			if !row.curve {
				id = 0
			}
			p, name, ok := row.offer(c, id)
			if !ok {
				continue
			}
			d := pinChip(t, p)
			for _, pw := range []pace.Password{pace.MRZ(d.MRZInfo), pace.CAN(document.CAN), pace.PIN(document.PIN), pace.PUK(document.PUK)} {
				if _, err := openWith(t, d.Chip, p, pw); err != nil {
					t.Errorf("%s with the %v: %v", name, pw.Reference(), err)
				}
			}
			for _, pw := range []pace.Password{pace.MRZ(d.MRZInfo[1:]), pace.CAN("0"), pace.PIN(document.CAN), pace.PUK(document.PIN)} {
				if _, err := openWith(t, d.Chip, p, pw); !errors.Is(err, pace.ErrDenied) {
					t.Errorf("%s with a wrong %v: %v, want %v", name, pw.Reference(), err, pace.ErrDenied)
				}
			}
		}
	}
}

// The counter of the PIN: a success starts it anew, the last try needs the CAN
// (TR-03110-2 v2.21, 2.2.3).
func TestPINCounter(t *testing.T) {
	p := gm(mac.AES128, 13)
	d := pinChip(t, p)
	wrong, right := pace.PIN("000000"), pace.PIN(document.PIN)
	try := func(pw pace.Password) error { _, err := openWith(t, d.Chip, p, pw); return err }
	left(t, try(wrong), 2)
	if err := try(right); err != nil {
		t.Fatal(err)
	}
	left(t, try(wrong), 2)
	left(t, try(wrong), 1)
	wantError(t, "suspended PIN", try(right), apdu.ErrConditions)
	// The CAN alone starts no counter of the PIN anew.
	if err := try(pace.CAN(document.CAN)); err != nil {
		t.Fatal(err)
	}
	wantError(t, "PIN in another session than the CAN", try(right), apdu.ErrConditions)

	can, err := openWith(t, d.Chip, p, pace.CAN(document.CAN))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pace.Run(t.Context(), can.Channel, p, pace.MRZ(d.MRZInfo)); !errors.Is(err, apdu.ErrConditions) {
		t.Errorf("PACE with the MRZ inside a session: %v", err)
	}
	resumed, err := pace.Run(t.Context(), can.Channel, p, right)
	if err != nil {
		t.Fatal(err)
	}
	selectApplication(t, resumed.Channel)
	if _, err := pace.Run(t.Context(), resumed.Channel, p, right); !errors.Is(err, apdu.ErrConditions) {
		t.Errorf("PACE a third time: %v", err)
	}
	left(t, try(wrong), 2) // it had started anew
}

// A wrong PIN after the CAN blocks it, in a session that goes on; the PUK brings
// it back.
func TestPINBlockedAndUnblocked(t *testing.T) {
	p := gm(mac.AES128, 13)
	d := pinChip(t, p)
	for n := 2; n > 0; n-- {
		_, err := openWith(t, d.Chip, p, pace.PIN("000000"))
		left(t, err, n)
	}
	can, err := openWith(t, d.Chip, p, pace.CAN(document.CAN))
	if err != nil {
		t.Fatal(err)
	}
	_, err = pace.Run(t.Context(), can.Channel, p, pace.PIN("000000"))
	left(t, err, 0)
	selectApplication(t, can.Channel)
	_, err = openWith(t, d.Chip, p, pace.PIN(document.PIN))
	if !errors.Is(err, pace.ErrDenied) || !errors.Is(err, apdu.ErrAuthBlocked) {
		t.Fatalf("blocked PIN: %v", err)
	}

	unblock := apdu.Command{INS: 0x2C, P1: 0x03, P2: 0x03}
	if can, err = openWith(t, d.Chip, p, pace.CAN(document.CAN)); err != nil {
		t.Fatal(err)
	}
	if _, err := apdu.Do(t.Context(), can.Channel, unblock); !errors.Is(err, apdu.ErrSecurityStatus) {
		t.Errorf("RESET RETRY COUNTER with the CAN: %v", err)
	}
	puk, err := openWith(t, d.Chip, p, pace.PUK(document.PUK))
	if err != nil {
		t.Fatal(err)
	}
	selectApplication(t, puk.Channel)
	if r, err := puk.Channel.Send(t.Context(), apdu.Command{INS: 0xB0, P1: 0x81, Ne: 4}); err != nil || r.SW != apdu.ErrSecurityStatus {
		t.Errorf("the PUK reads DG1: %v %v", r.SW, err)
	}
	if _, err := apdu.Do(t.Context(), puk.Channel, apdu.Command{INS: 0x2C, P1: 0x02, P2: 0x03, Data: []byte("111111")}); !errors.Is(err, apdu.ErrWrongP1P2) {
		t.Errorf("a new PIN: %v", err)
	}
	if _, err := apdu.Do(t.Context(), puk.Channel, unblock); err != nil {
		t.Fatal(err)
	}
	if _, err := openWith(t, d.Chip, p, pace.PIN(document.PIN)); err != nil {
		t.Errorf("unblocked PIN: %v", err)
	}
}

// The PUK has its own counter, and a bound of zero is none.
func TestPUKCounter(t *testing.T) {
	p := gm(mac.AES128, 13)
	d := pinChip(t, p)
	for n := 3; n > 0; n-- {
		_, err := openWith(t, d.Chip, p, pace.PUK("0000000000"))
		left(t, err, n)
	}
	_, err := openWith(t, d.Chip, p, pace.PUK(document.PUK))
	wantError(t, "suspended PUK", err, apdu.ErrConditions)
	if _, err := openWith(t, d.Chip, p, pace.PIN(document.PIN)); err != nil {
		t.Errorf("PIN: %v", err)
	}
	can, err := openWith(t, d.Chip, p, pace.CAN(document.CAN))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pace.Run(t.Context(), can.Channel, p, pace.PUK(document.PUK)); err != nil {
		t.Errorf("resumed PUK: %v", err)
	}
	free := document.New(t, document.Options{PACE: []pace.Params{p}, Change: func(c *chip.Document) { c.PUK = document.PUK }})
	for range 5 {
		if _, err := openWith(t, free.Chip, p, pace.PUK("0")); !errors.Is(err, apdu.ErrAuthFailed) {
			t.Errorf("PUK without a bound: %v", err)
		}
	}
	if _, err := openWith(t, free.Chip, p, pace.PUK(document.PUK)); err != nil {
		t.Errorf("PUK without a bound: %v", err)
	}
}

// Counters and keys of prime fields outlive the power.
func TestPasswordsAndGroupsInStateFile(t *testing.T) {
	path := t.TempDir() + "/chip.json"
	p := gm(mac.AES128, 2)
	p.ParameterID, p.Domain = 40, must(domain.Standard(2))
	d := document.New(t, document.Options{
		PACE: []pace.Params{p}, PINTries: 3, Chip: chip.Options{State: path},
		CA: []document.ChipAuth{{Parameters: 1, Ciphers: []mac.Cipher{mac.AES128}, ID: 1}},
	})
	_, err := openWith(t, d.Chip, p, pace.PIN("0"))
	left(t, err, 2)
	again := must(chip.Open(chip.Options{State: path, RetryDelay: -1}))
	_, err = openWith(t, again, p, pace.PIN("0"))
	left(t, err, 1)
	for _, s := range []string{fmt.Sprint(d.Chip), fmt.Sprintf("%+v", again)} {
		if s != "[virtual chip]" {
			t.Errorf("prints %q", s)
		}
	}
}

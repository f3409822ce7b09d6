package chip_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

var fileFIDs = map[string]uint16{"EF.COM": 0x011E, "EF.DG1": 0x0101, "EF.DG2": 0x0102, "EF.DG14": 0x010E, "EF.DG15": 0x010F, "EF.SOD": 0x011D}

// Every file comes out as it went in, by BAC and by PACE with either password,
// in short and in extended APDUs.
func TestReadDocument(t *testing.T) {
	d := testDocument()
	c := issued(t, d)
	for name, start := range map[string]func() apdu.Sender{
		"BAC":      func() apdu.Sender { return openBAC(t, c) },
		"PACE CAN": func() apdu.Sender { return open(t, c) },
		"PACE MRZ": func() apdu.Sender {
			ch := apdu.NewChannel(c)
			selectApplication(t, ch)
			return must(pace.Run(t.Context(), ch, paceVN, pace.MRZ(testMRZ))).Channel
		},
	} {
		for _, step := range []int{0xE7, 256, 1800} {
			reset(t, c)
			s := start()
			selectApplication(t, s) // again under secure messaging, as terminals do
			for file, fid := range fileFIDs {
				got, err := read(t.Context(), s, fid, step)
				if err != nil || !bytes.Equal(got, d.Files[file]) {
					t.Errorf("%s, steps of %d, %s: %d bytes, %v", name, step, file, len(got), err)
				}
			}
			_, err := read(t.Context(), s, 0x010B, step)
			wantError(t, name+" DG11", err, apdu.ErrFileNotFound)
			for _, fid := range []uint16{0x0103, 0x0104} { // terminal authentication
				_, err = read(t.Context(), s, fid, step)
				wantError(t, name+" DG3", err, apdu.ErrSecurityStatus)
			}
		}
	}
}

// PACE works with every set of standardized parameters and every cipher, in the
// master file too (Doc 9303-11 (8th ed.), 4.4), and chip authentication mapping
// proves the chip authentication key.
func TestPACEParameters(t *testing.T) {
	base := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}
	var sets []pace.Params
	for _, p := range [][3]int{{2, 1, 12}, {2, 2, 12}, {2, 3, 15}, {2, 4, 16}, {4, 2, 13}, {6, 2, 13}} {
		sets = append(sets, pace.Params{OID: append(append(asn1.ObjectIdentifier{}, base...), p[0], p[1]), ParameterID: p[2]})
	}
	d := testDocument()
	d.NoMF, d.PACE = false, sets
	c := issued(t, d)
	for _, p := range sets {
		reset(t, c)
		ch := apdu.NewChannel(c)
		r, err := pace.Run(t.Context(), ch, p, pace.CAN(testCAN))
		if err != nil {
			t.Errorf("%v: %v", p.OID, err)
			continue
		}
		if r.CAM != nil {
			if err := r.CAM.Verify(d.ChipAuth[0].Key.Public()); err != nil {
				t.Errorf("chip authentication mapping: %v", err)
			}
		}
		selectApplication(t, r.Channel)
		if _, err := read(t.Context(), r.Channel, 0x0101, 256); err != nil {
			t.Errorf("%v: %v", p.OID, err)
		}
	}
}

// A wrong password is refused with 6300 and does not grant anything; the right
// one still works, and nothing is blocked where no limit is set.
func TestWrongPassword(t *testing.T) {
	c := issued(t, testDocument())
	ch := apdu.NewChannel(c)
	selectApplication(t, ch)
	for range 20 {
		_, err := pace.Run(t.Context(), ch, paceVN, pace.CAN("123456"))
		wantError(t, "PACE", err, pace.ErrDenied)
		wantError(t, "PACE", err, apdu.ErrAuthFailed)
		_, err = bac.Run(t.Context(), ch, bac.NewPassword("L898902C<369080619406236"))
		wantError(t, "BAC", err, bac.ErrDenied)
	}
	if _, err := read(t.Context(), ch, 0x0101, 256); !errors.Is(err, apdu.ErrSecurityStatus) {
		t.Errorf("DG1 after a failed attempt: %v", err)
	}
	open(t, c)
}

// With a limit, the chip counts, tells, blocks the CAN over resets and power
// cuts, and forgives it when the MRZ was right.
func TestCANTries(t *testing.T) {
	o := quick()
	o.State = filepath.Join(t.TempDir(), "card.json")
	d := testDocument()
	d.CANTries = 3
	c := must(chip.NewIssued(o, d))
	try := func(pw pace.Password) error {
		t.Helper()
		reset(t, c)
		ch := apdu.NewChannel(c)
		selectApplication(t, ch)
		_, err := pace.Run(t.Context(), ch, paceVN, pw)
		return err
	}
	for left := 2; left >= 0; left-- {
		err := try(pace.CAN("123456"))
		var status apdu.Status
		if !errors.As(err, &status) {
			t.Fatalf("wrong CAN: %v", err)
		}
		if n, ok := status.Tries(); !ok || n != left {
			t.Errorf("wrong CAN: %04X, want 63C%X", uint16(status), left)
		}
		c = must(chip.Open(o))
	}
	wantError(t, "blocked CAN", try(pace.CAN(testCAN)), apdu.ErrAuthBlocked)
	if err := try(pace.MRZ(testMRZ)); err != nil {
		t.Errorf("MRZ while the CAN is blocked: %v", err)
	}
	if err := try(pace.CAN(testCAN)); err != nil {
		t.Errorf("CAN after the MRZ: %v", err)
	}
}

// Failed attempts make the chip slow, the right password makes it quick again.
func TestRetryDelay(t *testing.T) {
	o := quick()
	o.RetryDelay = 20 * time.Millisecond
	c := must(chip.NewIssued(o, testDocument()))
	ch := apdu.NewChannel(c)
	selectApplication(t, ch)
	attempt := func(pw string) time.Duration {
		begin := time.Now()
		_, _ = bac.Run(t.Context(), ch, bac.NewPassword(pw))
		return time.Since(begin)
	}
	attempt("wrong")
	attempt("wrong") // waits 20 ms
	if d := attempt("wrong"); d < 40*time.Millisecond {
		t.Errorf("third attempt after %v", d)
	}
	attempt(testMRZ)
	reset(t, c)
	selectApplication(t, ch)
	if d := attempt(testMRZ); d > 20*time.Millisecond {
		t.Errorf("attempt after a success took %v", d)
	}
}

// BAC and PACE never in the same session (Doc 9303-11 (8th ed.), 4.1).
func TestOneMechanism(t *testing.T) {
	c := issued(t, testDocument())
	s := open(t, c)
	_, err := apdu.Do(t.Context(), s, apdu.Command{INS: 0x84, Ne: 8})
	wantError(t, "GET CHALLENGE after PACE", err, apdu.ErrConditions)
	reset(t, c)
	s = openBAC(t, c)
	_, err = pace.Run(t.Context(), s, paceVN, pace.CAN(testCAN))
	wantError(t, "PACE after BAC", err, apdu.ErrConditions)

	d := testDocument()
	d.NoBAC = true
	c = issued(t, d)
	ch := apdu.NewChannel(c)
	selectApplication(t, ch)
	_, err = bac.Run(t.Context(), ch, bac.NewPassword(testMRZ))
	wantError(t, "BAC on a PACE chip", err, apdu.ErrConditions)

	d = testDocument()
	d.NoMF = false
	c = issued(t, d)
	_, err = bac.Run(t.Context(), apdu.NewChannel(c), bac.NewPassword(testMRZ))
	wantError(t, "BAC in the master file", err, apdu.ErrConditions)
}

// A plain command inside secure messaging ends the session and takes its rights
// (Doc 9303-11 (8th ed.), 4.3.2, 9.8.3), and so does a wrong checksum, which is
// answered without protection (9.8.5).
func TestSessionEnds(t *testing.T) {
	c := issued(t, testDocument())
	s := open(t, c)
	if _, err := apdu.Do(t.Context(), s, apdu.Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{1, 1}}); err != nil {
		t.Fatal(err)
	}
	sw(t, c, "00B0000010", apdu.ErrNoCurrentEF, 0) // DG1 was selected, and is no longer
	sw(t, c, "00B0810010", apdu.ErrSecurityStatus, 0)
	sw(t, c, "00B09C0000", apdu.OK, 54) // EF.CardAccess always
	_, err := s.Send(t.Context(), apdu.Command{INS: 0xB0, P1: 0x81, Ne: 16})
	wantError(t, "the old session", err, sm.ErrUnprotected)

	reset(t, c)
	open(t, c)
	sw(t, c, "0CB08100 0D 970110 8E08 0000000000000000 00", apdu.ErrSMWrong, 0)
	sw(t, c, "00B0810010", apdu.ErrSecurityStatus, 0)
	reset(t, c)
	open(t, c)
	sw(t, c, "0CB08100 03 970110 00", apdu.ErrSMMissing, 0)
	reset(t, c)
	open(t, c)
	sw(t, c, "0CB081", apdu.ErrWrongLength, 0)
	sw(t, c, "00B0810010", apdu.ErrSecurityStatus, 0)

	// Errors of the command itself are protected and leave the session alone.
	reset(t, c)
	s = open(t, c)
	for ins, want := range map[byte]apdu.Status{0x12: apdu.ErrINS, 0xD6: apdu.ErrSecurityStatus, 0x88: apdu.ErrWrongLength, 0x86: apdu.ErrConditions} {
		r, err := s.Send(t.Context(), apdu.Command{INS: ins, Ne: 256})
		if err != nil || r.SW != want {
			t.Errorf("%02X under secure messaging: %04X %v, want %04X", ins, uint16(r.SW), err, uint16(want))
		}
	}
	if _, err := read(t.Context(), s, 0x0101, 256); err != nil {
		t.Errorf("the session afterwards: %v", err)
	}
	_, err = apdu.Do(t.Context(), s, apdu.Command{INS: 0xA4, P1: 4, P2: 0x0C, Data: isd})
	wantError(t, "the security domain inside the session", err, apdu.ErrFileNotFound)
}

// Chip authentication restarts secure messaging (Doc 9303-11 (8th ed.), 6.2),
// with every cipher its key serves; 3DES by MSE:Set KAT. Without a session it
// is refused.
func TestChipAuthentication(t *testing.T) {
	d := testDocument()
	base := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2}
	d.ChipAuth = nil
	for i, curve := range []*ecc.Curve{ecc.BrainpoolP256r1(), ecc.P384()} {
		k := chip.ChipAuthKey{ID: i + 1, Key: must(ecc.GenerateKey(curve, nil))}
		for cipher := 1; cipher <= 4; cipher++ {
			k.Protocols = append(k.Protocols, append(append(asn1.ObjectIdentifier{}, base...), cipher))
		}
		d.ChipAuth = append(d.ChipAuth, k)
	}
	c := issued(t, d)
	for _, k := range d.ChipAuth {
		for _, oid := range k.Protocols {
			reset(t, c)
			s := openBAC(t, c)
			r, err := ca.Run(t.Context(), s, ca.Params{OID: oid, KeyID: k.ID, Public: k.Key.Public()})
			if err != nil {
				t.Errorf("%v key %d: %v", oid, k.ID, err)
				continue
			}
			if _, err := read(t.Context(), r.Channel, 0x0101, 256); err != nil || r.Channel.Verified() == 0 {
				t.Errorf("%v key %d: reading on: %v", oid, k.ID, err)
			}
		}
	}
	// A clone has the public key but not the private one.
	clone := testDocument()
	clone.ChipAuth = []chip.ChipAuthKey{{Protocols: []asn1.ObjectIdentifier{oidCA}, ID: ca.NoKeyID, Key: must(ecc.GenerateKey(ecc.BrainpoolP256r1(), nil))}}
	c = issued(t, clone)
	s := open(t, c)
	genuine := must(ecc.GenerateKey(ecc.BrainpoolP256r1(), nil))
	r, err := ca.Run(t.Context(), s, ca.Params{OID: oidCA, KeyID: ca.NoKeyID, Public: genuine.Public()})
	if err == nil {
		_, err = read(t.Context(), r.Channel, 0x0101, 256)
	}
	if err == nil {
		t.Error("a clone passes chip authentication")
	}
}

// Active authentication with RSA-2048 and with ECDSA. Under AES an RSA-2048
// answer has 291 bytes: a short APDU cannot carry it (Doc 9303-11 (8th ed.),
// 6.1.4), and the chip either refuses or lets it be fetched.
func TestActiveAuthentication(t *testing.T) {
	d := testDocument()
	c := issued(t, d)
	s := open(t, c)
	public := aa.Params{Public: rsaKeys()[0].Public()}
	if _, err := aa.Run(t.Context(), s, public); err != nil {
		t.Errorf("RSA: %v", err)
	}
	r, err := s.Send(t.Context(), apdu.Command{INS: 0x88, Data: make([]byte, 8), Ne: 256})
	if err != nil || r.SW != apdu.ErrWrongLength {
		t.Errorf("RSA under AES with short Le: %04X, %v", uint16(r.SW), err)
	}
	if _, err := aa.Run(t.Context(), s, aa.Params{Public: rsaKeys()[1].Public()}); !errors.Is(err, aa.ErrSignature) {
		t.Errorf("another key: %v", err)
	}

	o := quick()
	o.Model = chip.ShortModel
	c = must(chip.NewIssued(o, d))
	s = open(t, c)
	if _, err := aa.Run(t.Context(), s, public); err != nil {
		t.Errorf("RSA fetched by GET RESPONSE: %v", err)
	}
	if _, err := read(t.Context(), s, 0x0101, 256); err != nil {
		t.Errorf("the session afterwards: %v", err)
	}

	key := must(ecc.GenerateKey(ecc.BrainpoolP384r1(), nil))
	d.ActiveAuth = &chip.ActiveAuthKey{Key: key, Hash: crypto.SHA384}
	c = issued(t, d)
	if _, err := aa.Run(t.Context(), open(t, c), aa.Params{Public: key.Public(), Hash: crypto.SHA384}); err != nil {
		t.Errorf("ECDSA: %v", err)
	}
	d.ActiveAuth = nil
	_, err = aa.Run(t.Context(), open(t, issued(t, d)), public)
	wantError(t, "no key", err, apdu.ErrConditions)
}

// The answer to 61xx comes in the pieces that are asked for, and any other
// command forgets it (ISO/IEC 7816-4:2020, 5.3.4).
func TestGetResponse(t *testing.T) {
	o := quick()
	o.Model = chip.ShortModel
	d := testDocument()
	d.Plain = true
	c := must(chip.NewIssued(o, d))
	sw(t, c, "00A4040C07A0000002471001", apdu.OK, 0)
	sw(t, c, "0088000008000000000000000010", 0x6100, 0)
	sw(t, c, "00C00000F0", 0x6110, 0xF0)
	sw(t, c, "00C0000010", apdu.OK, 0x10)
	sw(t, c, "00C0000010", apdu.ErrConditions, 0)
	sw(t, c, "0088000008000000000000000010", 0x6100, 0)
	sw(t, c, "00B0810000", apdu.OK, 95)
	sw(t, c, "00C0000000", apdu.ErrConditions, 0)
	if sm.MaxResponseData(mac.AES128, 258) != 223 {
		t.Error("a short answer under AES carries another number of bytes")
	}
}

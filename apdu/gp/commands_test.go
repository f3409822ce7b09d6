package gp_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func scripted(t *testing.T, steps ...string) *apdu.Channel {
	s := &script{t: t}
	for i := 0; i < len(steps); i += 2 {
		s.steps = append(s.steps, [2][]byte{unhex(t, steps[i]), unhex(t, steps[i+1])})
	}
	t.Cleanup(func() {
		if len(s.steps) != 0 {
			t.Errorf("%d commands not sent", len(s.steps))
		}
	})
	return apdu.NewChannel(s)
}

func TestSelectISD(t *testing.T) {
	ctx := context.Background()
	aid, err := gp.SelectISD(ctx, scripted(t, "00A4040008A00000015100000000", "6F108408A000000151000000A5049F6501FF9000"), nil)
	if err != nil || !bytes.Equal(aid, gp.ISD) {
		t.Fatalf("%X %v", aid, err)
	}
	aid, err = gp.SelectISD(ctx, scripted(t, "00A4040008A00000015100000000", "6A82", "00A4040000", "6F0A8408A0000000030000009000"), nil)
	if err != nil || !bytes.Equal(aid, unhex(t, "A000000003000000")) {
		t.Fatalf("default: %X %v", aid, err)
	}
	if _, err = gp.SelectISD(ctx, scripted(t, "00A4040005A00000000100", "6A82"), unhex(t, "A000000001")); !errors.Is(err, apdu.ErrFileNotFound) {
		t.Fatalf("missing: %v", err)
	}
}

func TestCommandBytes(t *testing.T) {
	ctx := context.Background()
	aid := unhex(t, "A0000002471001")
	for name, tt := range map[string]struct {
		want string
		run  func(s apdu.Sender) error
	}{
		"INSTALL for personalization": {"80E620000D000007A000000247100100000000", func(s apdu.Sender) error {
			return gp.InstallForPersonalization(ctx, s, aid)
		}},
		"INSTALL for install": {"80E60C001D 05A000000247 06A00000024710 07A0000002471001 0100 04C9021122 00 00", func(s apdu.Sender) error {
			return gp.InstallAndMakeSelectable(ctx, s, gp.Install{Package: aid[:5], Module: aid[:6], Application: aid, Parameters: []byte{0x11, 0x22}})
		}},
		"SET STATUS of the card":       {"80F0800F", func(s apdu.Sender) error { return gp.SetCardStatus(ctx, s, gp.CardSecured) }},
		"SET STATUS of an application": {"80F0400707A0000002471001", func(s apdu.Sender) error { return gp.SetApplicationStatus(ctx, s, aid, gp.AppSelectable) }},
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			for _, r := range tt.want {
				if r != ' ' {
					want += string(r)
				}
			}
			if err := tt.run(scripted(t, want, "9000")); err != nil {
				t.Fatal(err)
			}
			if err := tt.run(scripted(t, want, "6985")); !errors.Is(err, apdu.ErrConditions) {
				t.Fatalf("refused: %v", err)
			}
		})
	}
	if err := gp.InstallForPersonalization(ctx, scripted(t), make([]byte, 4)); !errors.Is(err, gp.ErrEncoding) {
		t.Fatalf("short AID: %v", err)
	}
}

func TestGetStatus(t *testing.T) {
	ctx := context.Background()
	list, err := gp.GetStatus(ctx, scripted(t,
		"80F28002024F0000", "E3114F08A0000001510000009F700107C5019E9000"), gp.ScopeISD)
	if err != nil || len(list) != 1 || !bytes.Equal(list[0].AID, gp.ISD) || list[0].State != gp.CardInitialized || list[0].Privileges[0] != 0x9E {
		t.Fatalf("%+v %v", list, err)
	}
	// An entry that declares more than it holds.
	list, err = gp.GetStatus(ctx, scripted(t,
		"80F24002024F0000", "E30D4F05A0000000019F7001076310",
		"80F24003024F0000", "C5E30B4F05A0000000029F70010F9000"), gp.ScopeApplications)
	if err == nil {
		t.Fatalf("a malformed entry was read: %+v", list)
	}
	list, err = gp.GetStatus(ctx, scripted(t,
		"80F24002024F0000", "E30B4F05A0000000019F7001076310",
		"80F24003024F0000", "E30B4F05A0000000029F70010F9000"), gp.ScopeApplications)
	if err != nil || len(list) != 2 || list[1].State != 0x0F {
		t.Fatalf("%+v %v", list, err)
	}
	if list, err = gp.GetStatus(ctx, scripted(t, "80F22002024F0000", "6A88"), gp.ScopePackages); err != nil || len(list) != 0 {
		t.Fatalf("none: %v %v", list, err)
	}
	if _, err = gp.GetStatus(ctx, scripted(t, "80F22002024F0000", "6D00"), gp.ScopePackages); !errors.Is(err, apdu.ErrINS) {
		t.Fatalf("unknown: %v", err)
	}
}

type endless struct{}

func (endless) Send(context.Context, apdu.Command) (apdu.Response, error) {
	return apdu.Response{SW: 0x6310}, nil
}

func TestGetStatusEnds(t *testing.T) {
	if _, err := gp.GetStatus(context.Background(), endless{}, gp.ScopeISD); !errors.Is(err, gp.ErrAnswer) {
		t.Fatalf("got %v", err)
	}
}

func TestGetData(t *testing.T) {
	ctx := context.Background()
	raw := "47905168479112103800" + "6105" + "00381519" + "1280" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000"
	c, err := gp.GetCPLC(ctx, scripted(t, "80CA9F7F00", "9F7F2A"+raw+"9000"))
	if err != nil {
		t.Fatal(err)
	}
	if c.ICFabricator != 0x4790 || c.ICFabricationDate != 0x6105 || c.ICSerial != 0x00381519 || c.ICBatch != 0x1280 {
		t.Fatalf("%+v", c)
	}
	if got := c.SerialNumber(); got != "47906105128000381519" {
		t.Fatalf("serial number %s", got)
	}
	if _, err := gp.ParseCPLC(unhex(t, raw)[:41]); !errors.Is(err, gp.ErrAnswer) {
		t.Fatalf("41 bytes: %v", err)
	}
	keys, err := gp.GetKeyInformation(ctx, scripted(t, "80CA00E000", "E012C00401308810C00402308810C004033088109000"))
	if err != nil || len(keys) != 3 || keys[1] != (gp.KeyInfo{KID: 2, KVN: 0x30, Type: 0x88, Len: 16}) {
		t.Fatalf("%+v %v", keys, err)
	}
	for _, s := range []string{"", "E0", "E003C00201", "6F00", "E004C0020101"} {
		if _, err := gp.ParseKeyInformation(unhex(t, s)); !errors.Is(err, gp.ErrAnswer) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzChipAnswers(f *testing.F) {
	f.Add([]byte{0xE3, 0x02, 0x4F, 0x00})
	f.Add([]byte{0x9F, 0x7F, 0x2A})
	f.Add([]byte{0xE0, 0x06, 0xC0, 0x04, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = gp.ParseCPLC(b)
		_, _ = gp.ParseKeyInformation(b)
		_, _ = gp.ParseKeyTemplate(b)
		_, _ = gp.GetStatus(context.Background(), fixed(b), gp.ScopeISD)
		_, _ = gp.Begin(context.Background(), fixed(b), gp.Options{})
	})
}

type fixed []byte

func (f fixed) Send(context.Context, apdu.Command) (apdu.Response, error) {
	return apdu.Response{Data: f, SW: apdu.OK}, nil
}

func FuzzDGI(f *testing.F) {
	f.Add([]byte{1, 1, 1, 0xAA}, byte(0x88), 2)
	f.Add([]byte{1, 1, 0xFF, 0, 1, 0xAA}, byte(0x08), 3)
	f.Fuzz(func(t *testing.T, b []byte, p1 byte, cut int) {
		whole, err := gp.ParseDGIs(b)
		if cut < 0 || cut > len(b) {
			cut = len(b) / 2
		}
		// The same bytes in two blocks give the same groupings, or an error
		// in both cases.
		p1 = p1&0x60 | 0x08
		var a gp.Assembler
		first, err1 := a.Add(apdu.Command{P1: p1, Data: b[:cut]})
		if err1 != nil {
			return
		}
		second, err2 := a.Add(apdu.Command{P1: p1 | 0x80, P2: 1, Data: b[cut:]})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("whole: %v, in blocks: %v", err, err2)
		}
		if err == nil && len(whole) != len(first)+len(second) {
			t.Fatalf("%d groupings whole, %d in blocks", len(whole), len(first)+len(second))
		}
	})
}

func FuzzChip(f *testing.F) {
	f.Add(byte(0x84), byte(0xD8), byte(0x30), byte(0x81), []byte{0x30, 0x88, 0x11, 0x10})
	f.Fuzz(func(t *testing.T, cla, ins, p1, p2 byte, data []byte) {
		c, keys := newCard(0x70, 16)
		cmd := apdu.Command{CLA: cla, INS: ins, P1: p1, P2: p2, Data: data}
		if r := c.chip.ExternalAuthenticate(cmd); r.SW == apdu.OK {
			t.Fatal("authenticated without a challenge")
		}
		c.chip.InitializeUpdate(apdu.Command{CLA: 0x80, INS: 0x50, Data: make([]byte, 8)})
		if r := c.chip.ExternalAuthenticate(cmd); r.SW == apdu.OK {
			t.Fatal("authenticated without the keys")
		}
		if _, err := gp.Open(context.Background(), apdu.NewChannel(c), keys, gp.Options{}); err != nil {
			t.Fatal(err)
		}
		if r := c.chip.PutKey(cmd); r.SW == apdu.OK {
			t.Fatal("keys put without the key")
		}
		if _, err := c.chip.Unwrap(cmd); err == nil {
			t.Fatal("a command without the MAC passed")
		}
	})
}

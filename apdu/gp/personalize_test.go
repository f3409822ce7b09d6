package gp_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func TestKeyDGIsPublished(t *testing.T) {
	var f struct {
		Cases []struct {
			Name     string
			KVN      byte
			Access   byte
			Usage    uint16
			DEK      vectors.Hex
			Keys     []vectors.Hex
			KeyIDs   vectors.Hex `json:"key_ids"`
			Expected vectors.Hex
		}
	}
	vectors.Load(t, "gp_key_dgis.json", &f)
	if len(f.Cases) != 4 {
		t.Fatalf("%d cases, want 4", len(f.Cases))
	}
	for _, v := range f.Cases {
		t.Run(v.Name, func(t *testing.T) {
			keys := &gp.ClearKeys{DEK: mac.NewKey(v.DEK), New: map[string]mac.Key{}}
			var uris []string
			for i, k := range v.Keys {
				uri := fmt.Sprint("key ", i)
				keys.New[uri] = mac.NewKey(k)
				uris = append(uris, uri)
			}
			list, err := gp.KeyDGIs(context.Background(), keys, gp.KeyTemplate{
				Type: gp.KeyTypeAES, Len: len(v.Keys[0]), KVN: v.KVN, Access: v.Access, Usage: v.Usage,
			}, v.KeyIDs, uris)
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			for _, d := range list {
				b, err := d.Encode()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, b...)
			}
			if !bytes.Equal(got, v.Expected) {
				t.Fatalf("got  %X\nwant %X", got, v.Expected)
			}

			// The chip's side of the same bytes.
			read, err := gp.ParseDGIs(v.Expected)
			if err != nil || len(read) != 1+len(v.Keys) || read[0].ID != gp.DGIKeyTemplate {
				t.Fatalf("%d groupings, %v", len(read), err)
			}
			templates, err := gp.ParseKeyTemplate(read[0].Value)
			if err != nil || len(templates) != len(v.Keys) {
				t.Fatalf("%d templates, %v", len(templates), err)
			}
			for i, k := range templates {
				kcv, err := mac.KCVAES(v.Keys[i])
				if err != nil {
					t.Fatal(err)
				}
				if k.KID != v.KeyIDs[i] || k.KVN != v.KVN || k.Usage != v.Usage || k.Len != len(v.Keys[i]) || !bytes.Equal(k.KCV, kcv) {
					t.Fatalf("template %d: %+v", i, k)
				}
			}
		})
	}
}

func TestDGIEncoding(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{{0, "010100"}, {1, "010101"}, {0xFE, "0101FE"}, {0xFF, "0101FF00FF"}, {0x100, "0101FF0100"}, {0xFFFF, "0101FFFFFF"}} {
		b, err := gp.DGI{ID: 0x0101, Value: make([]byte, tt.n)}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want, _ := hex.DecodeString(tt.want)
		if !bytes.Equal(b[:len(b)-tt.n], want) {
			t.Errorf("%d bytes: header %X, want %s", tt.n, b[:len(b)-tt.n], tt.want)
		}
		if list, err := gp.ParseDGIs(b); err != nil || len(list) != 1 || len(list[0].Value) != tt.n {
			t.Errorf("%d bytes do not read back: %v", tt.n, err)
		}
	}
	if _, err := (gp.DGI{Value: make([]byte, 0x10000)}).Encode(); !errors.Is(err, gp.ErrTooLong) {
		t.Errorf("65,536 bytes: %v", err)
	}
	for _, s := range []string{"01", "0101", "010102AA", "0101FF", "0101FF01", "0101FF0001"} {
		b, _ := hex.DecodeString(s)
		if list, err := gp.ParseDGIs(b); err == nil {
			t.Errorf("%s read as %v", s, list)
		}
	}
}

func TestStoreDataPlan(t *testing.T) {
	group := func(id uint16, n int, encrypted bool) gp.DGI {
		return gp.DGI{ID: id, Value: bytes.Repeat([]byte{byte(id)}, n), Encrypted: encrypted}
	}
	header := func(list []apdu.Command) (s string) {
		for _, c := range list {
			s += fmt.Sprintf("%02X%02X %02X %02X:%d ", c.CLA, c.INS, c.P1, c.P2, len(c.Data))
		}
		return s
	}
	tests := []struct {
		name   string
		groups []gp.DGI
		o      gp.StoreOptions
		want   string
	}{
		{"one", []gp.DGI{group(1, 10, false)}, gp.StoreOptions{}, "80E2 88 00:13 "},
		{"two in a block", []gp.DGI{group(1, 10, false), group(2, 20, false)}, gp.StoreOptions{}, "80E2 88 00:36 "},
		{"one a block", []gp.DGI{group(1, 10, false), group(2, 20, false)}, gp.StoreOptions{OneDGIPerBlock: true}, "80E2 08 00:13 80E2 88 01:23 "},
		{"encrypted apart", []gp.DGI{group(1, 10, false), group(2, 16, true), group(3, 16, true), group(4, 1, false)}, gp.StoreOptions{}, "80E2 08 00:13 80E2 68 01:38 80E2 88 02:4 "},
		{"longer than a block", []gp.DGI{group(1, 600, false)}, gp.StoreOptions{MaxData: 239}, "80E2 08 00:239 80E2 08 01:239 80E2 88 02:127 "},
		{"exactly a block", []gp.DGI{group(1, 236, false), group(2, 1, false)}, gp.StoreOptions{MaxData: 239}, "80E2 08 00:239 80E2 88 01:4 "},
		{"not split when it fits a block", []gp.DGI{group(1, 200, false), group(2, 100, false)}, gp.StoreOptions{MaxData: 239}, "80E2 08 00:203 80E2 88 01:103 "},
		{"more to come", []gp.DGI{group(1, 10, false)}, gp.StoreOptions{More: true, FirstBlock: 7}, "80E2 08 07:13 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := gp.PlanStoreData(tt.groups, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := header(list); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	big := []gp.DGI{group(1, 0xFFFF, false)}
	if _, err := gp.PlanStoreData(big, gp.StoreOptions{MaxData: 239}); !errors.Is(err, gp.ErrTooLong) {
		t.Errorf("275 blocks: %v", err)
	}
	list, err := gp.PlanStoreData(big, gp.StoreOptions{MaxData: 239, WrapBlocks: true})
	if err != nil || len(list) != 275 || list[256].P2 != 0 {
		t.Errorf("275 blocks wrapped: %d, %v", len(list), err)
	}
	if _, err := gp.PlanStoreData(nil, gp.StoreOptions{}); !errors.Is(err, gp.ErrEncoding) {
		t.Errorf("nothing: %v", err)
	}
}

// What a terminal splits, a chip puts together.
func TestStoreDataRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "groups")
		var groups []gp.DGI
		for range n {
			groups = append(groups, gp.DGI{
				ID:        rapid.Uint16().Draw(t, "id"),
				Value:     rapid.SliceOfN(rapid.Byte(), 0, 900).Draw(t, "value"),
				Encrypted: rapid.Bool().Draw(t, "encrypted"),
			})
		}
		plan, err := gp.PlanStoreData(groups, gp.StoreOptions{
			MaxData: rapid.IntRange(16, 255).Draw(t, "max"), OneDGIPerBlock: rapid.Bool().Draw(t, "one"), WrapBlocks: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		a := gp.Assembler{WrapBlocks: true}
		var got []gp.DGI
		for i, c := range plan {
			if a.Last() {
				t.Fatalf("block %d of %d came after the last", i, len(plan))
			}
			list, err := a.Add(c)
			if err != nil {
				t.Fatalf("block %d: %v", i, err)
			}
			got = append(got, list...)
		}
		if !a.Last() || len(got) != len(groups) {
			t.Fatalf("%d of %d groupings, last %v", len(got), len(groups), a.Last())
		}
		for i := range got {
			if got[i].ID != groups[i].ID || !bytes.Equal(got[i].Value, groups[i].Value) || got[i].Encrypted != groups[i].Encrypted {
				t.Fatalf("grouping %d differs", i)
			}
		}
	})
}

func TestAssemblerRefuses(t *testing.T) {
	cmd := func(p1, p2 byte, data string) apdu.Command {
		b, _ := hex.DecodeString(data)
		return apdu.Command{CLA: 0x80, INS: 0xE2, P1: p1, P2: p2, Data: b}
	}
	tests := []struct {
		name string
		cmds []apdu.Command
		want apdu.Status
	}{
		{"block number skipped", []apdu.Command{cmd(0x08, 0, "010101AA"), cmd(0x08, 2, "010101AA")}, apdu.ErrWrongP1P2},
		{"block number again", []apdu.Command{cmd(0x08, 0, "010101AA"), cmd(0x08, 0, "010101AA")}, apdu.ErrWrongP1P2},
		{"first block not 00", []apdu.Command{cmd(0x08, 1, "010101AA")}, apdu.ErrWrongP1P2},
		{"not DGI format", []apdu.Command{cmd(0x10, 0, "010101AA")}, apdu.ErrWrongP1P2},
		{"encryption bits 10", []apdu.Command{cmd(0x48, 0, "010101AA")}, apdu.ErrWrongP1P2},
		{"last block leaves a grouping open", []apdu.Command{cmd(0x88, 0, "010105AA")}, apdu.ErrWrongData},
		{"encryption changes inside a grouping", []apdu.Command{cmd(0x08, 0, "010105AA"), cmd(0x68, 1, "AAAAAAAA")}, apdu.ErrWrongData},
		{"after the last", []apdu.Command{cmd(0x88, 0, "010101AA"), cmd(0x08, 1, "010101AA")}, apdu.ErrConditions},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a gp.Assembler
			for i, c := range tt.cmds {
				_, err := a.Add(c)
				if i < len(tt.cmds)-1 {
					if err != nil {
						t.Fatalf("command %d: %v", i, err)
					}
					continue
				}
				if !errors.Is(err, tt.want) {
					t.Fatalf("got %v, want %v", err, tt.want)
				}
				if a.Begun() || a.Last() {
					t.Fatal("does not begin again")
				}
			}
		})
	}
}

func openOn(t *testing.T, c *card, keys *gp.ClearKeys, o gp.Options) *gp.Channel {
	t.Helper()
	ch, err := gp.Open(context.Background(), apdu.NewChannel(c), keys, o)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestEncryptedDGIsReachTheChip(t *testing.T) {
	for _, keyLen := range []int{16, 24, 32} {
		c, keys := newCard(0x70, keyLen)
		ctx := context.Background()
		ch := openOn(t, c, keys, gp.Options{})
		secret := bytes.Repeat([]byte{0x5C}, 50)
		d, err := gp.EncryptDGI(ctx, keys, 0x8010, secret)
		if err != nil {
			t.Fatal(err)
		}
		var a gp.Assembler
		var got []gp.DGI
		c.app = func(cmd apdu.Command) apdu.Response {
			list, err := a.Add(cmd)
			if err != nil {
				return apdu.Response{SW: err.(apdu.Status)}
			}
			got = append(got, list...)
			return apdu.Response{SW: apdu.OK}
		}
		open := gp.DGI{ID: 0x0101, Value: make([]byte, 500)}
		if n, err := gp.StoreData(ctx, ch, []gp.DGI{open, d}, gp.StoreOptions{}); err != nil || n != 4 {
			t.Fatalf("%d blocks, %v", n, err)
		}
		if len(got) != 2 || !got[1].Encrypted || got[1].ID != 0x8010 {
			t.Fatalf("%d groupings", len(got))
		}
		plain, err := c.chip.DecryptDEK(got[1].Value)
		if err != nil || !bytes.Equal(plain[:50], secret) || bytes.Contains(got[1].Value, secret[:16]) {
			t.Fatalf("decrypted %X, %v", plain, err)
		}
	}
}

func TestStoreDataStopsAtARefusal(t *testing.T) {
	c, keys := newCard(0x70, 16)
	ch := openOn(t, c, keys, gp.Options{})
	c.app = func(cmd apdu.Command) apdu.Response {
		if cmd.P2 == 2 {
			return apdu.Response{SW: apdu.ErrNotEnoughSpace}
		}
		return apdu.Response{SW: apdu.OK}
	}
	n, err := gp.StoreData(context.Background(), ch, []gp.DGI{{ID: 1, Value: make([]byte, 2000)}}, gp.StoreOptions{})
	if n != 2 || !errors.Is(err, apdu.ErrNotEnoughSpace) {
		t.Fatalf("%d blocks, %v", n, err)
	}
}

func TestPutKeyReplacesASet(t *testing.T) {
	for _, oldLen := range []int{16, 24, 32} {
		for _, newLen := range []int{16, 24, 32} {
			t.Run(fmt.Sprintf("AES-%d by AES-%d", oldLen*8, newLen*8), func(t *testing.T) {
				c, keys := newCard(0x70, oldLen)
				c.chip.Keys[0x30].Counter = 41
				c.app = c.chip.PutKey
				ctx := context.Background()
				next := &gp.ClearKeys{
					ENC: mac.NewKey(bytes.Repeat([]byte{1}, newLen)),
					MAC: mac.NewKey(bytes.Repeat([]byte{2}, newLen)),
					DEK: mac.NewKey(bytes.Repeat([]byte{3}, newLen)),
				}
				keys.New = map[string]mac.Key{"enc": next.ENC, "mac": next.MAC, "dek": next.DEK}
				ch := openOn(t, c, keys, gp.Options{})
				p := gp.PutKeyParams{Replace: 0x30, KVN: 0x31, KID: 1, KeyURIs: []string{"enc", "mac", "dek"}, KeyLen: newLen}
				if err := gp.PutKey(ctx, ch, keys, p); err != nil {
					t.Fatal(err)
				}
				if c.chip.Keys[0x30] != nil || c.chip.Keys[0x31].Counter != 0 {
					t.Fatal("old set there, or counter not zero")
				}
				if _, err := gp.Open(ctx, apdu.NewChannel(c), keys, gp.Options{}); !errors.Is(err, gp.ErrCryptogram) {
					t.Fatalf("old keys: %v", err)
				}
				openOn(t, c, next, gp.Options{KVN: 0x31})
				if c.chip.Keys[0x31].Counter != 2 {
					t.Fatalf("counter %d after two INITIALIZE UPDATE", c.chip.Keys[0x31].Counter)
				}
				b := c.chip.KeyInformation()
				list, err := gp.ParseKeyInformation(b)
				if err != nil || len(list) != 3 || list[2] != (gp.KeyInfo{KID: 3, KVN: 0x31, Type: gp.KeyTypeAES, Len: newLen}) {
					t.Fatalf("key information %X: %v, %v", b, list, err)
				}
			})
		}
	}
}

func TestPutKeyIsAtomicAndChecked(t *testing.T) {
	ctx := context.Background()
	setup := func(t *testing.T) (*card, *gp.ClearKeys, *gp.Channel, gp.PutKeyParams) {
		c, keys := newCard(0x70, 16)
		c.app = c.chip.PutKey
		keys.New = map[string]mac.Key{}
		for i := range 3 {
			keys.New[fmt.Sprint(i)] = mac.NewKey(bytes.Repeat([]byte{byte(i + 1)}, 16))
		}
		return c, keys, openOn(t, c, keys, gp.Options{}), gp.PutKeyParams{Replace: 0x30, KVN: 0x30, KID: 1, KeyURIs: []string{"0", "1", "2"}, KeyLen: 16}
	}
	unchanged := func(t *testing.T, c *card, keys *gp.ClearKeys) {
		t.Helper()
		if k := c.chip.Keys[0x30]; !k.ENC.Equal(keys.ENC) || !k.MAC.Equal(keys.MAC) || !k.DEK.Equal(keys.DEK) {
			t.Fatal("the set has changed")
		}
	}
	edit := func(f func(data []byte)) func(c apdu.Command, chip *gp.Chip) apdu.Response {
		return func(c apdu.Command, chip *gp.Chip) apdu.Response {
			c.Data = bytes.Clone(c.Data)
			f(c.Data)
			return chip.PutKey(c)
		}
	}
	for name, tt := range map[string]struct {
		edit func(c apdu.Command, chip *gp.Chip) apdu.Response
		want apdu.Status
	}{
		"third check value wrong": {edit(func(b []byte) { b[len(b)-1] ^= 1 }), 0x9485},
		"second key altered":      {edit(func(b []byte) { b[1+23+5] ^= 1 }), 0x9485},
		"key type":                {edit(func(b []byte) { b[1+23] = 0x80 }), 0x9484},
		"length":                  {edit(func(b []byte) { b[2] = 0x12 }), apdu.ErrWrongData},
		"version 00":              {edit(func(b []byte) { b[0] = 0 }), apdu.ErrWrongData},
	} {
		t.Run(name, func(t *testing.T) {
			c, keys, ch, p := setup(t)
			c.app = func(cmd apdu.Command) apdu.Response { return tt.edit(cmd, c.chip) }
			if err := gp.PutKey(ctx, ch, keys, p); !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			unchanged(t, c, keys)
		})
	}
	t.Run("unknown version", func(t *testing.T) {
		c, keys, ch, p := setup(t)
		p.Replace = 0x20
		if err := gp.PutKey(ctx, ch, keys, p); err == nil {
			t.Fatal("no error")
		}
		unchanged(t, c, keys)
	})
	t.Run("card confirms other check values", func(t *testing.T) {
		c, keys, ch, p := setup(t)
		c.app = func(cmd apdu.Command) apdu.Response {
			r := c.chip.PutKey(cmd)
			r.Data[1] ^= 1
			return r
		}
		if err := gp.PutKey(ctx, ch, keys, p); !errors.Is(err, gp.ErrKeyCheck) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("without a session", func(t *testing.T) {
		c, keys, _, _ := setup(t)
		c.chip.End()
		if r := c.chip.PutKey(apdu.Command{CLA: 0x80, INS: 0xD8, P2: 0x81}); r.SW != apdu.ErrSecurityStatus {
			t.Fatalf("got %v", r.SW)
		}
		unchanged(t, c, keys)
	})
	t.Run("wrong length told to the terminal", func(t *testing.T) {
		c, keys, ch, p := setup(t)
		p.KeyLen = 32
		n := len(c.sent)
		if err := gp.PutKey(ctx, ch, keys, p); !errors.Is(err, gp.ErrEncoding) || len(c.sent) != n {
			t.Fatalf("got %v", err)
		}
	})
}

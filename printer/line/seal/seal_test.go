package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

var ctx = context.Background()

func ring(tb testing.TB) (hsm.Keyring, hsm.KeyRef) {
	tb.Helper()
	k, err := soft.Open(ctx, soft.Config{Label: "line"}, soft.ForTesting(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = k.Close() })
	ref, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "seal", Use: hsm.UseSeal, Bits: 256})
	if err != nil {
		tb.Fatal(err)
	}
	return k, ref
}

func record(t *testing.T) citizen.Record {
	t.Helper()
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		t.Fatal(err)
	}
	return batch.Accepted[0]
}

func TestSealAndOpen(t *testing.T) {
	k, ref := ring(t)
	b, wrapped, err := seal.NewBatch(ctx, k, ref, "A")
	if err != nil {
		t.Fatal(err)
	}
	r, portrait := record(t), bytes.Repeat([]byte{7}, 900)
	row := seal.Binding{Line: r.Line, Number: bytes.Repeat([]byte{1}, 32)}
	sealed, err := b.Seal(row, r, portrait)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte(r.Number)) || bytes.Contains(sealed, portrait[:16]) {
		t.Error("personal data in clear")
	}
	again, err := seal.OpenBatch(ctx, k, ref, "A", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	got, picture, err := again.Open(row, sealed)
	if err != nil || !reflect.DeepEqual(got, r) || !bytes.Equal(picture, portrait) {
		t.Errorf("%v: what was sealed did not come back", err)
	}
	for _, other := range []seal.Binding{{Line: row.Line + 1, Number: row.Number}, {Line: row.Line, Number: bytes.Repeat([]byte{2}, 32)}} {
		if _, _, err := again.Open(other, sealed); !errors.Is(err, seal.ErrSeal) {
			t.Errorf("a record opened for another row: %v", err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, _, err := again.Open(row, bad); !errors.Is(err, seal.ErrSeal) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, _, err := again.Open(row, sealed[:i]); err == nil {
			t.Fatalf("cut at %d", i)
		}
	}
	// Another batch's key, and a key moved to another batch.
	other, _, err := seal.NewBatch(ctx, k, ref, "B")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Open(row, sealed); !errors.Is(err, seal.ErrSeal) {
		t.Error(err)
	}
	if _, err := seal.OpenBatch(ctx, k, ref, "B", wrapped); !errors.Is(err, hsm.ErrKeyMismatch) {
		t.Errorf("the key of A opened as that of B: %v", err)
	}
}

func TestErased(t *testing.T) {
	k, ref := ring(t)
	if _, err := seal.OpenBatch(ctx, k, ref, "A", nil); !errors.Is(err, seal.ErrErased) {
		t.Error(err)
	}
	b, _, err := seal.NewBatch(ctx, k, ref, "A")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Open(seal.Binding{}, nil); !errors.Is(err, seal.ErrErased) {
		t.Error(err)
	}
}

func TestPrintsNoKey(t *testing.T) {
	k, ref := ring(t)
	b, wrapped, err := seal.NewBatch(ctx, k, ref, "A")
	if err != nil {
		t.Fatal(err)
	}
	key, err := k.Unwrap(ctx, ref, wrapped, []byte("chipid batch data key/1\x00A"))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		out := []byte(fmt.Sprintf(verb, b))
		if bytes.Contains(out, key.Bytes()[:4]) || bytes.Contains(out, fmt.Appendf(nil, "%x", key.Bytes()[:4])) || bytes.Contains(out, fmt.Appendf(nil, "%d %d", key.Bytes()[0], key.Bytes()[1])) {
			t.Errorf("%s prints the key", verb)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k, ref := ring(f)
	b, _, err := seal.NewBatch(ctx, k, ref, "A")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, _, err := b.Open(seal.Binding{Line: 1}, in); err == nil {
			t.Error("opened")
		}
	})
}

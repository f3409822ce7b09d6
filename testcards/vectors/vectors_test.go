package vectors

import (
	"testing"
)

func TestEveryFileNamesItsSource(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("no files are embedded")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			var f struct{ Source string }
			Load(t, name, &f)
			if f.Source == "" {
				t.Error("no source")
			}
		})
	}
}

func TestHex(t *testing.T) {
	var h Hex
	if err := h.UnmarshalJSON([]byte(`"00 aBCD"`)); err != nil || string(h) != "\x00\xab\xcd" {
		t.Errorf("%X, %v", []byte(h), err)
	}
	for _, s := range []string{`"0"`, `"0g"`, `1`} {
		if err := h.UnmarshalJSON([]byte(s)); err == nil {
			t.Errorf("%s is read", s)
		}
	}
	if b, err := (Hex{1, 0xAB}).MarshalJSON(); err != nil || string(b) != `"01ab"` {
		t.Errorf("%s, %v", b, err)
	}
}

package emrtd

import (
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
)

// TestQuirkTable: the embedded file is right, and every entry can be found by
// what it is recognised by.
func TestQuirkTable(t *testing.T) {
	list, err := parseQuirks(quirksYAML)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 10 {
		t.Errorf("%d quirks", len(list))
	}
	for _, q := range list {
		if QuirkByID(q.ID) == nil || withRemedy(q.Remedy) == nil {
			t.Errorf("%s is not found", q.ID)
		}
		for _, s := range q.Seen {
			for _, sw := range s.Status {
				if got := QuirkIn(q.Remedy, s.Act, sw, s.Naked); got == nil || got.ID != q.ID && q.Remedy != RemedyHabit {
					t.Errorf("%s: %s answered %04X shows %v", q.ID, s.Act, uint16(sw), got)
				}
			}
			for _, state := range s.Hint.State {
				if len(state) != 3 || len(Known{State: state}.Hinted()) == 0 {
					t.Errorf("%s: %q hints at nothing", q.ID, state)
				}
			}
		}
	}
	if q := QuirkIn(RemedySmallerReads, ActReadBinary, apdu.OK, false); q != nil {
		t.Errorf("9000 shows %s", q.ID)
	}
	if list := (Known{State: "UTO", ATR: []byte{0x3B}, CardAccess: []byte{0x31, 0x00}}).Hinted(); len(list) != 0 {
		t.Errorf("nothing known hints at %v", list)
	}
}

const goodQuirk = `quirks:
  - {id: a, does: it does, used: that, remedy: short-reads, seen: [{historical_bytes: "C1C2"}, {card_access: "0A0B"}], source: [somewhere]}
`

func TestHintsOfBytes(t *testing.T) {
	list, err := parseQuirks([]byte(goodQuirk))
	if err != nil {
		t.Fatal(err)
	}
	if s := list[0].Seen; len(s) != 2 || string(s[0].Hint.Historical) != "\xC1\xC2" || string(s[1].Hint.CardAccess) != "\x0A\x0B" {
		t.Fatalf("%+v", list[0].Seen)
	}
	for _, tc := range []struct {
		known Known
		want  bool
	}{
		{Known{ATR: []byte{0x3B, 0x83, 0x80, 0x01, 0x00, 0xC1, 0xC2, 0x00}}, true},
		{Known{ATR: []byte{0x3B, 0x81, 0xC1, 0xC2, 0x00}}, false}, // there in the ATR, not in its historical bytes
		{Known{CardAccess: []byte{0x31, 0x02, 0x0A, 0x0B}}, true},
		{Known{CardAccess: []byte{0x0B, 0x0A}}, false},
		{Known{}, false},
	} {
		if got := len(tc.known.hintedIn(list)) == 1; got != tc.want {
			t.Errorf("%X %X: %v", tc.known.ATR, tc.known.CardAccess, got)
		}
	}
	var l Learned
	if heeded := l.Heed(list); len(heeded) != 1 || !l.NoExtended || len(l.Heed(list)) != 0 {
		t.Errorf("heeded %v: %+v", heeded, l)
	}
}

// TestQuirkTableRefuses what it does not understand.
func TestQuirkTableRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"no id":              {"id: a", `id: ""`},
		"no words":           {"does: it does", `does: ""`},
		"no source":          {"[somewhere]", "[]"},
		"unknown remedy":     {"short-reads", "magic"},
		"no lengths":         {"short-reads", "smaller-reads"},
		"unknown key":        {"used: that", "used: that, colour: red"},
		"nothing to see":     {`[{historical_bytes: "C1C2"}, {card_access: "0A0B"}]`, "[]"},
		"empty sign":         {`{card_access: "0A0B"}`, "{}"},
		"no bytes":           {"C1C2", "C1C"},
		"answer and hint":    {`historical_bytes: "C1C2"`, `historical_bytes: "C1C2", command: select, status: ["6A86"]`},
		"unknown command":    {`historical_bytes: "C1C2"`, `command: dance, status: ["6A86"]`},
		"no status":          {`historical_bytes: "C1C2"`, `command: select`},
		"no status word":     {`historical_bytes: "C1C2"`, `command: select, status: ["6A8"]`},
		"lengths that rise":  {"remedy: short-reads", "remedy: smaller-reads, lengths: [100, 200]"},
		"lengths too small":  {"remedy: short-reads", "remedy: smaller-reads, lengths: [100, 1]"},
		"not YAML":           {"quirks:", "quirks"},
		"twice the same one": {},
	} {
		text := strings.Replace(goodQuirk, change[0], change[1], 1)
		if name == "twice the same one" {
			text = goodQuirk + strings.TrimPrefix(goodQuirk, "quirks:\n")
		}
		if list, err := parseQuirks([]byte(text)); err == nil {
			t.Errorf("%s: %v", name, list)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

var someReaders = []pcsc.Info{
	{Index: 0, Name: "ACS ACR1252 00 00", Card: true, InUse: true, ATR: []byte{0x3B, 0x80, 0x01}, Limits: pcsc.Limits{MaxCommand: 2057, MaxResponse: 2050, Stated: true}},
	{Index: 1, Name: "HID Omnikey 01 00", Limits: pcsc.Limits{MaxCommand: 261, MaxResponse: 258}},
	{Index: 2, Name: "Old Reader 02 00", Card: true, Mute: true, Limits: pcsc.Limits{MaxCommand: 261, MaxResponse: 258}},
	{Index: 3, Name: "Gone Reader 03 00", Problem: errors.New("unplugged")},
}

func TestReadersJSON(t *testing.T) {
	b, err := json.Marshal(readersDocument(someReaders))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"schema":"chipid.readers/1"`,
		`{"index":0,"name":"ACS ACR1252 00 00","state":"card","card":true,"atr":"3B8001","in_use":true,"max_command":2057,"max_response":2050,"extended_length":true,"limits_stated":true}`,
		`{"index":1,"name":"HID Omnikey 01 00","state":"empty","card":false,"in_use":false,"max_command":261,"max_response":258,"extended_length":false,"limits_stated":false}`,
		`"state":"mute"`,
		`"problem":"unplugged"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	// A program expects a list, also of nothing.
	if b, _ := json.Marshal(readersDocument(nil)); !strings.Contains(string(b), `"readers":[]`) {
		t.Errorf("no readers: %s", b)
	}
}

func TestReadersText(t *testing.T) {
	for lang, wants := range map[string][]string{
		"en": {"Reader", "ACS ACR1252 00 00  card, in use", "3B8001", "2057 / 2050\n", "no card", "261 / 258 (assumed)", "does not answer", "unknown"},
		"vi": {"Đầu đọc", "có thẻ, đang được dùng", "không có thẻ", "(giả định)", "thẻ không trả lời", "không rõ"},
	} {
		var out bytes.Buffer
		printReaders(&env{Stdout: &out, Lang: lang}, someReaders)
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", lang, want, out.String())
			}
		}
	}
}

// TestReadersReal lists the readers of a real pcscd, and says status 3 when it
// is gone.
func TestReadersReal(t *testing.T) {
	d := pcscd.Test(t, 2)
	var out bytes.Buffer
	list := func(args ...string) error {
		out.Reset()
		cmd := newReadersCmd(&env{Stdout: &out, Stderr: &out, Lang: "en"})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(args)
		return cmd.ExecuteContext(t.Context())
	}
	if err := list("--json"); err != nil {
		t.Fatal(err)
	}
	var doc readersJSON
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Readers) != 2 || doc.Readers[1].Name != d.Readers()[1].Name || !doc.Readers[1].Extended || doc.Readers[1].State != "empty" {
		t.Errorf("%+v", doc.Readers)
	}
	if err := list(); err != nil || !strings.Contains(out.String(), d.Readers()[0].Name) {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	if err := list(); exitStatus(err) != exitNoCard {
		t.Errorf("without pcscd: status %d, %v", exitStatus(err), err)
	}
}

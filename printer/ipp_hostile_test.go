package printer_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/OpenPrinting/goipp"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/printertest"
)

func raw(answer func() []byte) func(goipp.Op, http.ResponseWriter, *http.Request) bool {
	return func(_ goipp.Op, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", goipp.ContentType)
		_, _ = w.Write(answer())
		return true
	}
}

func TestIPPHostilePrinters(t *testing.T) {
	head := func(id uint32) []byte {
		return binary.BigEndian.AppendUint32([]byte{2, 0, 0, 0}, id)
	}
	status := func(code int, header ...string) func(goipp.Op, http.ResponseWriter, *http.Request) bool {
		return func(_ goipp.Op, w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	open1 := []byte{0x34, 0, 1, 'c', 0, 0}
	deeper := []byte{0x4a, 0, 0, 0, 1, 'm', 0x34, 0, 0, 0, 0}
	for name, c := range map[string]struct {
		answer func(goipp.Op, http.ResponseWriter, *http.Request) bool
		want   error
	}{
		"nothing":                  {raw(func() []byte { return nil }), printer.ErrProtocol},
		"text":                     {raw(func() []byte { return []byte("hello, this is no IPP") }), printer.ErrProtocol},
		"another request's answer": {raw(func() []byte { return append(head(99), 1, 3) }), printer.ErrProtocol},
		"version 7":                {raw(func() []byte { b := append(head(1), 1, 3); b[0] = 7; return b }), printer.ErrProtocol},
		"two megabytes": {raw(func() []byte {
			b := append(head(1), 1)
			for len(b) < 2<<20 {
				b = append(append(b, 0x41, 0, 1, 'a', 0x7F, 0xFF), make([]byte, 0x7FFF)...)
			}
			return append(b, 3)
		}), printer.ErrProtocol},
		"a million groups": {raw(func() []byte { return append(append(head(1), bytes.Repeat([]byte{4}, 1<<19)...), 3) }), printer.ErrProtocol},
		"a hundred thousand values": {raw(func() []byte {
			return append(append(append(head(1), 4, 0x44, 0, 1, 'a', 0, 1, 'b'), bytes.Repeat([]byte{0x44, 0, 0, 0, 1, 'b'}, 100000)...), 3)
		}), printer.ErrProtocol},
		"a very deep collection": {raw(func() []byte { return append(append(append(head(1), 4), open1...), bytes.Repeat(deeper, 50000)...) }), printer.ErrProtocol},
		"an endless value":       {raw(func() []byte { return append(head(1), 4, 0x44, 0, 1, 'a', 0xFF, 0xFF, 'x') }), printer.ErrProtocol},
		"no IPP at all":          {status(200, "Content-Type", "text/html"), printer.ErrProtocol},
		"a redirection":          {status(302, "Location", "http://example.invalid/"), printer.ErrProtocol},
		"wants a password":       {status(401, "WWW-Authenticate", `Basic realm="x"`), printer.ErrAccess},
		"forbidden":              {status(403), printer.ErrAccess},
		"wants TLS":              {status(426), printer.ErrAccess},
		"nothing at the path":    {status(404), printer.ErrUnfit},
		"broken inside":          {status(500), printer.ErrOffline},
		"cut":                    {func(goipp.Op, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, printer.ErrOffline},
		"a status of its own":    {raw(func() []byte { b := append(head(1), 1, 3); b[2] = 0x7F; return b }), printer.ErrProtocol},
	} {
		d := newDouble(t, "one-sided")
		d.answer = c.answer
		err := open(t, d.address(), printer.Options{}).Feed(t.Context())
		if !errors.Is(err, c.want) || !errors.Is(err, printer.Err) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestIPPPrintersThatCannotPrintCards(t *testing.T) {
	without := func(name string, instead ...goipp.Attribute) func(goipp.Attributes) goipp.Attributes {
		return func(a goipp.Attributes) goipp.Attributes {
			return append(slices.DeleteFunc(a, func(x goipp.Attribute) bool { return x.Name == name }), instead...)
		}
	}
	for name, change := range map[string]func(goipp.Attributes) goipp.Attributes{
		"no cards":      without("media-supported", keywords("media-supported", "iso_a4_210x297mm", "om_business-card_55x91mm", "x_99999x1mm")),
		"no raster":     without("document-format-supported", attr("document-format-supported", goipp.TagMimeType, goipp.String("image/jpeg"))),
		"black alone":   without("pwg-raster-document-type-supported", keywords("pwg-raster-document-type-supported", "black_1")),
		"no resolution": without("pwg-raster-document-resolution-supported"),
	} {
		d := newDouble(t, "one-sided")
		d.change = change
		if err := open(t, d.address(), printer.Options{}).Feed(t.Context()); !errors.Is(err, printer.ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// a grey one refuses a coloured face, and any refuses a face of another resolution
	d := newDouble(t, "one-sided")
	d.change = without("pwg-raster-document-type-supported", keywords("pwg-raster-document-type-supported", "sgray_8"))
	if _, err := printOne(t, d, printer.Options{}); !errors.Is(err, printer.ErrLayer) {
		t.Errorf("colour on a grey printer: %v", err)
	}
	p := open(t, newDouble(t, "one-sided").address(), printer.Options{})
	if err := errors.Join(p.Feed(t.Context()), p.Print(t.Context(), printertest.FaceAt(printer.Front, 400))); !errors.Is(err, printer.ErrDPI) {
		t.Errorf("another resolution: %v", err)
	}
	if s, _ := p.Status(t.Context()); !s.Ready {
		t.Errorf("a refusal suspended it: %+v", s)
	}
}

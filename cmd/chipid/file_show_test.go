package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// showFiles lays out one file of each kind.
func showFiles(t testing.TB) map[string][]byte {
	t.Helper()
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var v struct {
		VNDG13       vectors.Hex `json:"vn_dg13"`
		VNCardAccess vectors.Hex `json:"vn_card_access"`
		DG11         struct{ Hex vectors.Hex }
		DG16         struct{ Hex vectors.Hex }
		DIR          struct{ Hex vectors.Hex }
	}
	vectors.Load(t, "lds_files.json", &v)
	zone, _, err := mrz.Parse("IDVNM0500000005001050000000<<6\n5003028M9912315VNM<<<<<<<<<<<2\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<")
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	portrait := picture.Bytes()
	a := pkitest.NewAuthority(t, pkitest.Options{Key: "P-256"})
	dg1, dg2 := must(lds.EncodeDG1(zone)), must(lds.EncodeDG2(portrait))
	token, _, err := sod.Prepare([]lds.File{{Name: "EF.DG1", Bytes: dg1}, {Name: "EF.DG2", Bytes: dg2}},
		sod.Options{Signer: a.DS, LDSVersion: "0107", SigningTime: pkitest.Epoch.AddDate(0, 0, 10)})
	if err != nil {
		t.Fatal(err)
	}
	face, err := biometric.NewFace(portrait)
	if err != nil {
		t.Fatal(err)
	}
	finger, err := biometric.NewFinger(7, portrait)
	if err != nil {
		t.Fatal(err)
	}
	iris, err := biometric.NewIris(1, portrait)
	if err != nil {
		t.Fatal(err)
	}
	cv, request := cvFiles(t)
	return map[string][]byte{
		"EF.COM.bin": must(lds.EncodeCOM("0107", "040000", []int{1, 2, 13})), "EF.DG1.bin": dg1, "EF.DG2.bin": dg2,
		"EF.DG13.bin": v.VNDG13, "EF.CardAccess.bin": v.VNCardAccess, "EF.DG11.bin": v.DG11.Hex, "EF.SOD.bin": must(token.Issue(context.Background(), a.DSKey)),
		"EF.DG14.bin": must(lds.EncodeDG14(v.VNCardAccess)), "EF.DG15.bin": must(lds.EncodeDG15(a.DSKey.Public())),
		"EF.ATR-INFO.bin": must(lds.EncodeATRInfo(1000, 2000)), "EF.DIR.bin": v.DIR.Hex, "EF.DG16.bin": v.DG16.Hex,
		"EF.DG5.bin": must(lds.EncodeDG5(jfif(portrait))), "EF.DG7.bin": must(lds.EncodeDG7(jfif(portrait))),
		"EF.DG8.bin":  must(lds.EncodeFeatures(8, 1, tlv.Encode(0xA1, tlv.Encode(0x80, []byte{1})))),
		"EF.DG12.bin": must(lds.EncodeDG12(&lds.DocumentDetails{IssuingAuthority: "Cục Cảnh sát", DateOfIssue: lds.PartialDate{Year: 2021, Month: 6}, PersonalizedAt: pkitest.Epoch})),
		"csca.der":    a.CSCA.Raw, "csca.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.CSCA.Raw}), "photo.jpg": portrait,
		"cv.bin": cv.Raw, "cv-request.bin": request.Raw, "EF.CVCA.bin": must(cvc.EncodeEFCVCA("UTCVCA00001")),
		"EF.EntryRecords.bin": slices.Concat(tlv.Encode(0x5F44, []byte("UTO")), tlv.Encode(0x73, tlv.Encode(0x5F44, []byte("UTO")), tlv.Encode(0x5F45, []byte("20261123")))),
		"face.fac":            must(biometric.EncodeFaces(biometric.ISO19794, face)), "face.39794": tlv.Encode(0x7F2E, must(biometric.EncodeFaces(biometric.ISO39794, face))), "EF.DG3.bin": must(lds.EncodeDG3(biometric.ISO19794, finger)), "EF.DG4.bin": must(lds.EncodeDG4(biometric.ISO19794, iris)),
	}
}

// jfif gives an image the option that displayed images must have.
func jfif(jpeg []byte) []byte {
	app0 := append([]byte{0xFF, 0xE0, 0, 16}, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"...)
	return slices.Concat(jpeg[:2], app0, jpeg[2:])
}

// cvFiles makes a root certificate and a request.
func cvFiles(t testing.TB) (*cvc.Certificate, *cvc.Request) {
	t.Helper()
	key, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := cvc.NewCHAT(cvc.InspectionSystem, cvc.RoleCVCA, cvc.ReadDG3, cvc.ReadDG4)
	if err != nil {
		t.Fatal(err)
	}
	from, _ := cvc.NewDate(2026, 1, 1)
	to, _ := cvc.NewDate(2027, 1, 1)
	root, err := cvc.Template{CHR: "UTCVCA00001", Public: key.Public(), Algorithm: cvc.ECDSASHA256, CHAT: chat, Effective: from, Expiration: to}.SelfSign(key)
	if err != nil {
		t.Fatal(err)
	}
	q, err := cvc.RequestTemplate{CAR: "UTCVCA00001", CHR: "UTDV00002", Algorithm: cvc.ECDSASHA256}.Sign(key)
	if err == nil {
		q, err = q.Countersign("UTDV00001", cvc.ECDSASHA256, key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root, q
}

func writeShowFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range showFiles(t) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func runShow(t *testing.T, lang string, args ...string) (status int, out, talk string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(context.Background(), &env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Lang: lang}, append([]string{"file", "show"}, args...))
	return status, stdout.String(), stderr.String()
}

func TestFileShowText(t *testing.T) {
	dir := writeShowFiles(t)
	for name, wants := range map[string][]string{
		"EF.COM.bin":          {"EF.COM", "0107", "DG1 DG2 DG13"},
		"EF.DG1.bin":          {"EF.DG1", "TD1", "NGUYEN<<VAN<MAU", "001050000000", "1950-03-02", "Không thời hạn / no expiry"},
		"EF.DG2.bin":          {"EF.DG2", "image/jpeg", "ISO/IEC 19794"},
		"EF.DG13.bin":         {"EF.DG13", "Nguyễn Văn Mẫu", "0123456789ABCDEF"},
		"EF.DG11.bin":         {"EF.DG11", "TRAVEL<AGENT"},
		"EF.CardAccess.bin":   {"EF.CardAccess", "PACE-ECDH-GM", "brainpoolP256r1", "terminal authentication"},
		"EF.DG14.bin":         {"EF.DG14", "PACE-ECDH-GM"},
		"EF.DG15.bin":         {"EF.DG15", "P-256"},
		"EF.SOD.bin":          {"EF.SOD", "SHA-256", "DG2", "not verified", "ECDSA with SHA-256", "C=VN"},
		"EF.DG5.bin":          {"EF.DG5", "image/jpeg"},
		"EF.DG7.bin":          {"EF.DG7", "image/jpeg"},
		"EF.DG8.bin":          {"EF.DG8", "features", "A1"},
		"EF.DG12.bin":         {"EF.DG12", "2021-06-??", "Cục Cảnh sát"},
		"EF.DG16.bin":         {"EF.DG16", "SMITH<<CHARLES<R", "49 REDWOOD LN, OCEAN BREEZE", "2002-03-15"},
		"EF.ATR-INFO.bin":     {"EF.ATR/INFO", "1000", "2000"},
		"EF.DIR.bin":          {"EF.DIR", "A0000002471001"},
		"csca.der":            {"X.509 certificate", "explicit parameters", "P-256"},
		"csca.pem":            {"X.509 certificate"},
		"photo.jpg":           {"image/jpeg"},
		"cv.bin":              {"CV certificate", "UTCVCA00001", "2026-01-01", "read DG3", "brainpoolP256r1", "right"},
		"cv-request.bin":      {"CV certificate request", "UTDV00002", "UTDV00001", "right"},
		"EF.CVCA.bin":         {"EF.CVCA", "UTCVCA00001"},
		"face.fac":            {"ISO/IEC 19794-5", "image/jpeg"},
		"face.39794":          {"ISO/IEC 39794-5", "image/jpeg"},
		"EF.DG3.bin":          {"EF.DG3", "ISO/IEC 19794", "left index", "image/jpeg"},
		"EF.DG4.bin":          {"EF.DG4", "ISO/IEC 19794", "iris, right", "image/jpeg"},
		"EF.EntryRecords.bin": {"EF.EntryRecords", "travel date", "20261123"},
	} {
		status, out, talk := runShow(t, "en", filepath.Join(dir, name))
		if status != exitOK || talk != "" || strings.Contains(out, "deviation") {
			t.Errorf("%s: status %d, %s\n%s", name, status, talk, out)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
	if _, out, _ := runShow(t, "vi", filepath.Join(dir, "EF.DG13.bin")); !strings.Contains(out, "nơi thường trú") {
		t.Errorf("not in Vietnamese:\n%s", out)
	}
}

func TestFileShowJSON(t *testing.T) {
	dir := writeShowFiles(t)
	status, out, talk := runShow(t, "vi", "--json", dir)
	if status != exitOK {
		t.Fatalf("status %d, %s", status, talk)
	}
	var doc struct {
		Schema string
		Files  []struct {
			File, Kind, SHA256 string
			Bytes              int
			Content            json.RawMessage
			Tree               []treeNode
			Deviations         []cardprofile.Deviation
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "chipid.show/1" || len(doc.Files) != 20 { // certificates and the picture have no name of a chip's file
		t.Errorf("%s, %d files", doc.Schema, len(doc.Files))
	}
	for _, f := range doc.Files {
		if f.Bytes == 0 || len(f.SHA256) != 64 || f.Deviations == nil || f.Content == nil && f.Tree == nil {
			t.Errorf("%s: incomplete", f.File)
		}
	}
}

func TestFileShowErrors(t *testing.T) {
	dir := writeShowFiles(t)
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := filepath.Join(dir, "EF.COM.bin")
	for name, path := range map[string]string{
		"missing":   filepath.Join(dir, "none.bin"),
		"empty":     write("empty.bin", nil),
		"text":      write("notes.txt", []byte("hello")),
		"cut":       write("EF.DG2.bin", showFiles(t)["EF.DG2.bin"][:100]),
		"wrong tag": write("EF.DG9.bin", []byte{0x02, 0x01, 0x00}),
	} {
		status, out, talk := runShow(t, "en", good, path)
		if status != exitUsage || !strings.Contains(talk, filepath.Base(path)) {
			t.Errorf("%s: status %d, %s", name, status, talk)
		}
		if !strings.Contains(out, "EF.COM") {
			t.Errorf("%s: the good file is not shown", name)
		}
	}
	// A file's text cannot steer the terminal.
	esc := write("EF.DG11.bin", tlv.Encode(0x6B, tlv.Encode(0x5C, []byte{0x5F, 0x0E}), tlv.Encode(0x5F0E, []byte("A\x1b[2JB\nC"))))
	if status, out, _ := runShow(t, "en", esc); status != exitOK || strings.Contains(out, "\x1b") || !strings.Contains(out, "A\uFFFD[2JB\uFFFDC") {
		t.Errorf("%q", out)
	}
	if status, _, _ := runShow(t, "en"); status != exitUsage {
		t.Errorf("no file: status %d", status)
	}
}

// Whatever the bytes, something is shown or an error is said.
func FuzzFileShow(f *testing.F) {
	for name, b := range showFiles(f) {
		f.Add(name, b)
	}
	e := &env{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Lang: "en"}
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		id, _ := lds.FileByDiskName(name)
		for _, s := range decodeFile(e, namedFile{path: "x", name: id.Name, data: b}) {
			if s.Kind == "" || s.Content == nil && s.Tree == nil && s.Error == "" {
				t.Fatalf("nothing is said of it: %+v", s)
			}
			if _, err := json.Marshal(s); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			s.env = &env{Stdout: &out, Lang: "vi"}
			s.print()
			if strings.ContainsRune(out.String(), 0x1b) {
				t.Fatal("a control character in the output")
			}
		}
	})
}

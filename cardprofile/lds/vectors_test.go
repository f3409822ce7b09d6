package lds_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type files struct {
	COM []struct {
		Name, LDS, Unicode string
		Hex                vectors.Hex
		Groups             []int
	}
	DG1 []struct {
		Name, Zone, Misprinted string
		Header                 vectors.Hex
	}
	DG2Header struct {
		Hex         vectors.Hex
		Owner, Type uint16
	} `json:"dg2_header"`
	DG1TooLong struct{ Hex vectors.Hex } `json:"dg1_too_long"`
	DG5        struct {
		Header vectors.Hex
		Image  int
	}
	DG11 struct {
		Hex    vectors.Hex
		Values map[string]string
	}
	DG16 struct {
		Hex     vectors.Hex
		Persons json.RawMessage
	}
	DIR struct {
		Hex          vectors.Hex
		Applications []string
	}
	ATRInfo struct {
		Hex         vectors.Hex
		MaxCommand  int `json:"max_command"`
		MaxResponse int `json:"max_response"`
	} `json:"atr_info"`
	PACEInfo []struct {
		Name, OID   string
		Hex         vectors.Hex
		ParameterID int `json:"parameter_id"`
	} `json:"pace_info"`
	CAMKeyInfo struct {
		Hex   vectors.Hex
		KeyID int `json:"key_id"`
	} `json:"cam_key_info"`
	VNCardAccess vectors.Hex `json:"vn_card_access"`
	VNDG13       vectors.Hex `json:"vn_dg13"`
}

func load(t testing.TB) files {
	t.Helper()
	var f files
	vectors.Load(t, "lds_files.json", &f)
	if len(f.COM) == 0 || len(f.DG1) == 0 || len(f.PACEInfo) == 0 || len(f.VNDG13) == 0 {
		t.Fatal("the vectors are not all there")
	}
	return f
}

func TestCOMVectors(t *testing.T) {
	for _, v := range load(t).COM {
		c, devs, err := lds.ParseCOM(v.Hex)
		if err != nil || len(devs) > 0 {
			t.Errorf("%s: %v %v", v.Name, devs, err)
			continue
		}
		if c.LDSVersion != v.LDS || c.UnicodeVersion != v.Unicode || !slices.Equal(c.DataGroups(), v.Groups) {
			t.Errorf("%s: %+v", v.Name, c)
		}
		// The lists of both vectors are not ascending by tag (75 is DG2, 76 DG4),
		// but by number, as ours are.
		b, err := lds.EncodeCOM(v.LDS, v.Unicode, v.Groups)
		if err != nil || !bytes.Equal(b, v.Hex) {
			t.Errorf("%s: encoded %X %v", v.Name, b, err)
		}
	}
}

func TestDG1Vectors(t *testing.T) {
	for _, v := range load(t).DG1 {
		file := append(bytes.Clone(v.Header), v.Zone...)
		m, devs, err := lds.ParseDG1(file)
		if err != nil || len(devs) > 0 {
			t.Errorf("%s: %v %v", v.Name, devs, err)
			continue
		}
		b, err := lds.EncodeDG1(m)
		if err != nil || !bytes.Equal(b, file) {
			t.Errorf("%s: encoded %X %v", v.Name, b, err)
		}
		m, devs, err = lds.ParseDG1(append(bytes.Clone(v.Header), v.Misprinted...))
		if err != nil || len(devs) != 1 || devs[0].Rule != "mrz.checkdigit.composite" || devs[0].Where != "DG1" {
			t.Errorf("%s as printed: %v %v", v.Name, devs, err)
		}
		if _, err := lds.EncodeDG1(m); err == nil {
			t.Errorf("%s: a zone with a wrong check digit was encoded", v.Name)
		}
	}
}

func TestDG2HeaderVector(t *testing.T) {
	v := load(t).DG2Header
	file := tlv.Encode(0x75, tlv.Encode(0x7F61, tlv.Encode(0x02, []byte{1}), tlv.Encode(0x7F60, v.Hex, tlv.Encode(0x5F2E, []byte("opaque")))))
	d, _, err := lds.ParseDG2(file)
	if err != nil || len(d.Items) != 1 {
		t.Fatal(err)
	}
	if i := d.Items[0]; i.Owner != v.Owner || i.Format != v.Type || len(i.Header) != 7 || string(i.Data) != "opaque" {
		t.Errorf("%+v", i)
	}
	if _, ok := d.Portrait(); ok {
		t.Error("a portrait out of opaque bytes")
	}
}

func TestDG11Vector(t *testing.T) {
	v := load(t).DG11
	details, devs, err := lds.ParseDG11(v.Hex)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	got := map[string]string{}
	for _, d := range details {
		got[d.Name] = strings.Join(d.Texts, "|")
	}
	for name, want := range v.Values {
		if got[name] != want {
			t.Errorf("%s = %q", name, got[name])
		}
	}
	if len(got) != len(v.Values) {
		t.Errorf("%d elements", len(got))
	}
}

func TestPACEInfoVectors(t *testing.T) {
	for _, v := range load(t).PACEInfo {
		infos, devs, err := lds.ParseSecurityInfos(tlv.Encode(0x31, v.Hex))
		if err != nil || len(devs) > 0 || len(infos.PACEInfos) != 1 {
			t.Errorf("%s: %v %v", v.Name, devs, err)
			continue
		}
		i := infos.PACEInfos[0]
		if i.Protocol.String() != v.OID || i.ParameterID != v.ParameterID || i.Version != 2 {
			t.Errorf("%s: %+v", v.Name, i)
		}
		p := infos.PACE()
		if len(p) != 1 || p[0].OID.String() != v.OID || p[0].ParameterID != v.ParameterID {
			t.Errorf("%s: parameters %+v", v.Name, p)
		}
		set, err := new(lds.Builder).PACE(i.Protocol, i.ParameterID).Encode()
		if err != nil || !bytes.Equal(set, tlv.Encode(0x31, v.Hex)) {
			t.Errorf("%s: encoded %X %v", v.Name, set, err)
		}
	}
}

func TestCAMKeyVector(t *testing.T) {
	v := load(t).CAMKeyInfo
	infos, _, err := lds.ParseSecurityInfos(tlv.Encode(0x31, v.Hex))
	if err != nil || len(infos.ChipAuthKeys) != 1 {
		t.Fatal(err)
	}
	k := infos.ChipAuthKeys[0]
	pub, ok := k.Public.(*ecc.PublicKey)
	if !ok || k.KeyID != v.KeyID || pub.Curve != ecc.BrainpoolP256r1() {
		t.Errorf("key %T, id %d", k.Public, k.KeyID)
	}
}

func TestVietnameseCardAccess(t *testing.T) {
	v := load(t).VNCardAccess
	infos, devs, err := lds.ParseSecurityInfos(v)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	if len(infos.PACEInfos) != 1 || len(infos.ChipAuthInfos) != 1 || len(infos.TerminalAuths) != 1 || len(infos.Others) != 0 {
		t.Fatalf("%+v", infos)
	}
	if p := infos.PACE(); len(p) != 1 || p[0].ParameterID != 13 || p[0].OID.String() != "0.4.0.127.0.7.2.2.4.2.2" {
		t.Errorf("%+v", p)
	}
	if infos.ChipAuthInfos[0].KeyID != lds.NoID {
		t.Error("a key identifier that is not there")
	}
	set, err := new(lds.Builder).PACE(infos.PACEInfos[0].Protocol, 13).TerminalAuth(1).ChipAuth(infos.ChipAuthInfos[0].Protocol, lds.NoID).Encode()
	if err != nil || !bytes.Equal(set, v) {
		t.Errorf("encoded %X %v", set, err)
	}
}

// The whole DG13 of a synthetic person, both ways byte for byte.
func TestVietnameseDG13(t *testing.T) {
	v := load(t).VNDG13
	d, devs, err := lds.ParseVietnamDG13(v)
	if err != nil || len(devs) > 0 || len(d.Missing) > 0 {
		t.Fatal(devs, err)
	}
	want := lds.VietnamDG13{
		Version: 1, Number: "001090000000", FullName: "Nguyễn Văn Mẫu", DateOfBirth: "02/03/1990", Sex: "Nam", Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không",
		Origin: "Xã Mẫu, Huyện Mẫu, Hà Nội", Residence: "Số 1 Phố Mẫu, Phường Mẫu, Quận Mẫu, Hà Nội", Features: "Nốt ruồi C:1cm dưới mắt trái",
		DateOfIssue: "01/06/2021", DateOfExpiry: "02/03/2030", Father: "Nguyễn Văn Cha", Mother: "Trần Thị Mẹ", FormerNumber: "000000000",
		ChipSerial: "0123456789ABCDEF",
	}
	if !reflect.DeepEqual(*d, want) {
		t.Error("a field reads differently")
	}
	b, err := lds.EncodeVietnamDG13(d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, v) {
		t.Errorf("encoded\n%s\nwant\n%s", hex.EncodeToString(b), hex.EncodeToString(v))
	}
	m, _, err := mrz.Parse("IDVNM0900000007001090000000<<89003026M3003024VNM<<<<<<<<<<<2NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<")
	if err != nil {
		t.Fatal(err)
	}
	if diff := d.MatchZone(m, "991231"); len(diff) > 0 {
		t.Errorf("DG13 against the zone of the same person: %v", diff)
	}
}

package document

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// builder makes one document.
type builder struct {
	testing.TB
	o         Options
	authority *pkitest.Authority

	card  chip.Document
	files []lds.File

	pace     [][]byte // SecurityInfos of EF.CardAccess
	infos    [][]byte // those of DG14 alone
	mapping  [][]byte // those of EF.CardSecurity alone
	aaPublic crypto.PublicKey
}

func (b *builder) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("document: %v", err)
	}
}

func (b *builder) der(v any) []byte {
	b.Helper()
	out, err := asn1.Marshal(v)
	b.check(err)
	return out
}

func (b *builder) add(name string, content []byte, err error) {
	b.Helper()
	b.check(err)
	b.files = append(b.files, lds.File{Name: name, Bytes: content})
}

// zone is that of the standard's specimens.
func (b *builder) zone() *mrz.MRZ {
	f := mrz.Fields{
		Type: b.o.Format, DocumentCode: "I", IssuingState: "UTO", DocumentNumber: "D23145890", Nationality: "UTO",
		BirthDate: "740812", Sex: "F", ExpiryDate: "340415", Primary: "ERIKSSON", Secondary: "ANNA MARIA",
	}
	switch f.Type {
	case 0:
		f.Type = mrz.TD1
	case mrz.TD3:
		f.DocumentCode = "PP"
	}
	zone, err := mrz.Build(f)
	b.check(err)
	return zone
}

type versionedID struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	ID       int
}

// access makes the SecurityInfos of PACE and the keys of its chip authentication
// mapping.
func (b *builder) access() {
	static := map[int]bool{}
	for _, p := range b.o.PACE {
		proto, err := pace.ParseOID(p.OID)
		b.check(err)
		b.pace = append(b.pace, b.der(versionedID{p.OID, 2, p.ParameterID}))
		if p.Domain != nil {
			algorithm, err := p.Domain.MarshalAlgorithm()
			b.check(err)
			b.pace = append(b.pace, b.der(struct {
				Protocol  asn1.ObjectIdentifier
				Algorithm asn1.RawValue
				ID        int
			}{p.OID[:len(p.OID)-1], asn1.RawValue{FullBytes: algorithm}, p.ParameterID}))
		}
		if proto.Mapping == pace.ChipAuthentication && !static[p.ParameterID] {
			static[p.ParameterID] = true
			d := p.Domain
			if d == nil {
				d, err = domain.Standard(p.ParameterID)
				b.check(err)
			}
			key, err := ecc.GenerateKey(d.Curve(), nil)
			b.check(err)
			b.card.ChipAuth = append(b.card.ChipAuth, chip.ChipAuthKey{ID: p.ParameterID, Key: key})
			b.mapping = append(b.mapping, b.staticKey(key.Public(), p.ParameterID, false))
		}
	}
	b.card.PACE = b.o.PACE
}

// set writes SecurityInfos as a SET.
func (b *builder) set(items ...[]byte) []byte {
	b.Helper()
	var list lds.Builder
	for _, i := range items {
		list.Raw(i)
	}
	out, err := list.Encode()
	b.check(err)
	return out
}

// Roots of SecurityInfos: id-PK (Doc 9303-11 (8th ed.), 9.2.6), id-AA (9.2.4).
var (
	oidPK = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1}
	oidAA = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}
)

// staticKey is a ChipAuthenticationPublicKeyInfo.
func (b *builder) staticKey(public crypto.PublicKey, id int, x942 bool) []byte {
	b.Helper()
	key, err := domain.FromPublic(public)
	b.check(err)
	spki, err := key.MarshalSPKI()
	b.check(err)
	kind := 1
	if key.Point() != nil {
		kind = 2
	}
	if x942 {
		algorithm, err := key.Parameters().MarshalAlgorithm()
		b.check(err)
		number := b.der(key.Number())
		spki = tlv.Encode(0x30, algorithm, tlv.Encode(0x03, []byte{0}, number))
	}
	parts := [][]byte{b.der(append(slices.Clone(oidPK), kind)), spki}
	if id != ca.NoKeyID {
		parts = append(parts, b.der(id))
	}
	return tlv.Encode(0x30, parts...)
}

// chipAuth makes the keys of chip authentication.
func (b *builder) chipAuth() {
	for _, k := range b.o.CA {
		d := k.Domain
		if d == nil {
			var err error
			d, err = domain.Standard(k.Parameters)
			b.check(err)
		}
		entry := chip.ChipAuthKey{ID: k.ID}
		var public crypto.PublicKey
		if c := d.Curve(); c != nil {
			key, err := ecc.GenerateKey(c, nil)
			b.check(err)
			entry.Key, public = key, key.Public()
		} else {
			key, err := d.Generator().GenerateKey(nil)
			b.check(err)
			entry.DH, public = key, key.Public()
		}
		for _, c := range k.Ciphers {
			protocol, err := ca.Protocol{Curve: d.Curve() != nil, Cipher: c}.OID()
			b.check(err)
			entry.Protocols = append(entry.Protocols, protocol)
			parts := [][]byte{b.der(protocol), b.der(1)}
			if k.ID != ca.NoKeyID {
				parts = append(parts, b.der(k.ID))
			}
			b.infos = append(b.infos, tlv.Encode(0x30, parts...))
		}
		b.infos = append(b.infos, b.staticKey(public, k.ID, k.X942))
		b.card.ChipAuth = append(b.card.ChipAuth, entry)
	}
}

// activeAuth makes the key of active authentication.
func (b *builder) activeAuth() {
	k := b.o.AA
	if k == nil {
		return
	}
	key := &chip.ActiveAuthKey{Hash: k.Hash}
	if k.Bits != 0 {
		private := rsaKey(b, k.Bits)
		key.Key, b.aaPublic = private, &rsa.PublicKey{N: private.N, E: private.E}
	} else {
		c, err := ecc.ByName(k.Curve)
		b.check(err)
		private, err := ecc.GenerateKey(c, nil)
		b.check(err)
		key.Key, b.aaPublic = private, private.Public()
		algorithm, err := aa.AlgorithmOf(k.Hash)
		b.check(err)
		b.infos = append(b.infos, b.der(struct {
			Protocol  asn1.ObjectIdentifier
			Version   int
			Algorithm asn1.ObjectIdentifier
		}{oidAA, 1, algorithm}))
	}
	b.card.ActiveAuth = key
}

// groups makes the files that EF.SOD covers, and those that it does not.
func (b *builder) groups(zone *mrz.MRZ) {
	dg1, err := lds.EncodeDG1(zone)
	b.add("EF.DG1", dg1, err)
	dg2, err := lds.EncodeDG2(b.portrait())
	b.add("EF.DG2", dg2, err)
	if t := b.o.TA; t != nil && t.Fingers > 0 {
		dg3, err := people.Fingers(t.Fingers)
		b.add("EF.DG3", dg3, err)
	}
	if t := b.o.TA; t != nil && t.Iris > 0 {
		dg4, err := people.Irises(t.Iris)
		b.add("EF.DG4", dg4, err)
	}
	if all := slices.Concat(b.pace, b.infos); len(all) > 0 {
		// Not lds.EncodeDG14, which is strict: a key in X9.42 form may be asked for.
		b.add("EF.DG14", tlv.Encode(0x6E, b.set(all...)), nil)
	}
	if b.aaPublic != nil {
		dg15, err := lds.EncodeDG15(b.aaPublic)
		b.add("EF.DG15", dg15, err)
	}
}

// portrait is a small picture, unless there is one.
func (b *builder) portrait() []byte {
	if b.o.Portrait != nil {
		return b.o.Portrait
	}
	var out bytes.Buffer
	b.check(jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 24, 32)), nil))
	return out.Bytes()
}

// sign makes EF.SOD, EF.COM, EF.CardAccess and EF.CardSecurity.
func (b *builder) sign() {
	const ldsVersion, unicode = "0108", "040000"
	token, _, err := sod.Prepare(b.files, sod.Options{Signer: b.authority.DS, LDSVersion: ldsVersion, SigningTime: signed})
	b.check(err)
	object, err := token.Issue(b.Context(), b.authority.DSKey)
	b.check(err)
	var numbers []int
	for _, f := range b.files {
		id, _ := lds.FileByName(f.Name)
		numbers = append(numbers, id.Number())
	}
	b.add(lds.NameSOD, object, nil)
	com, err := lds.EncodeCOM(ldsVersion, unicode, numbers)
	b.add(lds.NameCOM, com, err)
	if len(b.pace) > 0 {
		b.add(lds.NameCardAccess, b.set(b.pace...), nil)
	}
	if len(b.mapping) > 0 {
		signer := b.o.CardSecurityBy
		if signer == nil {
			signer = b.authority
		}
		b.add(lds.NameCardSecurity, signer.Sign(b, b.set(slices.Concat(b.pace, b.mapping)...), pkitest.SignedOptions{
			ContentType: cms.OIDSecurityObject, SigningTime: signed,
		}), nil)
	}
}

package sample

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// Specimen is an identity card of Utopia with fingerprints and irises, which it
// gives to terminals of Utopia alone.
type Specimen struct {
	Card
	CSCA []byte // certificate of who signed the card, DER
	// Authority is the CVCA that the chip trusts, Terminal what a terminal of it
	// shows: its own certificate and its verifier's. Terminal is empty if
	// nobody's key was given.
	Authority *cvc.Certificate
	Terminal  []*cvc.Certificate
}

// ErrTerminalKey: CV certificates cannot be made for this key.
var ErrTerminalKey = errors.New("sample: not a key for a terminal")

// specimenCAN opens every specimen.
const specimenCAN = "271828"

// NewSpecimen makes a specimen, personalized and locked, on a chip of the given
// kind. terminal is the public key of a terminal that is to read all of it: RSA,
// or on a curve of at most 512 bits; nil for none. All else is forgotten, so
// nobody can make a second terminal later.
func NewSpecimen(ctx context.Context, o chip.Options, terminal crypto.PublicKey, now time.Time) (s *Specimen, err error) {
	s = &Specimen{Card: Card{CAN: specimenCAN}}
	key, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		return nil, err
	}
	protocols := struct{ pace, ca asn1.ObjectIdentifier }{}
	if protocols.pace, err = (pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES128}).OID(); err != nil {
		return nil, err
	}
	if protocols.ca, err = (ca.Protocol{Curve: true, Cipher: mac.AES128}).OID(); err != nil {
		return nil, err
	}
	const parameters = 12 // P-256 (Doc 9303-11 (8th ed.), Table 12)
	zone, err := mrz.Build(mrz.Fields{
		Type: mrz.TD1, DocumentCode: "I", IssuingState: "UTO", DocumentNumber: "D23145890", Nationality: "UTO",
		BirthDate: "740812", Sex: "F", ExpiryDate: now.AddDate(5, 0, 0).Format("060102"), Primary: "ERIKSSON", Secondary: "ANNA MARIA",
	})
	if err != nil {
		return nil, err
	}
	s.MRZ = zone.Text()
	access, err := new(lds.Builder).PACE(protocols.pace, parameters).Encode()
	if err != nil {
		return nil, err
	}
	infos, err := new(lds.Builder).PACE(protocols.pace, parameters).ChipAuth(protocols.ca, lds.NoID).ChipAuthKey(key.Public(), lds.NoID).TerminalAuth(1).Encode()
	if err != nil {
		return nil, err
	}
	if s.Files, err = specimenGroups(zone, infos); err != nil {
		return nil, err
	}
	if err := s.sign(ctx, now); err != nil {
		return nil, err
	}
	s.Files = append(s.Files, lds.File{Name: lds.NameCardAccess, Bytes: access})

	today, err := cvc.DateOf(now)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(today, terminal); err != nil {
		return nil, err
	}
	d := chip.Document{
		Files: map[string][]byte{}, MRZInfo: zone.KeyInfo(), CAN: s.CAN, NoBAC: true,
		ChipAuth:     []chip.ChipAuthKey{{Protocols: []asn1.ObjectIdentifier{protocols.ca}, ID: ca.NoKeyID, Key: key}},
		TerminalAuth: &chip.TerminalAuth{CVCA: []*cvc.Certificate{s.Authority}, Date: today},
	}
	for _, f := range s.Files {
		d.Files[f.Name] = f.Bytes
	}
	s.Chip, err = chip.NewIssued(o, d)
	return s, err
}

// Sizes of the specimen's pictures, in bytes.
const (
	fingerSize = 12_000
	irisSize   = 3_000
)

// specimenGroups are the data groups, in the order of their numbers.
func specimenGroups(zone *mrz.MRZ, infos []byte) ([]lds.File, error) {
	var files []lds.File
	var problem error
	add := func(name string, b []byte, err error) {
		problem = errors.Join(problem, err)
		files = append(files, lds.File{Name: name, Bytes: b})
	}
	portrait, err := fs.ReadFile(people.FS(), "portraits/01.jpg")
	if err != nil {
		return nil, err
	}
	dg1, err := lds.EncodeDG1(zone)
	add("EF.DG1", dg1, err)
	dg2, err := lds.EncodeDG2(portrait)
	add("EF.DG2", dg2, err)
	dg3, err := people.Fingers(fingerSize)
	add("EF.DG3", dg3, err)
	dg4, err := people.Irises(irisSize)
	add("EF.DG4", dg4, err)
	dg14, err := lds.EncodeDG14(infos)
	add("EF.DG14", dg14, err)
	return files, problem
}

// sign makes EF.SOD and EF.COM over the data groups, with an authority of its
// own.
func (s *Specimen) sign(ctx context.Context, now time.Time) (err error) {
	p, err := cardprofile.Load("icao-td1")
	if err != nil {
		return err
	}
	ring, err := soft.Open(ctx, soft.Config{}, soft.Embedded(io.Discard))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	issuer, err := NewIssuer(ctx, ring, p, mac.NewKey(make([]byte, cardKeyBits/8)), now) // no card gets keys from it
	if err != nil {
		return err
	}
	token, _, err := sod.Prepare(s.Files, sod.Options{Signer: issuer.Certificate, LDSVersion: p.LDS.Version, UnicodeVersion: p.LDS.Unicode, SigningTime: now})
	if err != nil {
		return err
	}
	signer, err := ring.Signer(ctx, issuer.Signer)
	if err != nil {
		return err
	}
	object, err := token.Issue(ctx, signer)
	if err != nil {
		return err
	}
	var numbers []int
	for _, f := range s.Files {
		id, _ := lds.FileByName(f.Name)
		numbers = append(numbers, id.Number())
	}
	com, err := lds.EncodeCOM(p.LDS.Version, p.LDS.Unicode, numbers)
	if err != nil {
		return err
	}
	s.Files = append(s.Files, lds.File{Name: lds.NameSOD, Bytes: object}, lds.File{Name: lds.NameCOM, Bytes: com})
	s.CSCA = issuer.CSCA.Raw
	s.Trust, err = issuer.Trust()
	return err
}

// authorize makes the CVCA, and a terminal below it for a key.
func (s *Specimen) authorize(today cvc.Date, terminal crypto.PublicKey) error {
	p, err := pkiFor(terminal)
	if err != nil {
		return err
	}
	chain, err := cvca.NewChain(p, today, terminal)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTerminalKey, err)
	}
	s.Authority = chain.Root.Certificate
	if terminal != nil {
		s.Terminal = chain.Certificates()
	}
	return nil
}

// pkiFor is the algorithm of a chain that ends with a terminal's key: all keys of
// a chain are of one kind and size (TR-03110-3 v2.21, 2.3 and A.7).
func pkiFor(terminal crypto.PublicKey) (cvca.PKI, error) {
	if terminal == nil {
		return cvca.PKI{Algorithm: cvc.ECDSASHA256}, nil
	}
	if k, ok := terminal.(*rsa.PublicKey); ok {
		return cvca.PKI{Algorithm: cvc.RSAPSSSHA256, Bits: k.N.BitLen()}, nil
	}
	k, err := ecc.FromPublic(terminal)
	if err != nil {
		return cvca.PKI{}, fmt.Errorf("%w: neither RSA nor on a curve: %w", ErrTerminalKey, err)
	}
	p := cvca.PKI{Curve: k.Curve}
	switch n := k.Curve.BitSize(); {
	case n > 384:
		p.Algorithm = cvc.ECDSASHA512
	case n > 256:
		p.Algorithm = cvc.ECDSASHA384
	case n > 224:
		p.Algorithm = cvc.ECDSASHA256
	default:
		p.Algorithm = cvc.ECDSASHA224
	}
	return p, nil
}

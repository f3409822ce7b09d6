package document

import (
	"crypto"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// Options says what a document offers. The zero value opens with BAC alone and
// proves nothing but its signature.
type Options struct {
	// Format is that of the zone; the zero value is TD1.
	Format mrz.Format
	// PACE are the PACEInfos, in the order of EF.CardAccess before DER sorts
	// them. One with a Domain gets a PACEDomainParameterInfo. Chip
	// authentication mapping brings its static keys and EF.CardSecurity.
	PACE []pace.Params
	// BAC is offered beside PACE; without PACE it always is.
	BAC bool
	// CA are the keys of chip authentication.
	CA []ChipAuth
	// AA is the key of active authentication, nil for none.
	AA *ActiveAuth
	// TA makes a chip that judges terminals, with DG3 and DG4; nil for none.
	TA *TerminalAuth
	// NoMF: no master file, as on Vietnam's card.
	NoMF bool
	// Portrait goes into DG2; nil is a small picture.
	Portrait []byte

	// NoCAN leaves the CAN out. PIN and PUK are there when a bound on their
	// tries is given.
	NoCAN                        bool
	CANTries, PINTries, PUKTries int

	// Chip is the silicon: buffers, faults, delays. A RetryDelay of zero means
	// none here.
	Chip chip.Options
	// Authority signs; nil is one of Utopia that all documents of a process
	// share.
	Authority *pkitest.Authority
	// CardSecurityBy signs EF.CardSecurity instead of Authority.
	CardSecurityBy *pkitest.Authority
	// Change, if set, may alter what goes onto the chip after it was signed.
	Change func(*chip.Document)
}

// ChipAuth is one static key and its ChipAuthenticationInfos.
type ChipAuth struct {
	Parameters int          // identifier of Doc 9303-11 (8th ed.), Table 12
	Ciphers    []mac.Cipher // one protocol for each
	ID         int          // key identifier; ca.NoKeyID for none
	// X942 writes a key of a prime field as real chips do, with the order of
	// the group, instead of the PKCS#3 of the standard.
	X942 bool
	// Domain is a group of one's own instead of Parameters.
	Domain *domain.Parameters
}

// ActiveAuth is the key of active authentication: RSA of so many bits, or on a
// curve.
type ActiveAuth struct {
	Bits  int
	Curve string
	Hash  crypto.Hash
}

// TerminalAuth is terminal authentication: what the chip trusts and what it
// guards.
type TerminalAuth struct {
	chip.TerminalAuth
	// Fingers and Iris put DG3 and DG4 there, with this many bytes of image;
	// 0 leaves them out.
	Fingers, Iris int
	// NoInfo leaves the TerminalAuthenticationInfo out of DG14; Version is its
	// version, 0 is 1.
	NoInfo  bool
	Version int
}

// Passwords of every document that has them.
const (
	CAN = "271828"
	PIN = "314159"
	PUK = "1414213562"
)

// Today is a day on which everything here is valid.
var Today = cardprofile.DateOf(pkitest.Epoch.AddDate(0, 0, 20))

// Document is one issued document.
type Document struct {
	Chip    *chip.Chip
	MRZ     string // its lines joined
	MRZInfo string // Doc 9303-11 (8th ed.), 4.3.2
	Files   []lds.File
	Trust   *pki.Store
}

// New makes a document. What cannot be made ends the test.
func New(tb testing.TB, o Options) *Document {
	tb.Helper()
	b := &builder{TB: tb, o: o, authority: o.Authority}
	if b.authority == nil {
		b.authority = utopia(tb)
	}
	zone := b.zone()
	b.access()
	b.chipAuth()
	b.terminalAuth()
	b.activeAuth()
	b.groups(zone)
	b.sign()

	d := &b.card
	d.NoMF, d.MRZInfo, d.NoBAC = o.NoMF, zone.KeyInfo(), len(o.PACE) > 0 && !o.BAC
	if len(o.PACE) > 0 && !o.NoCAN {
		d.CAN, d.CANTries = CAN, o.CANTries
	}
	if o.PINTries > 0 {
		d.PIN, d.PINTries = PIN, o.PINTries
	}
	if o.PUKTries > 0 {
		d.PUK, d.PUKTries = PUK, o.PUKTries
	}
	d.Files = map[string][]byte{}
	for _, f := range b.files {
		d.Files[f.Name] = f.Bytes
	}
	if o.Change != nil {
		o.Change(d)
	}
	if o.Chip.RetryDelay == 0 {
		o.Chip.RetryDelay = -1
	}
	c, err := chip.NewIssued(o.Chip, *d)
	b.check(err)
	return &Document{Chip: c, MRZ: zone.Text(), MRZInfo: zone.KeyInfo(), Files: b.files, Trust: b.authority.Store(tb)}
}

// ByCAN is the key that opens the document with its CAN.
func (*Document) ByCAN(tb testing.TB) inspect.Access {
	tb.Helper()
	a, err := inspect.ByCAN(CAN)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// ByMRZ is the key that opens the document with its MRZ, the whole zone given.
func (d *Document) ByMRZ(tb testing.TB) inspect.Access {
	tb.Helper()
	a, err := inspect.ByMRZ(d.MRZ)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// ForProfile are the options that make a document of a type of card.
func ForProfile(tb testing.TB, p *cardprofile.Profile) Options {
	tb.Helper()
	o := Options{BAC: p.Access.BAC, NoCAN: !slices.Contains(p.Access.Passwords, "can"), NoMF: !p.Chip.SelectMF}
	for _, f := range []mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3} {
		if f.String() == p.Document.MRZ {
			o.Format = f
		}
	}
	for _, i := range p.Access.PACE {
		o.PACE = append(o.PACE, pace.Params{OID: oid(i.Protocol), ParameterID: i.ParameterID})
	}
	for _, k := range p.ChipAuth {
		proto, err := ca.ParseOID(oid(k.Protocol))
		if err != nil {
			tb.Fatal(err)
		}
		c := ChipAuth{Parameters: curveID(tb, k.Curve), Ciphers: []mac.Cipher{proto.Cipher}, ID: ca.NoKeyID}
		if k.KeyIDStated {
			c.ID = k.KeyID
		}
		o.CA = append(o.CA, c)
	}
	if k := p.ActiveAuth; k != nil {
		h, err := cardprofile.HashByName(k.Hash)
		if err != nil {
			tb.Fatal(err)
		}
		o.AA = &ActiveAuth{Bits: k.Bits, Curve: k.Curve, Hash: h}
	}
	return o
}

// signed is when documents are signed.
var signed = pkitest.Epoch.Add(14 * 24 * time.Hour)

package lds

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Roots of the protocols' object identifiers, Doc 9303-11 (8th ed.), 9.2.3 to
// 9.2.10.
var (
	oidTA     = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 2}
	oidCA     = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3}
	oidPACE   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}
	oidAA     = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}
	oidEFDIR  = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 13}
	oidPKECDH = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 2}
	oidPKDH   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 1, 1}
)

// NoID says that an optional identifier is absent.
const NoID = -1

// PACEInfo names a PACE protocol, 9.2.1.
type PACEInfo struct {
	Protocol    asn1.ObjectIdentifier
	Version     int
	ParameterID int // NoID when absent
	Raw         []byte
}

// PACEDomainInfo carries explicit domain parameters, 9.2.2.
type PACEDomainInfo struct {
	Protocol    asn1.ObjectIdentifier
	Algorithm   []byte             // AlgorithmIdentifier as read
	Domain      *domain.Parameters // nil when it cannot be used; a deviation says why
	ParameterID int                // NoID when absent
	Raw         []byte
}

// ActiveAuthInfo names the signature algorithm of active authentication with
// ECDSA, 9.2.4.
type ActiveAuthInfo struct {
	Version   int
	Algorithm asn1.ObjectIdentifier
	Raw       []byte
}

// ChipAuthInfo names a chip authentication protocol, 9.2.5.
type ChipAuthInfo struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	KeyID    int // NoID when absent
	Raw      []byte
}

// ChipAuthKey is a static public key of chip authentication, 9.2.6.
type ChipAuthKey struct {
	Protocol asn1.ObjectIdentifier // id-PK-DH or id-PK-ECDH
	SPKI     []byte                // as read
	Public   crypto.PublicKey      // *ecc.PublicKey or *domain.PublicKey; nil when it cannot be used, a deviation says why
	KeyID    int                   // NoID when absent
	Raw      []byte
}

// TerminalAuthInfo names terminal authentication, 9.2.8. Protocol is id-TA
// itself, or one of its algorithms where a chip says more.
type TerminalAuthInfo struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	// CVCAFile and CVCAShort say where EF.CVCA is if not at its own place
	// (Appendix K.2): file identifier and short one, 0 where not stated. With
	// CVCAFile alone the file has no short identifier.
	CVCAFile  uint16
	CVCAShort byte
	Raw       []byte
}

// OtherInfo is an entry that is not known here; it is kept as it was read.
type OtherInfo struct {
	Protocol asn1.ObjectIdentifier
	Raw      []byte
}

// SecurityInfos is the content of EF.CardAccess and DG14, and the signed content
// of EF.CardSecurity (Doc 9303-11 (8th ed.), 9.2). Entries keep the order in
// which they were read.
type SecurityInfos struct {
	Raw            []byte // the SET as read
	PACEInfos      []PACEInfo
	PACEDomains    []PACEDomainInfo
	ChipAuthInfos  []ChipAuthInfo
	ChipAuthKeys   []ChipAuthKey
	TerminalAuths  []TerminalAuthInfo
	ActiveAuths    []ActiveAuthInfo
	EFDIR          []byte // copy of EF.DIR, 9.2.10; nil when absent
	Others         []OtherInfo
	Items          [][]byte // every entry as read, known or not
	wellOrderedDER bool
}

// maxInfos bounds the entries of one SET; real chips have fewer than twenty.
const maxInfos = 128

// ParseSecurityInfos reads the SET, as EF.CardAccess holds it.
func ParseSecurityInfos(b []byte) (*SecurityInfos, []cardprofile.Deviation, error) {
	return parseInfos(b, NameCardAccess)
}

// ParseDG14 reads DG14: tag 6E around the SET. What is hashed is the file as
// read, never a new encoding of it.
func ParseDG14(b []byte) (*SecurityInfos, []cardprofile.Deviation, error) {
	n := &notes{where: "DG14"}
	node, err := open(b, 0x6E, n, "dg14")
	if err != nil {
		return nil, n.list, err
	}
	infos, devs, err := parseInfos(node.Value, "DG14")
	return infos, append(n.list, devs...), err
}

func parseInfos(b []byte, where string) (*SecurityInfos, []cardprofile.Deviation, error) {
	n := &notes{where: where}
	set, err := open(b, 0x31, n, "securityinfos")
	if err != nil {
		return nil, n.list, err
	}
	items, err := set.Children()
	if err != nil {
		return nil, n.list, malformed("%s: SecurityInfos: %w", where, err)
	}
	if len(items) > maxInfos {
		return nil, n.list, malformed("%s: more than %d SecurityInfos", where, maxInfos)
	}
	s := &SecurityInfos{Raw: set.Raw, wellOrderedDER: true}
	for i, item := range items {
		if item.Tag != 0x30 {
			n.add("securityinfos.entry", "an entry is no SEQUENCE")
			continue
		}
		s.Items = append(s.Items, item.Raw)
		if i > 0 && bytes.Compare(items[i-1].Raw, item.Raw) > 0 {
			s.wellOrderedDER = false
		}
		if err := s.entry(item, n); err != nil {
			n.add("securityinfos.entry", "an entry cannot be read: %v", err)
			s.Others = append(s.Others, OtherInfo{Raw: item.Raw})
		}
	}
	if !s.wellOrderedDER {
		n.add("securityinfos.order", "the entries of the SET are not in DER order")
	}
	return s, n.list, nil
}

// entry reads one SecurityInfo: object identifier, required data, optional data.
func (s *SecurityInfos) entry(item tlv.Node, n *notes) error {
	parts, err := item.Children()
	if err != nil {
		return err
	}
	if len(parts) < 1 || len(parts) > 3 {
		return fmt.Errorf("it has %d parts", len(parts))
	}
	oid, err := readOID(parts[0])
	if err != nil {
		return err
	}
	integer := func(i int) (int, error) {
		if i >= len(parts) {
			return NoID, nil
		}
		return readInt(parts[i])
	}
	// version is the required INTEGER of most entries.
	version := func() (int, error) {
		if len(parts) < 2 {
			return 0, fmt.Errorf("%s without its version", oid)
		}
		return readInt(parts[1])
	}
	switch {
	case under(oid, oidPACE, 2):
		v, err := version()
		if err != nil {
			return err
		}
		id, err := integer(2)
		if err != nil {
			return err
		}
		if v != 2 {
			n.add("paceinfo.version", "PACEInfo of version %d", v)
		}
		s.PACEInfos = append(s.PACEInfos, PACEInfo{oid, v, id, item.Raw})
	case under(oid, oidPACE, 1):
		if len(parts) < 2 {
			return fmt.Errorf("%s without domain parameters", oid)
		}
		id, err := integer(2)
		if err != nil {
			return err
		}
		d := PACEDomainInfo{Protocol: oid, Algorithm: parts[1].Raw, ParameterID: id, Raw: item.Raw}
		params, remarks, err := domain.ParseAlgorithm(parts[1].Raw)
		for _, r := range remarks {
			n.add("pacedomain.form", "%s", r)
		}
		if err != nil {
			n.add("pacedomain.unknown", "the domain parameters cannot be used: %v", err)
		} else {
			d.Domain = params
		}
		s.PACEDomains = append(s.PACEDomains, d)
	case under(oid, oidCA, 2):
		v, err := version()
		if err != nil {
			return err
		}
		id, err := integer(2)
		if err != nil {
			return err
		}
		if v != 1 {
			n.add("chipauth.version", "ChipAuthenticationInfo of version %d", v)
		}
		s.ChipAuthInfos = append(s.ChipAuthInfos, ChipAuthInfo{oid, v, id, item.Raw})
	case oid.Equal(oidPKDH), oid.Equal(oidPKECDH):
		return s.key(item, oid, parts, n)
	case oid.Equal(oidTA), under(oid, oidTA, 2):
		v, err := version()
		if err != nil {
			return err
		}
		info := TerminalAuthInfo{Protocol: oid, Version: v, Raw: item.Raw}
		if len(parts) > 2 {
			info.cvcaFile(parts[2], n)
		}
		s.TerminalAuths = append(s.TerminalAuths, info)
	case oid.Equal(oidAA):
		v, err := version()
		if err != nil {
			return err
		}
		if len(parts) < 3 {
			return fmt.Errorf("%s without its algorithm", oid)
		}
		alg, err := readOID(parts[2])
		if err != nil {
			return err
		}
		s.ActiveAuths = append(s.ActiveAuths, ActiveAuthInfo{v, alg, item.Raw})
	case oid.Equal(oidEFDIR) && len(parts) > 1 && parts[1].Tag == 0x04:
		s.EFDIR = parts[1].Value
	default:
		s.Others = append(s.Others, OtherInfo{oid, item.Raw})
	}
	return nil
}

func (s *SecurityInfos) key(item tlv.Node, oid asn1.ObjectIdentifier, parts []tlv.Node, n *notes) error {
	if len(parts) < 2 || parts[1].Tag != 0x30 {
		return fmt.Errorf("%s without its key", oid)
	}
	k := ChipAuthKey{Protocol: oid, SPKI: parts[1].Raw, KeyID: NoID, Raw: item.Raw}
	if len(parts) > 2 {
		id, err := readInt(parts[2])
		if err != nil {
			return err
		}
		k.KeyID = id
	}
	pub, remarks, err := domain.ParseSPKI(k.SPKI)
	for _, r := range remarks {
		n.add("chipauth.key.form", "%s", r)
	}
	if err != nil {
		n.add("chipauth.key", "a chip authentication key cannot be used: %v", err)
	} else {
		k.Public = pub
		if pub.Point() != nil {
			k.Public = pub.Point()
		}
		// 9.2.6: the protocol names the kind of key.
		if (pub.Point() != nil) != oid.Equal(oidPKECDH) {
			n.add("chipauth.key.protocol", "the protocol of a chip authentication key does not name its kind")
		}
	}
	s.ChipAuthKeys = append(s.ChipAuthKeys, k)
	return nil
}

func under(oid, root asn1.ObjectIdentifier, arcs int) bool {
	return len(oid) == len(root)+arcs && oid[:len(root)].Equal(root)
}

func readOID(n tlv.Node) (asn1.ObjectIdentifier, error) {
	if n.Tag != 0x06 || len(n.Value) > 64 {
		return nil, fmt.Errorf("tag %s instead of an object identifier", n.Tag)
	}
	var oid asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(n.Raw, &oid)
	if err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("an object identifier that is none")
	}
	return oid, nil
}

// readInt reads a small non-negative INTEGER.
func readInt(n tlv.Node) (int, error) {
	if n.Tag != 0x02 || len(n.Value) == 0 || len(n.Value) > 4 || n.Value[0]&0x80 != 0 {
		return 0, fmt.Errorf("tag %s of %d bytes instead of a small INTEGER", n.Tag, len(n.Value))
	}
	v := 0
	for _, b := range n.Value {
		v = v<<8 | int(b)
	}
	return v, nil
}

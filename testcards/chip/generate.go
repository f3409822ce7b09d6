package chip

import (
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// generateCA makes a chip authentication key and answers its public half.
func (c *Chip) generateCA(a *appletState, value []byte) ([]byte, error) {
	nodes, err := tlv.ParseAll(value)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	entry := caKey{ID: ca.NoKeyID}
	var protocols []asn1.ObjectIdentifier
	var curve *ecc.Curve
	for _, n := range nodes {
		ok := true
		switch n.Tag {
		case applet.TagProtocol:
			var oid asn1.ObjectIdentifier
			if oid, ok = objectIdentifier(n.Value); ok {
				protocols = append(protocols, oid)
				entry.Protocols = append(entry.Protocols, oid.String())
			}
		case applet.TagKeyID:
			entry.ID, ok = oneByte(n.Value, 0)
		case applet.TagCurve:
			curve, ok = curveOf(n.Value)
		default:
			ok = false
		}
		if !ok {
			return nil, apdu.ErrWrongData
		}
	}
	if curve == nil || len(protocols) == 0 {
		return nil, apdu.ErrWrongData
	}
	for _, k := range a.CA {
		if k.ID == entry.ID || k.ID == ca.NoKeyID || entry.ID == ca.NoKeyID {
			return nil, apdu.ErrConditions // ambiguous, or made before
		}
	}
	if len(a.CA) == applet.MaxCAKeys {
		return nil, apdu.ErrNotEnoughSpace
	}
	key, err := ecc.GenerateKey(curve, c.rnd)
	if err != nil {
		return nil, apdu.ErrExecution
	}
	private, err := domain.OfECC(key)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	if _, err := ca.NewChip(ca.ChipConfig{Keys: []ca.ChipKey{{ID: entry.ID, Private: private, Protocols: protocols}}}); err != nil {
		return nil, apdu.ErrWrongData
	}
	entry.Curve, entry.Scalar = curve.Name(), key.Bytes()
	a.CA = append(a.CA, entry)
	return publicEC(value, key), nil
}

// generateAA makes the active authentication key and answers its public half.
func (c *Chip) generateAA(a *appletState, value []byte) ([]byte, error) {
	m, ok := objects(value)
	if !ok {
		return nil, apdu.ErrWrongData
	}
	algorithm, ok1 := oneByte(m[applet.TagAlgorithm], 0)
	hash, ok2 := oneByte(m[applet.TagHash], 0)
	if a.AA != nil {
		return nil, apdu.ErrConditions
	}
	if !ok1 || !ok2 || hashes[byte(hash)] == 0 {
		return nil, apdu.ErrWrongData
	}
	cfg := aa.ChipConfig{Hash: hashes[byte(hash)]}
	entry := &aaKey{Hash: byte(hash)}
	var public []byte
	switch byte(algorithm) {
	case applet.AlgorithmRSA:
		bits := m[applet.TagModulusBits]
		if len(bits) != 2 || m[applet.TagCurve] != nil {
			return nil, apdu.ErrWrongData
		}
		n := int(bits[0])<<8 | int(bits[1])
		if n < 1024 || n > 4096 || n%256 != 0 {
			return nil, apdu.ErrWrongData
		}
		c.work(c.timing.keyRSA(n))
		key, err := c.rsa(n)
		if err != nil {
			return nil, apdu.ErrExecution
		}
		cfg.Key, entry.RSA = key, x509.MarshalPKCS1PrivateKey(key)
		public = tlv.Encode(applet.TagPublicKey,
			tlv.Encode(applet.TagModulus, key.N.Bytes()),
			tlv.Encode(applet.TagExponent, big.NewInt(int64(key.E)).Bytes()))
	case applet.AlgorithmECDSA:
		curve, ok := curveOf(m[applet.TagCurve])
		if !ok || m[applet.TagModulusBits] != nil {
			return nil, apdu.ErrWrongData
		}
		key, err := ecc.GenerateKey(curve, c.rnd)
		if err != nil {
			return nil, apdu.ErrExecution
		}
		cfg.Key, entry.Curve, entry.Scalar = key, curve.Name(), key.Bytes()
		public = publicEC(value, key)
	default:
		return nil, apdu.ErrWrongData
	}
	if _, err := aa.NewChip(cfg); err != nil {
		return nil, apdu.ErrWrongData
	}
	a.AA = entry
	return public, nil
}

func curveOf(oid []byte) (*ecc.Curve, bool) {
	id, ok := objectIdentifier(oid)
	if !ok {
		return nil, false
	}
	c, err := ecc.ByOID(id)
	return c, err == nil
}

// publicEC is 7F49 { 06 curve, 86 point }, the curve as it was asked for.
func publicEC(request []byte, key *ecc.PrivateKey) []byte {
	curve, _ := tlv.First(request, applet.TagCurve)
	return tlv.Encode(applet.TagPublicKey, curve.Raw, tlv.Encode(applet.TagPoint, key.PublicKey().Bytes()))
}

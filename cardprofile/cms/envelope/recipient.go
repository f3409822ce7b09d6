package envelope

import (
	"context"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Recipient is somebody who can open an envelope.
type Recipient struct {
	// ID is the KeyAgreeRecipientIdentifier in DER: issuer and serial number of a
	// certificate, or its subject key identifier.
	ID  []byte
	Key *ecc.PublicKey
}

// RecipientOf is the holder of a certificate with an elliptic curve key.
func RecipientOf(certificate *x509.Certificate) (Recipient, error) {
	key, err := ecc.FromPublic(certificate.PublicKey)
	if err != nil {
		return Recipient{}, ErrUnsupported
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(certificate.RawIssuer)
		b.AddASN1BigInt(certificate.SerialNumber)
	})
	id, err := b.Bytes()
	return Recipient{id, key}, err
}

// contentKey finds the recipient that the key is, and unwraps the content key.
func contentKey(ctx context.Context, infos cryptobyte.String, key Agreement, size int) ([]byte, Recipient, error) {
	w := &opening{ctx: ctx, key: key, size: size}
	transport := false
	for !infos.Empty() {
		var info cryptobyte.String
		var tag asn1.Tag
		if !infos.ReadAnyASN1(&info, &tag) {
			return nil, Recipient{}, malformed("recipients")
		}
		switch tag {
		case asn1.Tag(1).ContextSpecific().Constructed(): // kari
			cek, id, err := w.try(info)
			if cek != nil || err != nil {
				return cek, Recipient{id, key.Public()}, err
			}
		case asn1.SEQUENCE: // ktri: a key transported, with RSA in practice
			transport = true
		}
	}
	if transport && w.agreed == 0 {
		return nil, Recipient{}, ErrUnsupported
	}
	return nil, Recipient{}, ErrRecipient
}

// opening bounds what the private key is asked.
type opening struct {
	ctx             context.Context
	key             Agreement
	size            int
	agreed, unwraps int
}

// try tries one KeyAgreeRecipientInfo (RFC 5652, 6.2.2; RFC 5753, 3.1). What is not
// meant for this key, or not understood, is passed over.
func (w *opening) try(info cryptobyte.String) (cek, id []byte, err error) {
	var version int
	var originator, sender, ukmOuter, ukm, keys cryptobyte.String
	context0, context1 := asn1.Tag(0).ContextSpecific().Constructed(), asn1.Tag(1).ContextSpecific().Constructed()
	var hasUKM bool
	if !info.ReadASN1Integer(&version) || !info.ReadASN1(&originator, context0) ||
		!info.ReadOptionalASN1(&ukmOuter, &hasUKM, context1) || hasUKM && (!ukmOuter.ReadASN1(&ukm, asn1.OCTET_STRING) || !ukmOuter.Empty()) {
		return nil, nil, malformed("a recipient")
	}
	scheme, err := cms.ReadAlgorithm(&info)
	if err != nil || !info.ReadASN1(&keys, asn1.SEQUENCE) {
		return nil, nil, malformed("a recipient")
	}
	wrapID := cryptobyte.String(scheme.Params)
	wrap, err := cms.ReadAlgorithm(&wrapID)
	hash, knownHash := agreements[scheme.OID]
	kekSize, knownWrap := keyWraps[wrap.OID]
	// originatorKey: an ephemeral public key. A sender's static key is no business of ours.
	if err != nil || !knownHash || !knownWrap || !originator.ReadASN1(&sender, context1) {
		return nil, nil, nil
	}
	var id2 cryptobyte.String
	var bits []byte
	if !sender.ReadASN1(&id2, asn1.SEQUENCE) || !sender.ReadASN1BitStringAsBytes(&bits) {
		return nil, nil, malformed("the sender's key")
	}
	curve := w.key.Public().Curve
	peer, err := ecc.ParsePoint(curve, bits)
	if err != nil { // of another curve: meant for another recipient
		return nil, nil, nil
	}
	if w.agreed++; w.agreed > maxAgreements {
		return nil, nil, malformed("too many recipients")
	}
	z, err := w.key.Agree(w.ctx, peer)
	if err != nil {
		return nil, nil, err
	}
	defer z.Wipe()
	var material []byte
	if hasUKM {
		material = append([]byte{}, ukm...)
	}
	kek := deriveKEK(hash, z.Bytes(), sharedInfo(wrap.Raw, material, kekSize), kekSize)
	defer clear(kek)
	for !keys.Empty() {
		var one, rid, wrapped cryptobyte.String
		var tag asn1.Tag
		if !keys.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadAnyASN1Element(&rid, &tag) || !one.ReadASN1(&wrapped, asn1.OCTET_STRING) {
			return nil, nil, malformed("a wrapped key")
		}
		if w.unwraps++; w.unwraps > maxUnwraps {
			return nil, nil, malformed("too many recipients")
		}
		if cek, ok := unwrapKey(kek, wrapped); ok {
			if len(cek) != w.size {
				clear(cek)
				return nil, nil, malformed("a content key of another size than its algorithm's")
			}
			return cek, rid, nil
		}
	}
	return nil, nil, nil
}

package pki

import "time"

// revocation fills the check sod.revocation. Without a CRL of the CSCA it is not
// performed; with one that is out of date it is not either, unless that one already
// lists the signer.
func (v *verification) revocation() {
	c := &v.r.Revocation
	if v.r.Trust != TrustAnchored {
		c.set(NotPerformed, "the signer has no chain to a CSCA, so no CRL speaks for it",
			"bên ký không có chuỗi chứng thư đến CSCA nên không có danh sách thu hồi nào nói về bên ký")
		return
	}
	crl := v.store.crlFor(v.r.Signer, v.r.Anchor)
	if crl == nil {
		c.set(NotPerformed, "the store holds no CRL of %s", "trong kho không có danh sách thu hồi của %s", v.r.Anchor)
		return
	}
	v.r.RevocationKnown = true
	v.deviate("CRL", crl.Deviations)
	// The CRL speaks for every certificate of the chain that its CSCA issued.
	for _, cert := range append([]*Certificate{v.r.Signer}, append(append([]*Certificate{}, v.r.Links...), v.r.Anchor)...) {
		if since, ok := crl.Revoked(cert.Serial); ok && cert.Issuer.canonical() == v.r.Signer.Issuer.canonical() {
			c.set(Failed, "%s was revoked on %s", "%s đã bị thu hồi ngày %s", cert, day(since))
			return
		}
	}
	switch {
	case !crl.covers():
		c.set(NotSupported, "the CRL of %s carries a critical extension that is not known here",
			"danh sách thu hồi của %s có phần mở rộng bắt buộc mà chương trình không biết", v.r.Anchor)
	case crl.NextUpdate.IsZero():
		c.set(NotPerformed, "the CRL of %s does not say until when it counts",
			"danh sách thu hồi ngày %s không ghi hạn dùng", day(crl.ThisUpdate))
	case v.o.Now.After(crl.NextUpdate):
		c.set(NotPerformed, "the last CRL is of %s and counted until %s: it is %d days old",
			"danh sách thu hồi gần nhất là ngày %s, có giá trị đến %s; đã cũ %d ngày", day(crl.ThisUpdate), day(crl.NextUpdate), days(v.o.Now.Sub(crl.ThisUpdate)))
	case crl.ThisUpdate.After(v.o.Now.Add(clockSkew)):
		c.set(NotPerformed, "the CRL is of %s, which is in the future", "danh sách thu hồi ghi ngày %s, là ngày trong tương lai", day(crl.ThisUpdate))
	default:
		c.set(Passed, "not on the CRL of %s, which counts until %s",
			"không có trong danh sách thu hồi ngày %s, có giá trị đến %s", day(crl.ThisUpdate), day(crl.NextUpdate))
	}
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

// crlFor returns the newest CRL of the store that speaks for ds and that a CSCA of
// its State signed. One State has one CSCA, and its newest key signs one CRL for all
// certificates (Doc 9303-12 (8th ed.), 4.1.5); where a State has several, the one
// with the issuer's own name goes first.
func (s *Store) crlFor(ds, anchor *Certificate) *CRL {
	var best *CRL
	bestOwn := false
	for _, l := range s.crlsOf(anchor.Subject.Country()) {
		own := l.Issuer.canonical() == ds.Issuer.canonical()
		if best != nil && (bestOwn && !own || bestOwn == own && !l.ThisUpdate.After(best.ThisUpdate)) {
			continue
		}
		if s.crlSigner(l) == nil {
			continue
		}
		best, bestOwn = l, own
	}
	return best
}

// crlSigner returns the CSCA of the store that signed the list: an anchor, or one
// that a link leads to an anchor.
func (s *Store) crlSigner(l *CRL) *Certificate {
	probe := &Certificate{Issuer: l.Issuer, AuthorityKeyID: l.AuthorityKeyID}
	for _, ca := range s.issuers(probe) {
		if ca.HasKeyUsage && ca.KeyUsage&UsageCRLSign == 0 {
			continue
		}
		if _, err := l.CheckSignatureFrom(ca); err != nil {
			continue
		}
		if s.isAnchor(ca) {
			return ca
		}
		if p, _ := s.path(ca); p != nil {
			return ca
		}
	}
	return nil
}

package pki

import "time"

// clockSkew is how far a signing time may lie ahead of the terminal's clock.
const clockSkew = 24 * time.Hour

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// validity fills the check sod.validity: were signer and CSCA valid when they
// signed? A Document Signer that has expired since is normal.
func (v *verification) validity() {
	c, ds := &v.r.Validity, v.r.Signer
	if v.r.Signature.Outcome != Passed {
		c.set(NotPerformed, "there is no valid signature to ask about", "không có chữ ký hợp lệ để xét")
		return
	}
	if v.r.Trust == TrustNone {
		c.set(NotPerformed, "the signer is not trusted, so the dates in its certificate prove nothing",
			"bên ký chưa được tin cậy nên ngày tháng trong chứng thư của bên ký không chứng minh được gì")
		return
	}
	if ds.NotAfter.Before(ds.NotBefore) {
		c.set(Failed, "the Document Signer certificate ends before it begins", "chứng thư ký có ngày hết hạn trước ngày bắt đầu")
		return
	}
	v.issueDate()
	from, to, known := v.signed()
	if known && !v.signerValidAt(from, to) {
		return
	}
	if v.r.Anchor != nil && !v.anchorValid() {
		return
	}
	switch now := v.o.Now; {
	case known && now.After(ds.NotAfter):
		c.set(Passed, "signed on %s, when the Document Signer was valid; its certificate expired on %s, which is normal",
			"ký ngày %s, khi chứng thư ký còn hiệu lực; chứng thư hết hạn ngày %s là bình thường", day(from), day(ds.NotAfter))
	case known:
		c.set(Passed, "signed on %s; the Document Signer is valid from %s to %s",
			"ký ngày %s; chứng thư ký có hiệu lực từ %s đến %s", day(from), day(ds.NotBefore), day(ds.NotAfter))
	case now.Before(ds.NotBefore):
		c.set(Failed, "the Document Signer is valid only from %s on", "chứng thư ký chỉ có hiệu lực từ ngày %s", day(ds.NotBefore))
	case now.After(ds.NotAfter):
		// Without a signing time there is nothing to say that it was valid then.
		c.set(NotPerformed, "the document does not say when it was signed, and the Document Signer certificate expired on %s",
			"giấy tờ không cho biết ngày ký, và chứng thư ký đã hết hạn ngày %s", day(ds.NotAfter))
	default:
		c.set(Passed, "the document does not say when it was signed; the Document Signer is valid today, from %s to %s",
			"giấy tờ không cho biết ngày ký; hôm nay chứng thư ký còn hiệu lực, từ %s đến %s", day(ds.NotBefore), day(ds.NotAfter))
	}
}

// signed returns the span in which the object was signed: the signing time, or the
// whole day of issue.
func (v *verification) signed() (from, to time.Time, known bool) {
	if t := v.r.SigningTime; !t.IsZero() {
		return t, t, true
	}
	if t := v.o.IssueDate; !t.IsZero() {
		return t, t.Add(24 * time.Hour), true
	}
	return time.Time{}, time.Time{}, false
}

// issueDate notes a date of issue outside the private key usage period of a signer
// whose own signing time lies in it (Doc 9303-11 (8th ed.), 5.1.1, best practice 3).
func (v *verification) issueDate() {
	t, ds := v.o.IssueDate, v.r.Signer
	if t.IsZero() || v.r.SigningTime.IsZero() {
		return
	}
	if !ds.PrivateKeyNotBefore.IsZero() && t.Add(24*time.Hour).Before(ds.PrivateKeyNotBefore) ||
		!ds.PrivateKeyNotAfter.IsZero() && t.After(ds.PrivateKeyNotAfter) {
		v.note(v.o.Where, "pki.issuedate", "the date of issue, %s, is not in the private key usage period of the Document Signer (%s to %s)",
			day(t), dayOrOpen(ds.PrivateKeyNotBefore), dayOrOpen(ds.PrivateKeyNotAfter))
	}
}

func (v *verification) signerValidAt(from, to time.Time) bool {
	c, ds := &v.r.Validity, v.r.Signer
	if from.After(v.o.Now.Add(clockSkew)) {
		c.set(Failed, "the document says it was signed on %s, which is in the future",
			"giấy tờ ghi ngày ký là %s, là ngày trong tương lai", day(from))
		return false
	}
	if to.Before(ds.NotBefore) || from.After(ds.NotAfter) {
		c.set(Failed, "signed on %s, when the Document Signer was not valid (%s to %s)",
			"ký ngày %s, khi chứng thư ký không có hiệu lực (%s đến %s)", day(from), day(ds.NotBefore), day(ds.NotAfter))
		return false
	}
	// Doc 9303-11 (8th ed.), 5.1.1, best practice 3: the date of issue lies in the
	// private key usage period.
	if !ds.PrivateKeyNotBefore.IsZero() && to.Before(ds.PrivateKeyNotBefore) ||
		!ds.PrivateKeyNotAfter.IsZero() && from.After(ds.PrivateKeyNotAfter) {
		c.set(Failed, "signed on %s, when the Document Signer's key was not to be used (%s to %s)",
			"ký ngày %s, ngoài thời hạn được dùng khóa của bên ký (%s đến %s)",
			day(from), dayOrOpen(ds.PrivateKeyNotBefore), dayOrOpen(ds.PrivateKeyNotAfter))
		return false
	}
	return true
}

func dayOrOpen(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return day(t)
}

// anchorValid asks whether each CA of the path could issue when it did.
func (v *verification) anchorValid() bool {
	child := v.r.Signer
	for _, ca := range append(append([]*Certificate{}, v.r.Links...), v.r.Anchor) {
		if child.NotBefore.After(ca.NotAfter) {
			v.r.Validity.set(Failed, "%s was issued on %s, after its CSCA had expired on %s",
				"%s được cấp ngày %s, sau khi chứng thư CSCA đã hết hạn ngày %s", child, day(child.NotBefore), day(ca.NotAfter))
			return false
		}
		if child.NotBefore.Before(ca.NotBefore) {
			v.note("CSCA certificate", "pki.validity.before", "a certificate was issued on %s, before its CSCA became valid on %s", day(child.NotBefore), day(ca.NotBefore))
		}
		if t := ca.PrivateKeyNotAfter; !t.IsZero() && child.NotBefore.After(t) {
			v.note("CSCA certificate", "pki.privatekey.after", "a certificate was issued on %s, after the CSCA's key was to be used until %s", day(child.NotBefore), day(t))
		}
		child = ca
	}
	if v.o.Now.After(v.r.Anchor.NotAfter) {
		v.note("CSCA certificate", "pki.validity.expired", "the CSCA certificate expired on %s", day(v.r.Anchor.NotAfter))
	}
	return true
}

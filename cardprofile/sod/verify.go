package sod

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Result is the facts about one EF.SOD: those of pki.Result, and the way to hold
// files against it.
type Result struct {
	*pki.Result
	object *SecurityObject // as parsed, for checks without trust
	signed *SecurityObject // as parsed from trusted content, nil without
	trust  pki.Trust       // of that content
}

// Verify checks signature, chain, validity and revocation of an EF.SOD; see
// pki.VerifyDocument. It never returns nil. The deviations of s itself are among
// the result's.
func Verify(s *SOD, store *pki.Store, o pki.VerifyOptions) *Result {
	o.ContentType, o.Where = "", "EF.SOD"
	r := &Result{Result: pki.VerifyDocument(s.Signed, store, o), object: s.Object}
	r.Deviations = append(r.Deviations, s.Deviations...)
	if t, ok := r.Trusted(); ok {
		// Parsed again from what was verified, so that nothing done to s in between counts.
		if o, err := ParseSecurityObject(t.Content()); err == nil {
			r.signed, r.trust = o, t.Trust()
		}
	}
	return r
}

// CheckHash compares one data group file, as it was read, with the hash in the
// security object: the check dg.hash.N. It says nothing about who signed that hash;
// Cover does.
func (r *Result) CheckHash(f lds.File) pki.Check {
	h := r.object.Hash.New()
	h.Write(f.Bytes)
	return r.CheckSum(f.Name, h.Sum(nil))
}

// CheckSum is CheckHash for a file that was hashed while it was read, with the
// function of the security object. name is the file's, such as "EF.DG2".
func (r *Result) CheckSum(name string, sum []byte) pki.Check {
	n := groupNumber(name)
	c := pki.Check{ID: fmt.Sprintf("dg.hash.%d", n)}
	switch err := r.object.match(name, sum); {
	case err == nil:
		c.Outcome, c.Reason = pki.Passed, fmt.Sprintf("%s has the hash that EF.SOD holds (%v)", name, r.object.Hash)
		c.Vietnamese = fmt.Sprintf("giá trị băm của DG%d khớp với EF.SOD (%v)", n, r.object.Hash)
	default:
		c.Outcome, c.Reason = pki.Failed, err.Error()
		c.Vietnamese = fmt.Sprintf("DG%d đã bị thay đổi, hoặc EF.SOD không liệt kê: giá trị băm không khớp", n)
	}
	return c
}

func groupNumber(name string) int {
	id, ok := lds.FileByName(name)
	if !ok {
		return 0
	}
	return id.Number()
}

// match says why a file is not the one the object speaks of, nil when it is.
func (o *SecurityObject) match(name string, sum []byte) error {
	n := groupNumber(name)
	if n == 0 {
		return fmt.Errorf("%s is no data group, EF.SOD does not cover it", name)
	}
	want, ok := o.Group(n)
	if !ok {
		return fmt.Errorf("EF.SOD holds no hash of %s", name)
	}
	if !bytes.Equal(sum, want) {
		return fmt.Errorf("%s was changed: its hash is not the one in EF.SOD", name)
	}
	return nil
}

// ErrNotTrusted says that there is no trusted EF.SOD that could cover a file.
var ErrNotTrusted = errors.New("sod: EF.SOD is not trusted")

// Covered is a data group file that passive authentication covers: its hash stands
// in an EF.SOD whose signature verified and whose signer is anchored or pinned. Only
// (*Result).Cover makes one. Keys for chip and active authentication are to be
// taken from nothing else.
type Covered struct {
	file  lds.File
	trust pki.Trust
}

// Cover holds a file against the trusted EF.SOD.
func (r *Result) Cover(f lds.File) (Covered, error) {
	if r.signed == nil {
		return Covered{}, ErrNotTrusted
	}
	h := r.signed.Hash.New()
	h.Write(f.Bytes)
	if err := r.signed.match(f.Name, h.Sum(nil)); err != nil {
		return Covered{}, fmt.Errorf("sod: %w", err)
	}
	return Covered{file: lds.File{Name: f.Name, Bytes: bytes.Clone(f.Bytes)}, trust: r.trust}, nil
}

// OK reports whether c holds a covered file.
func (c Covered) OK() bool { return c.trust != pki.TrustNone }

// File is the covered file; empty unless OK.
func (c Covered) File() lds.File { return c.file }

// Trust says whether the signer is anchored or pinned.
func (c Covered) Trust() pki.Trust { return c.trust }

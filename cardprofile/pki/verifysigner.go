package pki

import "time"

// VerifySigner gives the facts about a Document Signer before it has signed anything:
// chain, validity and revocation at a time, as VerifyDocument would find them below a
// good signature. Signature is not performed. It never returns nil.
func VerifySigner(ds *Certificate, store *Store, now time.Time) *Result {
	r := &Result{
		Signature: Check{ID: "sod.signature", Outcome: Passed}, Signer: ds,
		Chain: Check{ID: "sod.chain"}, Validity: Check{ID: "sod.validity"}, Revocation: Check{ID: "sod.revocation"},
		Test: store != nil && store.Test(),
	}
	v := &verification{store: store, o: VerifyOptions{Now: now, Where: "EF.SOD"}, r: r}
	v.chain()
	v.validity()
	v.revocation()
	r.Signature.set(NotPerformed, "nothing has been signed yet", "chưa ký gì")
	return r
}

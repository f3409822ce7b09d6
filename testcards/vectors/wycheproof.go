package vectors

import (
	"fmt"
	"strings"
	"testing"
)

// SignatureTests are the tests of ECDSA signatures on one curve that are
// carried over from Project Wycheproof.
type SignatureTests struct {
	Curve, Hash string // "P-256", "SHA-256"
	Files       []SignatureFile
}

// SignatureFile is one published file: signatures in one form, "der" or
// "p1363", which is r || s.
type SignatureFile struct {
	File, Commit, Form string
	Groups             []SignatureGroup
}

// SignatureGroup is the tests with one key.
type SignatureGroup struct {
	Public Hex // uncompressed point
	Msg    Hex // of the tests that have none of their own
	Tests  []SignatureTest
}

// SignatureTest is one signature. Result is "valid" or "invalid", Why the
// reason of an invalid one.
type SignatureTest struct {
	ID                      int
	Flag, Name, Why, Result string
	Msg                     *Hex
	Sig                     Hex
}

// Message is what the signature is over.
func (g SignatureGroup) Message(s SignatureTest) []byte {
	if s.Msg != nil {
		return *s.Msg
	}
	return g.Msg
}

// String is the number and the name.
func (s SignatureTest) String() string { return fmt.Sprintf("%d %s", s.ID, s.Name) }

// AgreementTests are the tests of ECDH on one curve that are carried over from
// Project Wycheproof.
type AgreementTests struct {
	Curve        string
	File, Commit string
	Groups       []AgreementGroup
}

// AgreementGroup is the tests with one private key.
type AgreementGroup struct {
	Private Hex // a number
	Shared  Hex // of the tests that have none of their own
	Tests   []AgreementTest
}

// AgreementTest is one public key. Result is "valid", "invalid" or
// "acceptable", Here what this project does with an acceptable one, "accepted"
// or "refused", Why the reason to refuse it.
type AgreementTest struct {
	ID                      int
	Flag, Name, Why, Result string
	Here                    string
	Public                  Hex // SubjectPublicKeyInfo
	Shared                  Hex
}

// Accepted reports whether this project agrees with the key.
func (a AgreementTest) Accepted() bool { return a.Result == "valid" || a.Here == "accepted" }

// String is the number and the name.
func (a AgreementTest) String() string { return fmt.Sprintf("%d %s", a.ID, a.Name) }

// Signatures loads the signatures of every curve. It ends the test if there
// are none, or one whose result is not known.
func Signatures(t testing.TB) []SignatureTests {
	t.Helper()
	list := wycheproof[SignatureTests](t, "wycheproof_ecdsa_")
	for _, v := range list {
		for _, f := range v.Files {
			for _, g := range f.Groups {
				for _, s := range g.Tests {
					if s.Result != "valid" && s.Result != "invalid" || f.Form != "der" && f.Form != "p1363" {
						t.Fatalf("vectors: %s, %v: result %q, form %q", f.File, s, s.Result, f.Form)
					}
				}
			}
		}
	}
	return list
}

// Agreements loads the key agreements of every curve, each test with its
// shared secret. It ends the test if there are none, or one whose result is
// not known.
func Agreements(t testing.TB) []AgreementTests {
	t.Helper()
	list := wycheproof[AgreementTests](t, "wycheproof_ecdh_")
	for _, v := range list {
		for _, g := range v.Groups {
			for i, a := range g.Tests {
				switch {
				case a.Result == "valid" && a.Here == "", a.Result == "invalid" && a.Here == "":
				case a.Result == "acceptable" && (a.Here == "accepted" || a.Here == "refused"):
				default:
					t.Fatalf("vectors: %s, %v: result %q, here %q", v.File, a, a.Result, a.Here)
				}
				if len(a.Shared) == 0 {
					g.Tests[i].Shared = g.Shared
				}
			}
		}
	}
	return list
}

func wycheproof[T any](t testing.TB, prefix string) (list []T) {
	t.Helper()
	for _, name := range Names() {
		if strings.HasPrefix(name, prefix) {
			var v T
			Load(t, name, &v)
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		t.Fatalf("vectors: no files %s", prefix)
	}
	return list
}

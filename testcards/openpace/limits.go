package openpace

import "github.com/chipid-toolkit/chipid/apdu/pace"

// Limit is one thing that libeac 1.1.2 does not do, or does in another way than
// Doc 9303-11 (8th ed.). A test shows each to be true.
type Limit struct {
	// Name says what is meant.
	Name string
	// Reason says why, and what the peer does about it.
	Reason string
}

// The limits.
var (
	LimitCAM = Limit{"PACE with chip authentication mapping",
		"libeac has no such protocol: its object identifiers are unknown to it. Not compared."}
	LimitCurveIM = Limit{"PACE-ECDH with integrated mapping",
		"libeac encodes the point by Icart's function, which exists for p = 2 mod 3 alone, and takes E(t,s) for the number; " +
			"4.4.3.3.2 and appendix B want R(s,t) and another encoding. Refused on one kind of curves, another generator on the rest. Not compared."}
	LimitNumber = Limit{"number of PACE-DH with integrated mapping",
		"libeac raises E(t,s) into the subgroup, an older draft; 4.4.3.3.2 wants R(s,t). The peer computes R(s,t) with OpenSSL and has libeac raise that."}
	LimitNonce = Limit{"nonce of PACE with integrated mapping",
		"libeac draws one block; 4.4.3.3.2 wants 16 octets with 3DES and 32 with AES-192 and AES-256. The peer draws the nonce itself."}
	LimitZeros = Limit{"shared secret over a prime field that begins with a zero octet",
		"libeac derives keys from the number without the octet; PKCS#3, 8.2 keeps the length of the modulus. One run in 256; the peer restores the octet."}
	LimitMRZ = Limit{"password from the MRZ of a long document number",
		"libeac finds the fields at the places that they have in a TD1 document with a number of up to 9 characters. Not compared."}
)

// Limits are all of them.
var Limits = []Limit{LimitCAM, LimitCurveIM, LimitNumber, LimitNonce, LimitZeros, LimitMRZ}

// Comparable says whether libeac can be compared with in this protocol; if not,
// which limit it is.
func Comparable(p pace.Protocol) (ok bool, why Limit) {
	switch {
	case p.Mapping == pace.ChipAuthentication:
		return false, LimitCAM
	case p.Mapping == pace.Integrated && p.Curve:
		return false, LimitCurveIM
	}
	return true, Limit{}
}

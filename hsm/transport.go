package hsm

import (
	"crypto"
	"fmt"
)

// WrapMethod is how a key that comes from outside was wrapped under a transport key.
type WrapMethod string

// The methods, by the PKCS#11 mechanism that undoes each.
const (
	WrapAESKW     WrapMethod = "aes-kw"      // CKM_AES_KEY_WRAP: RFC 3394, NIST SP 800-38F KW
	WrapAESKWP    WrapMethod = "aes-kwp"     // CKM_AES_KEY_WRAP_PAD: RFC 5649, NIST SP 800-38F KWP
	WrapAESCBC    WrapMethod = "aes-cbc"     // CKM_AES_CBC: whole blocks, no padding, nothing that shows a change
	WrapAESCBCPad WrapMethod = "aes-cbc-pad" // CKM_AES_CBC_PAD: PKCS #7 padding
	WrapRSAOAEP   WrapMethod = "rsa-oaep"    // CKM_RSA_PKCS_OAEP: RFC 8017, 7.1, the label empty
)

// WrapMethods are all of them.
var WrapMethods = []WrapMethod{WrapAESKW, WrapAESKWP, WrapAESCBC, WrapAESCBCPad, WrapRSAOAEP}

// KCVMethod is how a key check value is made.
type KCVMethod string

// The methods that vendors use. A check value is the first 3 bytes.
const (
	KCVOnes  KCVMethod = "ones"  // AES over 16 bytes 01 (GlobalPlatform Amd D v1.1.1, 4.1)
	KCVZeros KCVMethod = "zeros" // the cipher over one block of 00 (3DES: GlobalPlatform Card Specification v2.3.1, B.5)
	KCVCMAC  KCVMethod = "cmac"  // AES-CMAC over 16 bytes 00
)

// WrappedKey is a key that comes in wrapped under a transport key of the keyring, made for [UseTransport] or by a [KeySpec] with Transport.
type WrappedKey struct {
	Under  KeyRef
	Method WrapMethod
	IV     []byte      // 16 bytes for CBC, else nothing
	Hash   crypto.Hash // of RSA-OAEP and its MGF1: SHA-1 or SHA-256; else 0
	Bytes  []byte      // the wrapped key

	KCVMethod KCVMethod
	KCV       []byte // 3 bytes: what the unwrapped key must have
}

// maxWrapped bounds a wrapped key: RSA-4096 gives 512 bytes.
const maxWrapped = 512

// Check says whether a key of the spec can come in like this, before a token is asked.
func (w WrappedKey) Check(spec SecretSpec) error {
	fault := func(format string, a ...any) error {
		return &Fault{Doing: "import wrapped key", Kind: ErrKeyData, Detail: fmt.Sprintf(format, a...)}
	}
	if err := spec.Check(); err != nil {
		return err
	}
	key, n := spec.Bits/8, len(w.Bytes)
	fits := true
	switch w.Method {
	case WrapAESKW:
		fits = n == key+8
	case WrapAESKWP:
		fits = n == (key+7)/8*8+8
	case WrapAESCBC:
		fits = n == key && n%16 == 0
	case WrapAESCBCPad:
		fits = n == key/16*16+16
	case WrapRSAOAEP:
		fits = n >= 256 && n <= maxWrapped
	default:
		return fault("no method is called %q", printable(string(w.Method)))
	}
	isCBC := w.Method == WrapAESCBC || w.Method == WrapAESCBCPad
	switch {
	case !fits:
		return fault("%d bytes are no key of %d bits wrapped by %s", n, spec.Bits, w.Method)
	case isCBC && len(w.IV) != 16:
		return fault("%s wants an initial value of 16 bytes", w.Method)
	case !isCBC && len(w.IV) != 0:
		return fault("%s has no initial value", w.Method)
	case w.Method == WrapRSAOAEP && w.Hash != crypto.SHA1 && w.Hash != crypto.SHA256:
		return fault("%s is used with SHA-1 or SHA-256", w.Method)
	case w.Method != WrapRSAOAEP && w.Hash != 0:
		return fault("%s has no hash", w.Method)
	case len(w.KCV) != 3:
		return fault("a key check value has 3 bytes")
	}
	return spec.checkKCV(w.KCVMethod)
}

// checkKCV says whether the method makes check values of such a key.
func (s SecretSpec) checkKCV(m KCVMethod) error {
	if s.Use == UseCardMasterTDES {
		if m == KCVZeros {
			return nil
		}
		return &Fault{Doing: "make key check value", Kind: ErrKeyData, Detail: "the check value of a 3DES key is made over zeros"}
	}
	if m == KCVOnes || m == KCVZeros || m == KCVCMAC {
		return nil
	}
	return &Fault{Doing: "make key check value", Kind: ErrKeyData, Detail: fmt.Sprintf("no method for it is called %q", printable(string(m)))}
}

// CheckKCV holds the check value that the unwrapped key has to the one it came with.
func (w WrappedKey) CheckKCV(got []byte) error {
	if len(got) >= 3 && string(got[:3]) == string(w.KCV) {
		return nil
	}
	return &Fault{Doing: "import wrapped key", Kind: ErrKeyMismatch, Detail: fmt.Sprintf("the unwrapped key has the check value %X, expected %X", got[:min(3, len(got))], w.KCV)}
}

// WrongTransport is the error for a wrapped key that does not open.
func WrongTransport(cause error) error {
	return &Fault{Doing: "import wrapped key", Kind: ErrKeyMismatch, Detail: "it does not open under the transport key: wrapped by another key or method, or changed since", Cause: cause}
}

package keyimport

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/hsm"
)

// Wrapped is a key that came wrapped under a transport key of the token.
//
//	wrapped:
//	  under: pkcs11:object=transport-vendor
//	  method: aes-kw             # aes-kw, aes-kwp, aes-cbc, aes-cbc-pad, rsa-oaep
//	  file: lot-4711.hex
//	  form: hex                  # hex (default) or binary
//	  iv: "00…00"                # of the two aes-cbc
//	  hash: SHA-256              # of rsa-oaep: SHA-1 or SHA-256
type Wrapped struct {
	Under  hsm.KeyRef `yaml:"under"`
	Method string     `yaml:"method"`
	File   string     `yaml:"file"`
	Form   string     `yaml:"form"`
	IV     string     `yaml:"iv"`
	Hash   string     `yaml:"hash"`
}

// maxWrappedFile bounds the file of a wrapped key: RSA-4096 in hexadecimal, with some air.
const maxWrappedFile = 4 << 10

// oaepHashes are the hashes of rsa-oaep by the names that the file has.
var oaepHashes = map[string]crypto.Hash{"SHA-1": crypto.SHA1, "SHA-256": crypto.SHA256}

// checkWrapped judges what the file says of the wrapped key, before its bytes are read.
func (s *Spec) checkWrapped() error {
	w := s.Wrapped
	iv, ivErr := hex.DecodeString(w.IV)
	u, uriErr := w.Under.Parse()
	isCBC := w.Method == string(hsm.WrapAESCBC) || w.Method == string(hsm.WrapAESCBCPad)
	switch {
	case len(s.Components) != 0 || s.Threshold != 0:
		return s.bad("wrapped", "and components are both given", "a key comes in one way: remove the other")
	case !slices.Contains(hsm.WrapMethods, hsm.WrapMethod(w.Method)):
		return s.bad("wrapped.method", fmt.Sprintf("is none of %v", hsm.WrapMethods), "ask the vendor how the key was wrapped")
	case uriErr != nil || u.Object == "" && len(u.ID) == 0:
		return s.bad("wrapped.under", "names no key", "name the transport key, such as pkcs11:object=transport-vendor")
	case w.File == "" || !plain(w.File):
		return s.bad("wrapped.file", "is missing", "name the file with the wrapped key")
	case w.Form != "" && w.Form != "hex" && w.Form != "binary":
		return s.bad("wrapped.form", "is neither hex nor binary", "leave it out for hexadecimal")
	case isCBC && (ivErr != nil || len(iv) != 16), !isCBC && w.IV != "":
		return s.bad("wrapped.iv", "is not what the method wants", "write 32 hexadecimal digits for aes-cbc and aes-cbc-pad, and none for the others")
	case w.Method == string(hsm.WrapRSAOAEP) && oaepHashes[w.Hash] == 0, w.Method != string(hsm.WrapRSAOAEP) && w.Hash != "":
		return s.bad("wrapped.hash", "is not what the method wants", "write SHA-1 or SHA-256 for rsa-oaep, and none for the others")
	}
	return nil
}

// readWrapped reads the wrapped key and holds it to what the file says: nothing is asked of a token.
func (s *Spec) readWrapped() (hsm.WrappedKey, error) {
	w := s.Wrapped
	text, err := readFile(s.file(w.File), maxWrappedFile)
	if err != nil {
		return hsm.WrappedKey{}, err
	}
	b, err := decodeWrapped(text, w.Form)
	if err != nil {
		return hsm.WrappedKey{}, s.bad("wrapped.file", err.Error(), "write it in hexadecimal, or say form: binary")
	}
	kcv, _ := hex.DecodeString(s.KCV) // both checked by Load
	iv, _ := hex.DecodeString(w.IV)
	key := hsm.WrappedKey{Under: w.Under, Method: hsm.WrapMethod(w.Method), IV: iv, Hash: oaepHashes[w.Hash], Bytes: b, KCVMethod: hsm.KCVMethod(s.Method), KCV: kcv}
	if len(iv) == 0 {
		key.IV = nil
	}
	spec, err := s.secret()
	if err != nil {
		return hsm.WrappedKey{}, err
	}
	var fault *hsm.Fault
	if errors.As(key.Check(spec), &fault) {
		return hsm.WrappedKey{}, s.bad("wrapped.file", fault.Detail, "check bits and method against what the vendor says")
	}
	return key, nil
}

// decodeWrapped reads the bytes of a wrapped key's file.
func decodeWrapped(text []byte, form string) ([]byte, error) {
	if form == "binary" {
		return text, nil
	}
	digits := bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, text)
	b := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(b, digits); err != nil || len(b) == 0 {
		return nil, errors.New("is not hexadecimal")
	}
	return b, nil
}

// planWrapped are the plan's lines about a wrapped key.
func (p *Plan) planWrapped(line func(name, value string)) {
	w := p.Spec.Wrapped
	how := w.Method
	if w.Hash != "" {
		how += " with " + w.Hash
	}
	line("wrapped by", how)
	line("transport key", string(w.Under))
	line("wrapped key", fmt.Sprintf("%s, %d bytes, SHA-256 %x", w.File, len(p.wrapped.Bytes), sha256.Sum256(p.wrapped.Bytes)))
}

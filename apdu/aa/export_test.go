package aa

import (
	"context"
	"crypto"
	"crypto/rsa"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// RunWith is Run with given random numbers.
func RunWith(ctx context.Context, ch apdu.Sender, p Params, random io.Reader) (*Result, error) {
	return run(ctx, ch, p, random)
}

// Represent builds a message representative.
func Represent(random io.Reader, k int, h crypto.Hash, challenge []byte) ([]byte, error) {
	return represent(random, k, h, challenge)
}

// Split takes one apart.
func Split(f []byte) (m1, digest []byte, h crypto.Hash, note string, err error) {
	return splitRepresentative(f)
}

// Recover opens a signature.
func Recover(pub *rsa.PublicKey, signature []byte) ([]byte, error) {
	return recoverRepresentative(pub, signature)
}

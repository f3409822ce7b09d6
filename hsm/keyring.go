package hsm

import (
	"context"
	"crypto"
	"io"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Keyring is a place where keys live. All methods may be called from many goroutines at once.
//
// Every error matches [Err]. A context bounds the wait for a free session; a call that has reached the token is not
// interrupted, because a token offers no way to.
type Keyring interface {
	// Signer finds a private key and returns a crypto.Signer for it. The signer takes the digest, never the message.
	// ECDSA signatures are ASN.1 DER; RSA signs PKCS#1 v1.5, or PSS when the options are *rsa.PSSOptions.
	// Public returns *ecdsa.PublicKey for P-224, P-256, P-384 and P-521, *rsa.PublicKey for RSA, *ecc.PublicKey for every other curve.
	// The signer keeps the public key it was made with: when the token comes back with another key under the same name, Sign fails with
	// [ErrKeyMismatch].
	Signer(ctx context.Context, ref KeyRef) (crypto.Signer, error)

	// Generate makes a key pair: sensitive, never extractable, and good for signing only, or for key agreement only where spec says so.
	Generate(ctx context.Context, spec KeySpec) (KeyRef, crypto.PublicKey, error)

	// GenerateSecret makes a secret key for the use that spec names.
	GenerateSecret(ctx context.Context, spec SecretSpec) (KeyRef, error)

	// ImportSecret stores a secret key that came from elsewhere, such as a card vendor's transport key. From then on it cannot be read
	// back, but a token rightly does not call it "never extractable": it was outside once.
	ImportSecret(ctx context.Context, spec SecretSpec, value mac.Key) (KeyRef, error)

	// ImportWrapped has the keyring unwrap a key that came wrapped under one of its transport keys, and store it as ImportSecret does. The
	// key is never outside the token in clear. It is held to its check value before it is stored; another value matches [ErrKeyMismatch], and
	// so does what does not open. A token that lacks the mechanism answers [ErrMechanism], which names it.
	ImportWrapped(ctx context.Context, spec SecretSpec, wrapped WrappedKey) (KeyRef, error)

	// ImportCertificate stores a certificate beside the private key it belongs to. The certificate's public key must be the key's own.
	// An older certificate of that key is replaced.
	ImportCertificate(ctx context.Context, ref KeyRef, der []byte) error

	// Certificate returns the certificate stored beside a key, or an error matching [ErrCertificateMissing].
	Certificate(ctx context.Context, ref KeyRef) ([]byte, error)

	// List returns what the keyring holds, private and secret keys, ordered by label and id.
	List(ctx context.Context) ([]KeyInfo, error)

	// Delete removes a key with its public key and certificate.
	Delete(ctx context.Context, ref KeyRef) error

	// CardKeys derives the three static keys of one card from a master key, in the token: from an AES master by GlobalPlatform KDF3, from a
	// 3DES master as EMV CPS v1.1 says, the result taken as AES-128.
	// kdd is the key diversification data that the card gives in INITIALIZE UPDATE: 10 bytes (GlobalPlatform Amd D v1.1.1, 7.1.1.1).
	CardKeys(ctx context.Context, master KeyRef, kdd []byte) (CardKeys, error)

	// Digest is HMAC-SHA-256 of data under a token key made for [UseDigest]: 32 bytes. Logs and stores hold it in place of personal data.
	Digest(ctx context.Context, ref KeyRef, data []byte) ([]byte, error)

	// Wrap encrypts a data key of 32 bytes under a token key made for [UseSeal], with AES-256-GCM in the token. bound is what the data key
	// belongs to: it is authenticated, not kept, and Unwrap wants it again.
	Wrap(ctx context.Context, ref KeyRef, dataKey mac.Key, bound []byte) ([]byte, error)

	// Unwrap gives back a data key that Wrap took. What was changed, wrapped by another key or bound to something else matches
	// [ErrKeyMismatch].
	Unwrap(ctx context.Context, ref KeyRef, wrapped, bound []byte) (mac.Key, error)

	// Agreement finds a private key that was made for key agreement.
	Agreement(ctx context.Context, ref KeyRef) (Agreement, error)

	// Close waits for the calls under way and lets go of the token. A second Close does nothing.
	io.Closer
}

// CardKeys are the static ENC, MAC and DEK keys of one card, k = 1 ENC, 2 MAC, 3 DEK. Of an AES master by GlobalPlatform KDF3:
// CMAC(master, i || 00 00 00 k || 00 || kdd) blocks, cut to the master key's length. Of a 3DES master by EMV CPS v1.1, 4.1:
// 3DES(master, r || F0 0k) || 3DES(master, r || 0F 0k), r the last 6 bytes of kdd, taken as an AES-128 key.
// It is what gp.StaticKeys asks for, without either package knowing the other.
type CardKeys interface {
	// SessionKeys derives the SCP03 session keys (Amd D, 6.2.1) for scpContext = host challenge || card challenge, 16 bytes.
	// Session keys are made to leave: the secure channel runs in the program. The caller wipes them.
	SessionKeys(ctx context.Context, scpContext []byte) (enc, mac, rmac []byte, err error)

	// WrapUnderDEK encrypts a replacement key for PUT KEY (Amd D, 6.2.8: AES-CBC, IV zero, under the static DEK) and returns it with
	// its key check value, the first 3 bytes of AES over sixteen bytes 01. keyURI is one that NewKeys gave.
	WrapUnderDEK(ctx context.Context, keyURI string) (wrapped, kcv []byte, err error)

	// EncryptUnderDEK encrypts other sensitive data of STORE DATA (Amd D, 7.3): AES-CBC, IV zero, under the static DEK. data is whole
	// blocks of 16 bytes.
	EncryptUnderDEK(ctx context.Context, data []byte) ([]byte, error)

	// NewKeys diversifies replacement keys for the same card from another master key. They last until Close.
	NewKeys(ctx context.Context, master KeyRef) (KeySet, error)

	// Close destroys every derived key.
	Close() error
}

// Agreement is a private key for elliptic curve Diffie-Hellman.
type Agreement interface {
	// Public is the public key that others encrypt to.
	Public() *ecc.PublicKey

	// Agree is the x coordinate of the point that both sides find (SEC 1 v2.0, 3.3.1, what RFC 5753 calls Z), as long as the field. peer
	// is a point on the key's own curve. What comes out is made to leave: the key that it gives serves one message, in the program.
	Agree(ctx context.Context, peer *ecc.PublicKey) (mac.Key, error)
}

// KeySet names the three static keys of a card.
type KeySet struct{ ENC, MAC, DEK KeyRef }

// KeySpec says what key pair to make. Exactly one of Curve and RSABits is set.
type KeySpec struct {
	Label   string // CKA_LABEL: unique among the private keys of a keyring
	ID      []byte // CKA_ID: unique too; nil lets the keyring choose 16 random bytes
	Curve   string // a name that ecc.ByName knows: "P-256", "brainpoolP256r1", …
	RSABits int    // 2048 to 4096, a multiple of 256

	Agreement bool // the key is for [Keyring.Agreement] and signs nothing; of a curve only
	Transport bool // the key unwraps what comes in by [Keyring.ImportWrapped] and does nothing else; RSA only
}

// SecretUse is what a secret key is for; it decides type and permissions of the token object.
type SecretUse int

const (
	// UseCardMaster is an AES key that card keys are diversified from, and nothing else.
	UseCardMaster SecretUse = iota + 1
	// UseDigest is a key for [Keyring.Digest], and nothing else.
	UseDigest
	// UseSeal is an AES key for [Keyring.Wrap] and [Keyring.Unwrap], and nothing else.
	UseSeal
	// UseTransport is an AES key that unwraps what comes in by [Keyring.ImportWrapped], and nothing else.
	UseTransport
	// UseCardMasterTDES is a 3DES key that card keys are diversified from as EMV CPS v1.1 says, and nothing else.
	UseCardMasterTDES
)

// SecretSpec says what secret key to make or import.
type SecretSpec struct {
	Label string    // unique among the secret keys of a keyring
	ID    []byte    // as in KeySpec
	Use   SecretUse //
	Bits  int       // UseCardMaster, UseTransport: 128 or 256; UseDigest, UseSeal: 256; UseCardMasterTDES: 128 or 192, parity bits counted
}

// KeyKind is the kind of a listed key.
type KeyKind string

// The kinds of keys a keyring lists.
const (
	KindPrivate KeyKind = "private"
	KindSecret  KeyKind = "secret-key"
)

// KeyInfo describes a key of a keyring. It holds nothing secret.
type KeyInfo struct {
	Ref              KeyRef
	Label            string
	ID               []byte
	Kind             KeyKind
	Algorithm        string           // "EC", "RSA", "AES", "HMAC", or the token's type number in hexadecimal
	Curve            string           // EC: the curve's name; empty when the parameters are none we know
	Bits             int              // size of the RSA modulus, the curve's field, or the secret key; 0 when the token does not tell
	Public           crypto.PublicKey // nil for secret keys and when the token holds no public key object
	Sensitive        bool
	AlwaysSensitive  bool
	Extractable      bool
	NeverExtractable bool
	HasCertificate   bool
}

package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: the second recommended option of RFC 9106, 4, for machines
// whose memory is scarce. They are kept with each hash.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
	saltSize     = 16
	hashSize     = 32
)

// MinPassword is the least number of characters of a password.
const MinPassword = 10

// ErrPassword says why a password cannot be used.
var ErrPassword = errors.New("console: the password cannot be used")

// HashPassword makes the encoded argon2id hash of a password.
func HashPassword(password string) (string, error) {
	if n := len([]rune(password)); n < MinPassword || len(password) > 1024 {
		return "", fmt.Errorf("%w: %d characters at least", ErrPassword, MinPassword)
	}
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	hash := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, hashSize)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, e.EncodeToString(salt), e.EncodeToString(hash)), nil
}

// checkPassword compares a password with an encoded hash. Hashes with parameters beyond
// ours are refused: they would let a changed store exhaust the machine.
func checkPassword(encoded, password string) bool {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > 1024 {
		return false
	}
	var v, m, t, p int
	if n, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &v, &m, &t, &p); err != nil || n != 4 ||
		v != argon2.Version || m < 8 || m > argonMemory*4 || t < 1 || t > 10 || p < 1 || p > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != hashSize || len(salt) < 8 || len(salt) > 64 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), uint8(p), hashSize) //nolint:gosec // bounded above
	return subtle.ConstantTimeCompare(got, want) == 1
}

// nobody is a hash that no password has: asking for somebody who is not there takes as
// long as a wrong password.
const nobody = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

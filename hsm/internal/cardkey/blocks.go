package cardkey

// The keys of a card, in the numbering of KDF3.
const (
	ENC byte = 1
	MAC byte = 2
	DEK byte = 3
)

// The SCP03 derivation constants of the session keys (GlobalPlatform Amd D v1.1.1, table 4-1), and the static key each comes from.
const (
	SENC  byte = 0x04 // from ENC
	SMAC  byte = 0x06 // from MAC
	SRMAC byte = 0x07 // from MAC
)

// KDDLen is the length of the key diversification data in a card's answer to INITIALIZE UPDATE (Amd D, 7.1.1.1).
const KDDLen = 10

// blockLen is the block length of AES.
const blockLen = 16

// Diversification returns the CMAC messages of KDF3 for one static key: each is i || 00 00 00 which || 00 || kdd, exactly one block,
// and there are as many as fill keyLen bytes. kdd has KDDLen bytes.
func Diversification(which byte, kdd []byte, keyLen int) [][]byte {
	var out [][]byte
	for i := 1; (i-1)*blockLen < keyLen; i++ {
		b := make([]byte, 0, blockLen)
		b = append(b, byte(i), 0, 0, 0, which, 0)
		out = append(out, append(b, kdd...))
	}
	return out
}

// Session returns the CMAC messages of the SCP03 key derivation (Amd D, 4.1.5: SP 800-108 in counter mode) for a session key:
// 00 x 11 || constant || 00 || bits(2) || i(1) || context, as many as fill keyLen bytes.
func Session(constant byte, context []byte, keyLen int) [][]byte {
	var out [][]byte
	bits := keyLen * 8
	for i := 1; (i-1)*blockLen < keyLen; i++ {
		b := make([]byte, 11, blockLen+len(context))
		b = append(b, constant, 0, byte(bits>>8), byte(bits), byte(i))
		out = append(out, append(b, context...))
	}
	return out
}

// ContextLen is the length of host challenge || card challenge (Amd D, 6.2.1).
const ContextLen = 16

// Subkey returns the first CMAC subkey, doubled in GF(2^128) from l = AES(key, 0) (SP 800-38B, 6.1). It is xored into a last block that is
// whole: the CMAC of a message of exactly one block is AES(key, message xor Subkey).
func Subkey(l []byte) [blockLen]byte {
	var k [blockLen]byte
	var carry byte
	for i := blockLen - 1; i >= 0; i-- {
		k[i] = l[i]<<1 | carry
		carry = l[i] >> 7
	}
	// Without a branch: l is secret.
	k[blockLen-1] ^= 0x87 & -carry
	return k
}

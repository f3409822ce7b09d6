package cardkey

// CPS returns the two blocks of 8 bytes that EMV Card Personalization Specification v1.1, 4.1 has encrypted under the 3DES master key, in ECB
// mode, for one card key of 16 bytes: the last 6 bytes of kdd and F0 or 0F, each with the number of the key. kdd has KDDLen bytes.
func CPS(which byte, kdd []byte) []byte {
	r := kdd[KDDLen-6 : KDDLen]
	out := append(append(make([]byte, 0, 16), r...), 0xF0, which)
	return append(append(out, r...), 0x0F, which)
}

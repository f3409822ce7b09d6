package sm

import "github.com/chipid-toolkit/chipid/apdu/mac"

// Bytes that protection adds beside the cryptogram: DO 99 is 4, DO 8E is 10.
const (
	statusObjectLen   = 4
	checksumObjectLen = 2 + checksumLen
)

// MaxResponseData is how many plain bytes a protected answer can carry if the
// whole R-APDU, status word counted, is at most maxResponse bytes: 231 for
// 3DES and 223 for AES in a short one (258). The count holds for even and odd
// instructions. It is 0 if nothing fits.
func MaxResponseData(c mac.Cipher, maxResponse int) int {
	return plainBytes(c, maxResponse-2-statusObjectLen-checksumObjectLen)
}

// MaxCommandData is how many plain bytes a protected command can carry that
// expects ne bytes of answer (0, 256 at most in the short form, 65,536), if the
// whole C-APDU, header and length fields counted, is at most maxCommand bytes;
// 261 is a short one. It is 0 if nothing fits.
func MaxCommandData(c mac.Cipher, maxCommand, ne int) int {
	// Header, Lc, Le: a protected command always has Le.
	room := min(maxCommand-4-1-1, 255)
	if maxCommand > 4+1+255+1 || ne > 256 {
		room = max(room, min(maxCommand-4-3-2, 65535))
		if ne > 256 {
			room = min(maxCommand-4-3-2, 65535)
		}
	}
	return plainBytes(c, room-len(leObject(ne))-checksumObjectLen)
}

// plainBytes is how many plain bytes a DO 87 of at most room bytes carries:
// tag, length field, padding indicator, whole blocks, and at least one byte of
// padding in the last.
func plainBytes(c mac.Cipher, room int) int {
	block := c.BlockSize()
	if block == 0 {
		return 0
	}
	best := 0
	for _, h := range []struct{ length, most int }{{1, 0x7F}, {2, 0xFF}, {3, 0xFFFF}, {4, 0xFFFFFF}} {
		value := min(room-1-h.length, h.most)
		if n := (value - 1) / block * block; value > 0 && n > 0 {
			best = max(best, n-1)
		}
	}
	return best
}

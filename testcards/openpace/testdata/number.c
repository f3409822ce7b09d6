/* The number of the integrated mapping, which libeac does not have. */
#include <string.h>

#include "peer.h"

int cbc(const EVP_CIPHER *c, const unsigned char *key, int encrypt,
	const unsigned char *in, int n, unsigned char *out)
{
	unsigned char iv[EVP_MAX_IV_LENGTH] = {0};
	int a = 0, b = 0;
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	int ok = x && EVP_CipherInit_ex(x, c, NULL, key, iv, encrypt)
		&& EVP_CIPHER_CTX_set_padding(x, 0)
		&& EVP_CipherUpdate(x, out, &a, in, n) && EVP_CipherFinal_ex(x, out + a, &b)
		&& a + b == n;
	EVP_CIPHER_CTX_free(x);
	return ok;
}

static const unsigned char c0_128[16] = {
	0xa6, 0x68, 0x89, 0x2a, 0x7c, 0x41, 0xe3, 0xca, 0x73, 0x9f, 0x40, 0xb0, 0x57, 0xd8, 0x59, 0x04};
static const unsigned char c1_128[16] = {
	0xa4, 0xe1, 0x36, 0xac, 0x72, 0x5f, 0x73, 0x8b, 0x01, 0xc1, 0xf6, 0x02, 0x17, 0xc1, 0x88, 0xad};
static const unsigned char c0_256[32] = {
	0xd4, 0x63, 0xd6, 0x52, 0x34, 0x12, 0x4e, 0xf7, 0x89, 0x70, 0x54, 0x98, 0x6d, 0xca, 0x0a, 0x17,
	0x4e, 0x28, 0xdf, 0x75, 0x8c, 0xba, 0xa0, 0x3f, 0x24, 0x06, 0x16, 0x41, 0x4d, 0x5a, 0x16, 0x76};
static const unsigned char c1_256[32] = {
	0x54, 0xbd, 0x72, 0x55, 0xf0, 0xaa, 0xf8, 0x31, 0xbe, 0xc3, 0x42, 0x3f, 0xcf, 0x39, 0xd6, 0x9b,
	0x6c, 0xbf, 0x06, 0x66, 0x77, 0xd0, 0xfa, 0xae, 0x5a, 0xad, 0xd9, 0x9d, 0xf8, 0xe5, 0x35, 0x17};

/*
 * R(s,t) of Doc 9303-11 (8th ed.), 4.4.3.3.2, Figure 2, with at least 64 bits
 * more than the modulus. Returns its length in octets, or 0.
 */
int mapping_number(const EVP_CIPHER *c, const BUF_MEM *s, const BUF_MEM *t, int bits,
	unsigned char *out, int space)
{
	int k = EVP_CIPHER_key_length(c), l = k > 16 ? 32 : 16, n = 0;
	unsigned char key[32];
	if (s->length != (size_t)l || t->length != (size_t)k)
		return 0;
	if (!cbc(c, (unsigned char *)t->data, 1, (unsigned char *)s->data, l, key))
		return 0;
	while (n * 8 < bits + 64) {
		unsigned char next[32];
		if (n + l > space || !cbc(c, key, 1, l > 16 ? c1_256 : c1_128, l, out + n)
			|| !cbc(c, key, 1, l > 16 ? c0_256 : c0_128, l, next))
			return 0;
		memcpy(key, next, sizeof key);
		n += l;
	}
	return n;
}

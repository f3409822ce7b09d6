/* What the files of the peer share. */
#ifndef PEER_H
#define PEER_H

#include <eac/eac.h>
#include <openssl/buffer.h>
#include <openssl/evp.h>

#define MAX_LINE 16384

/* line.c */

/* done answers "ok" and returns 1, refuse answers "no" and returns 0. */
int done(void);
int refuse(const char *reason);
/* Answers the buffer and frees it; without one, refuses. */
int answer_buffer(BUF_MEM *b, const char *reason);
/* A buffer of n octets. */
BUF_MEM *buffer(const void *p, size_t n);
/* The octets that s writes, NULL if it is not hexadecimal. */
BUF_MEM *octets(const char *s);

/* number.c */

/* CBC with a zero initialization vector over whole blocks; 0 if it fails. */
int cbc(const EVP_CIPHER *c, const unsigned char *key, int encrypt,
	const unsigned char *in, int n, unsigned char *out);
/* R(s,t) for a modulus of so many bits; its length in octets, or 0. */
int mapping_number(const EVP_CIPHER *c, const BUF_MEM *s, const BUF_MEM *t, int bits,
	unsigned char *out, int space);

#endif

/*
 * The other side of PACE and Chip Authentication, played by libeac (OpenPACE).
 *
 * One request a line on standard input: a verb and its arguments, octets in
 * hexadecimal, "-" for none. One answer a line on standard output: "ok" and a
 * value where there is one, or "no" and a reason. It carries the objects of the
 * protocols and no APDUs; who drives it puts them into commands. It prints
 * session keys when asked: it is for tests alone.
 *
 *   pace OID PARAMETER-ID PASSWORD-KIND PASSWORD   start PACE
 *   ca OID PARAMETER-ID [PRIVATE PUBLIC]           start Chip Authentication;
 *                                                  with a static key as chip
 *   draw LENGTH          chip: encrypted nonce of so many octets
 *   nonce                chip: encrypted nonce as libeac draws it
 *   nonce Z              terminal: decrypt the chip's nonce
 *   mapping              own mapping data
 *   map DATA             map the generator with the other side's data
 *   number T             integrated mapping over a prime field, the number
 *                        R(s,t) made here
 *   ephemeral            own ephemeral public key
 *   agree PUBLIC [raw]   shared secret and session keys; raw: with the shared
 *                        secret exactly as libeac leaves it
 *   token PUBLIC         authentication token over the other side's key
 *   verify TOKEN         judge the other side's token
 *   keys                 session keys: encryption, then checksum
 *   session              start secure messaging with the session keys
 *   count                advance the send sequence counter
 *   encrypt PLAIN, decrypt CRYPTOGRAM, checksum MESSAGE    pad and compute
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eac/ca.h>
#include <eac/eac.h>
#include <eac/pace.h>
#include <eac/ta.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "peer.h"

#define MAX_ARGS 5

enum protocol { NONE, PACE, CA };

static struct {
	EAC_CTX *eac;
	PACE_SEC *password;
	enum protocol protocol;
} run;

/* Start. */

static KA_CTX *agreement(void)
{
	switch (run.protocol) {
	case PACE:
		return run.eac->pace_ctx->ka_ctx;
	case CA:
		return run.eac->ca_ctx->ka_ctx;
	default:
		return NULL;
	}
}

static void forget(void)
{
	PACE_SEC_clear_free(run.password);
	EAC_CTX_clear_free(run.eac);
	memset(&run, 0, sizeof run);
}

static int start(void)
{
	forget();
	run.eac = EAC_CTX_new();
	return run.eac != NULL;
}

static int integrated(const char *oid)
{
	return !strncmp(oid, "0.4.0.127.0.7.2.2.4.3.", 22) || !strncmp(oid, "0.4.0.127.0.7.2.2.4.4.", 22);
}

static int do_pace(int n, char **arg)
{
	int nid = EAC_OBJ_txt2nid(arg[0]);
	if (n != 4)
		return refuse("pace: four arguments");
	if (!start())
		return refuse("no context");
	if (nid == NID_undef)
		return refuse("protocol unknown to libeac");
	BUF_MEM *password = octets(arg[3]);
	if (!password)
		return refuse("not hexadecimal");
	run.password = PACE_SEC_new(password->data, password->length, atoi(arg[2]));
	BUF_MEM_clear_free(password);
	if (!run.password)
		return refuse("password not accepted");
	/* libeac has the integrated mapping under the oldest version alone, which
	 * would also make tokens of another form. */
	if (integrated(arg[0]))
		run.eac->tr_version = EAC_TR_VERSION_2_01;
	if (!EAC_CTX_init_pace(run.eac, nid, atoi(arg[1])))
		return refuse("domain parameters or protocol not accepted");
	run.eac->tr_version = EAC_TR_VERSION_2_02;
	run.protocol = PACE;
	return done();
}

static int do_ca(int n, char **arg)
{
	int nid = EAC_OBJ_txt2nid(arg[0]);
	if (n != 2 && n != 4)
		return refuse("ca: two or four arguments");
	if (!start())
		return refuse("no context");
	if (nid == NID_undef)
		return refuse("protocol unknown to libeac");
	if (!EAC_CTX_init_ca(run.eac, nid, atoi(arg[1])))
		return refuse("domain parameters or protocol not accepted");
	if (n == 4) {
		BUF_MEM *private = octets(arg[2]), *public = octets(arg[3]);
		int ok = private && public
			&& CA_set_key(run.eac, (unsigned char *)private->data, private->length,
				(unsigned char *)public->data, public->length);
		BUF_MEM_clear_free(private);
		BUF_MEM_clear_free(public);
		if (!ok)
			return refuse("static key not accepted");
	}
	run.protocol = CA;
	return done();
}

/* PACE. */

static int do_draw(int n, char **arg)
{
	unsigned char z[64];
	int length = atoi(arg[0]);
	if (n != 1 || run.protocol != PACE || length < 1 || length > (int)sizeof z)
		return refuse("draw: a length, after pace");
	if (RAND_bytes(z, length) != 1)
		return refuse("no random numbers");
	/* What random octets decrypt to is as random. */
	BUF_MEM *b = buffer(z, (size_t)length);
	if (!PACE_STEP2_dec_nonce(run.eac, run.password, b)) {
		BUF_MEM_clear_free(b);
		return refuse("nonce");
	}
	return answer_buffer(b, "nonce");
}

static int do_nonce(int n, char **arg)
{
	if (run.protocol != PACE)
		return refuse("nonce: after pace");
	if (n == 0)
		return answer_buffer(PACE_STEP1_enc_nonce(run.eac, run.password), "nonce");
	BUF_MEM *z = octets(arg[0]);
	int ok = z && PACE_STEP2_dec_nonce(run.eac, run.password, z);
	BUF_MEM_clear_free(z);
	return ok ? done() : refuse("nonce");
}

static int do_mapping(int n, char **arg)
{
	(void)n;
	(void)arg;
	if (run.protocol != PACE)
		return refuse("mapping: after pace");
	return answer_buffer(PACE_STEP3A_generate_mapping_data(run.eac), "mapping data");
}

static int do_map(int n, char **arg)
{
	if (n != 1 || run.protocol != PACE)
		return refuse("map: mapping data, after pace");
	BUF_MEM *in = octets(arg[0]);
	int ok = in && PACE_STEP3A_map_generator(run.eac, in);
	BUF_MEM_clear_free(in);
	return ok ? done() : refuse("mapping");
}

/*
 * libeac raises E(t, s) into the subgroup where the standard wants R(s,t). So
 * it gets a nonce s' under a key t' that encrypts to R(s,t); what it does with
 * that is its own.
 */
static int do_number(int n, char **arg)
{
	unsigned char r[1024], fed[1024], key[32];
	if (n != 1 || run.protocol != PACE || !run.eac->pace_ctx->nonce)
		return refuse("number: a nonce, after nonce");
	PACE_CTX *pace = run.eac->pace_ctx;
	const EVP_CIPHER *c = pace->ka_ctx->cipher;
	BUF_MEM *t = octets(arg[0]);
	int length = t ? mapping_number(c, pace->nonce, t, EVP_PKEY_bits(pace->static_key), r, sizeof r) : 0;
	BUF_MEM_clear_free(t);
	if (!length || RAND_bytes(key, sizeof key) != 1 || !cbc(c, key, 0, r, length, fed))
		return refuse("mapping number");
	BUF_MEM_clear_free(pace->nonce);
	pace->nonce = buffer(fed, (size_t)length);
	BUF_MEM *in = buffer(key, (size_t)EVP_CIPHER_key_length(c));
	int ok = PACE_STEP3A_map_generator(run.eac, in);
	BUF_MEM_clear_free(in);
	return ok ? done() : refuse("mapping");
}

/* Both protocols. */

static int do_ephemeral(int n, char **arg)
{
	(void)n;
	(void)arg;
	switch (run.protocol) {
	case PACE:
		return answer_buffer(PACE_STEP3B_generate_ephemeral_key(run.eac), "ephemeral key");
	case CA:
		BUF_MEM_clear_free(TA_STEP3_generate_ephemeral_key(run.eac));
		return answer_buffer(CA_STEP2_get_eph_pubkey(run.eac), "ephemeral key");
	default:
		return refuse("ephemeral: after pace or ca");
	}
}

/*
 * libeac takes the number that two Diffie-Hellman keys agree on without its
 * leading zero octets; the standard has it with the length of the modulus
 * (Doc 9303-11 (8th ed.), 9.6; PKCS#3, 8.2). One run in 256 would fail.
 */
static int restore_zeros(KA_CTX *ka)
{
	BUF_MEM *z = ka->shared_secret;
	if (EVP_PKEY_get_base_id(ka->key) == EVP_PKEY_EC)
		return 1;
	size_t want = (size_t)EVP_PKEY_get_size(ka->key), n = z->length;
	if (n > want)
		return 0;
	BUF_MEM *full = BUF_MEM_new();
	if (!full || !BUF_MEM_grow_clean(full, want))
		return 0;
	memset(full->data, 0, want - n);
	memcpy(full->data + (want - n), z->data, n);
	BUF_MEM_clear_free(z);
	ka->shared_secret = full;
	return 1;
}

/*
 * Version 2 of Chip Authentication, which libeac has, derives its keys from the
 * shared secret and a nonce; with an empty nonce that is version 1, which has no
 * token: the one given here is wrong on purpose.
 */
static int derive_ca(void)
{
	static const unsigned char none[EAC_AES_MAC_LENGTH];
	BUF_MEM *nonce = buffer(NULL, 0), *token = buffer(none, sizeof none);
	int r = CA_STEP6_derive_keys(run.eac, nonce, token);
	KA_CTX *ka = agreement();
	BUF_MEM_clear_free(nonce);
	BUF_MEM_clear_free(token);
	return r >= 0 && ka->k_enc && ka->k_mac;
}

static int do_agree(int n, char **arg)
{
	if (n < 1 || run.protocol == NONE)
		return refuse("agree: a public key, after pace or ca");
	BUF_MEM *in = octets(arg[0]);
	if (!in)
		return refuse("not hexadecimal");
	int ok = run.protocol == PACE ? PACE_STEP3B_compute_shared_secret(run.eac, in)
		: CA_STEP4_compute_shared_secret(run.eac, in);
	BUF_MEM_clear_free(in);
	if (!ok)
		return refuse("public key not accepted");
	if (n < 2 && !restore_zeros(agreement()))
		return refuse("shared secret");
	ok = run.protocol == PACE ? PACE_STEP3C_derive_keys(run.eac) : derive_ca();
	return ok ? done() : refuse("session keys");
}

static int do_token(int n, char **arg)
{
	if (n != 1 || run.protocol != PACE)
		return refuse("token: a public key, after agree");
	BUF_MEM *in = octets(arg[0]);
	BUF_MEM *out = in ? PACE_STEP3D_compute_authentication_token(run.eac, in) : NULL;
	BUF_MEM_clear_free(in);
	return answer_buffer(out, "token");
}

static int do_verify(int n, char **arg)
{
	if (n != 1 || run.protocol != PACE)
		return refuse("verify: a token, after agree");
	BUF_MEM *in = octets(arg[0]);
	int ok = in && PACE_STEP3D_verify_authentication_token(run.eac, in) == 1;
	BUF_MEM_clear_free(in);
	return ok ? done() : refuse("wrong token");
}

static int do_keys(int n, char **arg)
{
	(void)n;
	(void)arg;
	KA_CTX *ka = agreement();
	if (!ka || !ka->k_enc || !ka->k_mac)
		return refuse("keys: after agree");
	BUF_MEM *b = buffer(ka->k_enc->data, ka->k_enc->length);
	if (!BUF_MEM_grow(b, ka->k_enc->length + ka->k_mac->length))
		return refuse("keys");
	memcpy(b->data + ka->k_enc->length, ka->k_mac->data, ka->k_mac->length);
	return answer_buffer(b, "keys");
}

/* Secure messaging. */

static int do_session(int n, char **arg)
{
	(void)n;
	(void)arg;
	if (run.protocol == NONE)
		return refuse("session: after agree");
	if (!EAC_CTX_set_encryption_ctx(run.eac, run.protocol == PACE ? EAC_ID_PACE : EAC_ID_CA))
		return refuse("secure messaging");
	return done();
}

static int do_count(int n, char **arg)
{
	(void)n;
	(void)arg;
	if (!run.eac || !run.eac->key_ctx || !EAC_increment_ssc(run.eac))
		return refuse("count: after session");
	return done();
}

static int do_encrypt(int n, char **arg)
{
	BUF_MEM *in = n == 1 ? octets(arg[0]) : NULL;
	if (!in || !run.eac || !run.eac->key_ctx)
		return refuse("encrypt: octets, after session");
	BUF_MEM *padded = EAC_add_iso_pad(run.eac, in);
	BUF_MEM *out = padded ? EAC_encrypt(run.eac, padded) : NULL;
	BUF_MEM_clear_free(in);
	BUF_MEM_clear_free(padded);
	return answer_buffer(out, "encryption");
}

static int do_decrypt(int n, char **arg)
{
	BUF_MEM *in = n == 1 ? octets(arg[0]) : NULL;
	if (!in || !run.eac || !run.eac->key_ctx)
		return refuse("decrypt: octets, after session");
	BUF_MEM *padded = EAC_decrypt(run.eac, in);
	BUF_MEM *out = padded ? EAC_remove_iso_pad(padded) : NULL;
	BUF_MEM_clear_free(in);
	BUF_MEM_clear_free(padded);
	return answer_buffer(out, "decryption");
}

static int do_checksum(int n, char **arg)
{
	BUF_MEM *in = n == 1 ? octets(arg[0]) : NULL;
	if (!in || !run.eac || !run.eac->key_ctx)
		return refuse("checksum: octets, after session");
	BUF_MEM *padded = EAC_add_iso_pad(run.eac, in);
	BUF_MEM *out = padded ? EAC_authenticate(run.eac, padded) : NULL;
	BUF_MEM_clear_free(in);
	BUF_MEM_clear_free(padded);
	return answer_buffer(out, "checksum");
}

static const struct {
	const char *verb;
	int (*act)(int n, char **arg);
} verbs[] = {
	{"pace", do_pace}, {"ca", do_ca}, {"draw", do_draw}, {"nonce", do_nonce},
	{"mapping", do_mapping}, {"map", do_map}, {"number", do_number},
	{"ephemeral", do_ephemeral}, {"agree", do_agree}, {"token", do_token},
	{"verify", do_verify}, {"keys", do_keys}, {"session", do_session},
	{"count", do_count}, {"encrypt", do_encrypt}, {"decrypt", do_decrypt},
	{"checksum", do_checksum},
};

static void serve(char *line)
{
	/* Missing arguments read as an empty string. */
	char *arg[MAX_ARGS] = {"", "", "", "", ""};
	char *verb = strtok(line, " \n"), *next;
	int n = 0;
	while (n < MAX_ARGS && (next = strtok(NULL, " \n")))
		arg[n++] = next;
	for (size_t i = 0; verb && i < sizeof verbs / sizeof verbs[0]; i++) {
		if (!strcmp(verb, verbs[i].verb)) {
			verbs[i].act(n, arg);
			return;
		}
	}
	refuse("unknown verb");
}

int main(void)
{
	static char line[MAX_LINE];
	/* Retail MAC is made of single DES, which OpenSSL 3 keeps apart. */
	if (!OSSL_PROVIDER_load(NULL, "default") || !OSSL_PROVIDER_load(NULL, "legacy")) {
		puts("no OpenSSL lacks its legacy provider (Debian package openssl-provider-legacy; before Debian 13 part of libssl3)");
		return 1;
	}
	EAC_init();
	puts("ok");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		serve(line);
		ERR_clear_error();
		fflush(stdout);
	}
	forget();
	EAC_cleanup();
	return 0;
}

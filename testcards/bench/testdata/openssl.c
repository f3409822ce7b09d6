// Verifies the signatures of one document with libcrypto over and over, and hashes
// its data groups: the yardstick beside ours. Arguments: seconds, hash, "pss" or
// "-", then for each signature a key (SubjectPublicKeyInfo), the signed bytes and
// the signature, and last the data groups. Prints documents a second.
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { unsigned char *b; size_t n; } bytes;
typedef struct { EVP_PKEY *key; bytes message, signature; } job;

static void die(const char *why) { fprintf(stderr, "%s\n", why); exit(1); }

static bytes load(const char *path) {
	bytes r = {0};
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END)) die(path);
	r.n = (size_t)ftell(f);
	rewind(f);
	r.b = malloc(r.n + 1);
	if (!r.b || fread(r.b, 1, r.n, f) != r.n) die(path);
	fclose(f);
	return r;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void verify(const job *j, const EVP_MD *md, int pss) {
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p = NULL;
	if (!c || EVP_DigestVerifyInit(c, &p, md, NULL, j->key) != 1) die("init");
	if (pss && (EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) != 1 ||
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) != 1)) die("pss");
	if (EVP_DigestVerify(c, j->signature.b, j->signature.n, j->message.b, j->message.n) != 1) die("a signature does not verify");
	EVP_MD_CTX_free(c);
}

int main(int argc, char **argv) {
	if (argc != 11) die("arguments");
	double seconds = atof(argv[1]);
	const EVP_MD *md = EVP_get_digestbyname(argv[2]);
	int pss = !strcmp(argv[3], "pss");
	job jobs[2];
	for (int i = 0; i < 2; i++) {
		bytes spki = load(argv[4 + 3 * i]);
		const unsigned char *at = spki.b;
		jobs[i].key = d2i_PUBKEY(NULL, &at, (long)spki.n);
		jobs[i].message = load(argv[5 + 3 * i]);
		jobs[i].signature = load(argv[6 + 3 * i]);
		if (!jobs[i].key || !md) die("key");
	}
	bytes groups = load(argv[10]);
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n;
	long done = 0;
	double begin = now();
	while (now() - begin < seconds) {
		for (int i = 0; i < 2; i++) verify(&jobs[i], md, pss);
		if (EVP_Digest(groups.b, groups.n, sum, &n, md, NULL) != 1) die("digest");
		done++;
	}
	printf("%.3f\n", (double)done / (now() - begin));
	return 0;
}

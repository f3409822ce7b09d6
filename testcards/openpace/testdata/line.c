/* The line protocol: answers, and octets in hexadecimal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

/* Answers. */

static int answer(const unsigned char *b, size_t n)
{
	fputs("ok ", stdout);
	for (size_t i = 0; i < n; i++)
		printf("%02x", b[i]);
	putchar('\n');
	return 1;
}

int done(void)
{
	puts("ok");
	return 1;
}

int refuse(const char *reason)
{
	printf("no %s\n", reason);
	return 0;
}

int answer_buffer(BUF_MEM *b, const char *reason)
{
	if (!b)
		return refuse(reason);
	answer((unsigned char *)b->data, b->length);
	BUF_MEM_clear_free(b);
	return 1;
}

/* Octets. */

BUF_MEM *buffer(const void *p, size_t n)
{
	BUF_MEM *b = BUF_MEM_new();
	/* At least one octet of space: libeac looks at the pointer. */
	if (!b || !BUF_MEM_grow(b, n ? n : 1))
		abort();
	if (n)
		memcpy(b->data, p, n);
	b->length = n;
	return b;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

BUF_MEM *octets(const char *s)
{
	unsigned char b[MAX_LINE / 2];
	size_t n = strlen(s);
	if (!strcmp(s, "-"))
		return buffer(NULL, 0);
	if (n % 2 || n / 2 > sizeof b)
		return NULL;
	for (size_t i = 0; i < n / 2; i++) {
		int hi = digit(s[2 * i]), lo = digit(s[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return NULL;
		b[i] = (unsigned char)(hi << 4 | lo);
	}
	return buffer(b, n / 2);
}

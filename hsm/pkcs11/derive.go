//go:build cgo

package pkcs11

/*
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#pragma pack(push, 1)
#endif
// CK_KEY_DERIVATION_STRING_DATA (PKCS#11 v2.40 mechanisms, 2.15.2), followed by the data it points to.
typedef struct {
	unsigned char *data;
	unsigned long  length;
} chipid_string_data;
#ifdef _WIN32
#pragma pack(pop)
#endif

static chipid_string_data *chipid_string_data_new(const void *data, unsigned long length) {
	chipid_string_data *p = malloc(sizeof(*p) + length);
	if (p == NULL) return NULL;
	p->data = (unsigned char *)(p + 1);
	p->length = length;
	memcpy(p->data, data, length);
	return p;
}

static void chipid_string_data_free(chipid_string_data *p) {
	volatile unsigned char *v = p->data;
	unsigned long n = p->length;
	while (n--) *v++ = 0;
	free(p);
}
*/
import "C"

import (
	"errors"
	"unsafe"

	p11 "github.com/miekg/pkcs11"
)

// deriveByEncryption is C_DeriveKey with CKM_AES_ECB_ENCRYPT_DATA or CKM_DES3_ECB_ENCRYPT_DATA: the new key's value is data encrypted in ECB
// mode under base, cut to the length that the template names. The mechanism's parameter holds a pointer, for which the binding has no type, so it is laid out in C memory here.
func deriveByEncryption(api cryptoki, h p11.SessionHandle, mechanism uint, base p11.ObjectHandle, data []byte, template []*p11.Attribute) (p11.ObjectHandle, error) {
	if len(data) == 0 {
		return 0, errors.New("nothing to derive from")
	}
	p := C.chipid_string_data_new(unsafe.Pointer(&data[0]), C.ulong(len(data)))
	if p == nil {
		return 0, errors.New("out of memory")
	}
	defer C.chipid_string_data_free(p)
	// The binding copies the struct as bytes; the pointer inside stays good until the call is over.
	param := C.GoBytes(unsafe.Pointer(p), C.int(unsafe.Sizeof(*p)))
	o, err := api.DeriveKey(h, []*p11.Mechanism{p11.NewMechanism(mechanism, param)}, base, template)
	if err != nil {
		return 0, &mechanismError{mechanism, err}
	}
	return o, nil
}

//go:build cgo

package pkcs11

import (
	"errors"
	"fmt"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// mechanismError says with which mechanism a module's error came.
type mechanismError struct {
	mechanism uint
	err       error
}

func (m *mechanismError) Error() string { return mechanismName(m.mechanism) + ": " + m.err.Error() }
func (m *mechanismError) Unwrap() error { return m.err }

// mechanismNames holds the mechanisms that this package uses.
var mechanismNames = map[uint]string{
	p11.CKM_EC_KEY_PAIR_GEN:        "CKM_EC_KEY_PAIR_GEN",
	p11.CKM_RSA_PKCS_KEY_PAIR_GEN:  "CKM_RSA_PKCS_KEY_PAIR_GEN",
	p11.CKM_AES_KEY_GEN:            "CKM_AES_KEY_GEN",
	p11.CKM_GENERIC_SECRET_KEY_GEN: "CKM_GENERIC_SECRET_KEY_GEN",
	p11.CKM_ECDSA:                  "CKM_ECDSA",
	p11.CKM_RSA_PKCS:               "CKM_RSA_PKCS",
	p11.CKM_RSA_PKCS_PSS:           "CKM_RSA_PKCS_PSS",
	p11.CKM_SHA256_HMAC:            "CKM_SHA256_HMAC",
	p11.CKM_AES_CMAC:               "CKM_AES_CMAC",
	p11.CKM_AES_ECB_ENCRYPT_DATA:   "CKM_AES_ECB_ENCRYPT_DATA",
	p11.CKM_AES_CBC:                "CKM_AES_CBC",
	p11.CKM_AES_ECB:                "CKM_AES_ECB",
	p11.CKM_AES_GCM:                "CKM_AES_GCM",
	p11.CKM_DES2_KEY_GEN:           "CKM_DES2_KEY_GEN",
	p11.CKM_DES3_KEY_GEN:           "CKM_DES3_KEY_GEN",
	p11.CKM_DES3_ECB:               "CKM_DES3_ECB",
	p11.CKM_DES3_ECB_ENCRYPT_DATA:  "CKM_DES3_ECB_ENCRYPT_DATA",
	p11.CKM_AES_KEY_WRAP:           "CKM_AES_KEY_WRAP",
	p11.CKM_AES_KEY_WRAP_PAD:       "CKM_AES_KEY_WRAP_PAD",
	p11.CKM_AES_CBC_PAD:            "CKM_AES_CBC_PAD",
	p11.CKM_RSA_PKCS_OAEP:          "CKM_RSA_PKCS_OAEP",
}

func mechanismName(m uint) string {
	if n, ok := mechanismNames[m]; ok {
		return n
	}
	return fmt.Sprintf("mechanism 0x%X", m)
}

// code returns the module's return value in err.
func code(err error) (p11.Error, bool) {
	var e p11.Error
	ok := errors.As(err, &e)
	return e, ok
}

// gone says that err can only mean that the session, the login or the token is no more.
func gone(err error) bool {
	e, _ := code(err)
	switch e {
	case p11.CKR_SESSION_HANDLE_INVALID, p11.CKR_SESSION_CLOSED, p11.CKR_USER_NOT_LOGGED_IN, p11.CKR_DEVICE_REMOVED,
		p11.CKR_TOKEN_NOT_PRESENT, p11.CKR_TOKEN_NOT_RECOGNIZED, p11.CKR_CRYPTOKI_NOT_INITIALIZED, p11.CKR_SLOT_ID_INVALID:
		return true
	}
	return false
}

// dubious says that err may mean that the token is no more: it is asked whether it is there.
func dubious(err error) bool {
	if errors.Is(err, hsm.ErrKeyNotFound) {
		return true
	}
	e, ok := code(err)
	if !ok {
		return false
	}
	switch e {
	case p11.CKR_GENERAL_ERROR, p11.CKR_FUNCTION_FAILED, p11.CKR_DEVICE_ERROR, p11.CKR_DEVICE_MEMORY:
		return true
	}
	return staleHandle(err)
}

// staleHandle says that the object under a handle is no more.
func staleHandle(err error) bool {
	e, _ := code(err)
	return e == p11.CKR_OBJECT_HANDLE_INVALID || e == p11.CKR_KEY_HANDLE_INVALID
}

// refusedTemplate says that the module did not like what an object was to be made of.
func refusedTemplate(err error) bool {
	e, _ := code(err)
	switch e {
	case p11.CKR_CURVE_NOT_SUPPORTED, p11.CKR_DOMAIN_PARAMS_INVALID, p11.CKR_ATTRIBUTE_VALUE_INVALID, p11.CKR_ATTRIBUTE_TYPE_INVALID,
		p11.CKR_MECHANISM_PARAM_INVALID, p11.CKR_TEMPLATE_INCONSISTENT, p11.CKR_TEMPLATE_INCOMPLETE, p11.CKR_KEY_SIZE_RANGE:
		return true
	}
	return false
}

// fault turns what a module answered into the error that callers see.
func fault(doing string, err error) error {
	var f *hsm.Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	f = &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	var m *mechanismError
	if errors.As(err, &m) {
		f.Detail, f.Cause = mechanismName(m.mechanism), m.err
	}
	e, ok := code(err)
	switch {
	case !ok:
	case gone(err):
		f.Kind = hsm.ErrTokenLost
	case staleHandle(err):
		f.Kind = hsm.ErrKeyNotFound
	case refusedTemplate(err):
		f.Kind = hsm.ErrKeySpec
	case e == p11.CKR_MECHANISM_INVALID, e == p11.CKR_FUNCTION_NOT_SUPPORTED:
		f.Kind = hsm.ErrMechanism
	case e == p11.CKR_KEY_FUNCTION_NOT_PERMITTED, e == p11.CKR_KEY_TYPE_INCONSISTENT, e == p11.CKR_KEY_UNEXTRACTABLE, e == p11.CKR_KEY_NOT_WRAPPABLE:
		f.Kind = hsm.ErrKeyUse
	case e == p11.CKR_DATA_INVALID, e == p11.CKR_DATA_LEN_RANGE:
		f.Kind = hsm.ErrKeyData
	case e == p11.CKR_SESSION_COUNT:
		f.Kind = hsm.ErrSessions
	case e == p11.CKR_PIN_INCORRECT, e == p11.CKR_PIN_INVALID, e == p11.CKR_PIN_LEN_RANGE, e == p11.CKR_PIN_EXPIRED, e == p11.CKR_USER_PIN_NOT_INITIALIZED:
		f.Kind = hsm.ErrPINWrong
	case e == p11.CKR_PIN_LOCKED:
		f.Kind = hsm.ErrPINLocked
	}
	return f
}

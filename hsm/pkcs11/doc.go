// Package pkcs11 is the keyring of a PKCS#11 token. Keys are made in the token and never leave it.
//
// One context per module and process: a module is loaded and initialized once, its tokens share it, and the last keyring to close
// finalizes it. One pool of sessions and one login per token, however many keyrings are open on it.
//
// # When the token goes away
//
// A call that finds its session, login or token gone reconnects: sessions are opened anew, the PIN is read from its source again and given
// once, and every handle from before is forgotten. A key is found again by its CKA_ID and label, and is used only after it is shown to be
// the same key: an RSA private key by its modulus, an EC private key by a signature over random bytes that the remembered public key must
// verify, a master key by what it derives. A PIN that a token refused is not given to it again, and a reconnection does not spend the last
// try that a PIN has.
//
// # What the token holds
//
//   - signing keys: CKA_TOKEN, PRIVATE, SENSITIVE, not EXTRACTABLE, not MODIFIABLE, SIGN alone. After making one, the attributes are read
//     back; a token that answers otherwise has its key destroyed.
//   - card master keys: AES, DERIVE alone. Key by key the token derives ENC, MAC and DEK by CKM_AES_ECB_ENCRYPT_DATA over the KDF3 block
//     xored with the CMAC subkey, which for one-block messages is CMAC itself. The derived keys are session objects.
//   - digest keys: generic secret, SIGN alone, CKM_SHA256_HMAC.
//
// # What is not inside the token, plainly
//
//   - The CMAC subkey of a card master key passes through this process while keys are derived: the token gives AES(master, 0) as a session
//     object that is read and destroyed at once. With it nobody can compute a card key, but the permission to derive that yields it can:
//     a program that is logged in to the token and means harm can derive any card's keys as readable objects. PKCS#11 2.40 has no way to
//     forbid that (SoftHSM 2.6.1 knows no CKA_DERIVE_TEMPLATE); the PIN is the protection.
//   - SCP03 session keys leave by C_Sign with CKM_AES_CMAC, because the secure channel runs in this process. Static card keys do not.
//   - Replacement card keys are sensitive session objects, not readable, but extractable by wrapping: PUT KEY needs them under the DEK
//     (C_WrapKey with CKM_AES_CBC), and "never extractable" excludes that. A program logged in to the token could wrap them under another
//     key. Their KCV comes from C_Encrypt, so they get the ENCRYPT permission until they are closed.
//   - Imported secrets and the PIN are copied once by the binding into C memory that is freed but not overwritten.
//
// What may live here: PKCS#11 and nothing else; one file per quirk of a vendor's module. This is one of two packages with cgo; without cgo
// every call answers hsm.ErrUnavailable.
package pkcs11

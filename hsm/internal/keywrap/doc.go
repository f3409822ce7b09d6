// Package keywrap is the AES key wrap of RFC 3394 and its padded form of RFC 5649 (NIST SP 800-38F, KW and KWP): the keyring in files unwraps
// with it, and tests wrap with it for every keyring.
//
// What may not live here: keys that stay, tokens, files.
package keywrap

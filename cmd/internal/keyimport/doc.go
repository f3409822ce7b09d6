// Package keyimport is the ceremony that brings a vendor's card key into a token: components of named custodians, each held to its own key
// check value, put together, held to the key's check value, and imported; or the key wrapped under a transport key of the token, which
// unwraps it.
//
// A reviewed YAML file names custodians and check values and holds no key; Plan is what people review, Run does exactly it, Transcript says
// what happened. Key material is in none of them, and in no error.
//
// What may not live here: how a custodian is asked (the command), the token (package hsm).
package keyimport

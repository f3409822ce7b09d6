// Package cardkey lays out the inputs of the card key derivations, so that both keyrings derive from the same blocks: GlobalPlatform KDF3
// or EMV CPS from a master key, and the SCP03 session keys from a static key.
//
// What may not live here: a key. The blocks hold only what the card says in clear.
package cardkey

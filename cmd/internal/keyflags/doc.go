// Package keyflags opens a keyring for a verb: from the flags --module, --token and --pin-source, or from the file of --keys, which names the
// keys of an issuing authority as well. It asks for a PIN at the terminal where that is the source.
//
// What may not live here: a PIN that came in a flag or in a file of settings; the verbs themselves.
package keyflags

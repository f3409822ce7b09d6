// Package soft is a keyring in files, or in memory, for the embedded demonstration and for tests. It guards nothing against whoever can read
// the files of this user, so it opens only for a caller that says so: [Embedded], which prints a warning, or [ForTesting].
//
// The folder is for this user alone (0700, files 0600). With a PIN the keys are sealed at rest: AES-256-GCM under a key that PBKDF2 makes of
// the PIN. Without a folder nothing is written at all.
//
// What may not live here: anything that an issuing authority could mistake for a token. List reports every key as extractable.
package soft

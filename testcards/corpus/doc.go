// Corpus reads a directory of real objects, of whatever public key infrastructures
// for travel documents, and prints what this project makes of them: master lists,
// certificates, CRLs, deviation lists and security objects read and verified, and
// for what did not pass, why. `make corpus CORPUS=DIR` runs it.
//
// Files are told apart by what is in them: DER, BER, PEM, LDIF, one after another.
// What may not live here: real data, and parsing that the library does not do.
package main

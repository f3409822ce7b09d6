// Package mrz reads and writes the machine readable zone of cards and passports:
// TD1, TD2 and TD3 of Doc 9303 parts 3 to 6, and what a terminal makes from it,
// the key information of BAC and PACE.
//
// Reading is tolerant and reports deviations; building is strict. A zone is
// personal data: no verb of fmt prints one, and no error repeats a part of one.
// Pictures, character recognition and chips have no place here.
package mrz

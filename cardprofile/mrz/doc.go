// Package mrz reads and writes the machine readable zone of cards, passports and
// visas: TD1, TD2, TD3, MRV-A and MRV-B of Doc 9303 parts 3 to 7; the Latin
// letters that names are written in; the codes of States; and what a terminal
// makes from a zone, the key information of BAC and PACE.
//
// Reading is tolerant and reports deviations; building is strict. A zone is
// personal data: no verb of fmt prints one, and no error repeats a part of one.
// Pictures, character recognition and chips have no place here.
package mrz

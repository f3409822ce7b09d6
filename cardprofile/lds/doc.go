// Package lds holds the files of the ICAO logical data structure: EF.COM, the
// data groups, EF.CardAccess, EF.ATR/INFO and EF.DIR, both ways. The files of the
// LDS2 applications are known by name and by the names of their data objects.
//
// Reading is tolerant and bounded: what departs from the standard comes back as
// deviations, what is not known is kept as it was read. Building is strict.
//
// EF.SOD and EF.CardSecurity are signed objects and live in cardprofile/sod and
// cardprofile/cms, which build on this package; nothing here imports them, and
// nothing here talks to a chip.
package lds

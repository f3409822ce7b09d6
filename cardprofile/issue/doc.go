// Package issue turns one accepted citizen record into one personalized chip.
//
// [NewPlan] makes everything that does not depend on the chip: the MRZ, the
// data groups from the record, the access keys, what is printed. [Authority]
// holds who signs and which card keys are used, as references into a keyring.
// [Authority.Personalize] does the rest on a blank, in this order: probe, keys made on
// the chip, DG14, DG15 and EF.COM built over them, EF.SOD prepared and signed
// once, files written, card keys replaced, chip locked. Each step is told to
// the [Journal] before the next one begins, so that a line knows after any
// crash what this blank may have become.
//
// What may not live here: how a chip family is spoken to (applet), how a file is
// encoded (lds), how the card is judged afterwards (inspect).
package issue

// Package quality looks at each finished card as a checkpoint would, and as
// somebody would who wants to write on it, and says whether it is the card that
// was planned.
//
// A [Checker] is a station.Checker. Its zero fields are set before the first card:
//
//	c := &quality.Checker{
//		Trust:     store,             // the checkpoint's trust store, with the CSCA; required
//		Authority: &authority,        // tries the blank's keys; nil: the published ones alone
//		Camera:    quality.Folder(d), // nil: nobody looks at the print
//	}
//
// One Checker serves one station: a camera sees one machine. Calls come from one
// goroutine at a time.
//
// The chip is held against the plan by inspect.Inspect and by what a checkpoint
// does not do: every password, reading without one, writing. The print is held
// against the plan by what a camera sees of it, package sight; from the plan come
// only the values to compare, never the places of pixels.
//
// What is found is a [Code] with words in English and Vietnamese. Neither holds
// personal data.
//
// What may not live here: how a chip is spoken to, how a picture is read (package
// sight), what becomes of a bad card (package station).
package quality

// Package prepare makes of a sealed request everything of its card that can be ready
// before a blank is there: the record is opened, the card planned, its faces drawn.
//
// What may not live here: how records are sealed (seal), planned (cardprofile/issue) or
// drawn (printer/face), and who asks for them (package line).
package prepare

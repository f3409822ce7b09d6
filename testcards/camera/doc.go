// Package camera stands for the camera of a production line: it draws what one
// sees of a printed card in its tray.
//
// The card lies turned, displaced and at some scale on a dark tray; the print lies
// displaced on the card; lens and sensor add uneven light, blur and noise; a smudge
// lies where a test puts it. The same options and seed give the same picture.
//
// What may not live here: anything that reads pictures.
package camera

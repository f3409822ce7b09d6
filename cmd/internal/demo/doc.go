// Package demo is the main job from start to end on synthetic people: an
// authority is made, a batch checked, each card personalized, printed and taken
// to a checkpoint. What it does with readers and keys is behind two small seams,
// [Bench] and the keyring, so that the embedded demo and the one on real parts
// are the same code.
//
// Only what ties the library together for a show may live here.
package demo

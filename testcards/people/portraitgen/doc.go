// Command portraitgen draws the portraits of the synthetic citizens: flat
// shaded figures with a variety of faces, hair and clothes, plainly drawings of
// nobody. It is run by go generate in testcards/people; what it writes is
// committed there.
package main

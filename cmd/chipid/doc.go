// Command chipid issues chip identity cards and inspects them at a checkpoint.
//
// One file a verb: it parses flags, calls one library function and prints.
// stdout is data, stderr is talk; the exit statuses are those of exit.go, and
// the help of each verb lists the ones that it uses. What does not live here:
// anything that a program embedding the library would want too.
package main

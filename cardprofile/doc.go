// Package cardprofile says what a card is: a Profile is data, one YAML file per
// card type, naming the files, data groups, access rules, keys, chip quirks and
// printed faces of a document.
//
// The root package holds the Profile, its loader, and the two shapes in which
// the packages below report what they find: Deviation and InputError. It is
// pure data and imports none of its sub-packages; how a file is encoded, a
// record checked or a chip written lives in those.
package cardprofile

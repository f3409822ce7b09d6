package cardprofile

// DecodeYAML reads one YAML document of at most a megabyte into a struct, strictly:
// a key that the struct does not know is an error. shown names the file in the
// *InputError that every error is, with the line.
func DecodeYAML(text []byte, shown string, into any) error { return decode(text, shown, into) }

// YAMLLine is the line, from 1 on, of the value at a YAML path such as
// "$.rules[2].id", or of the nearest parent that is there; 0 where the text is no
// YAML.
func YAMLLine(text []byte, path string) int { return lineOf(text, path) }

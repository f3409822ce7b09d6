package biometric

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Errors of reading and building; all match errors.Is.
var (
	ErrRecord = errors.New("biometric: malformed record")
	ErrFormat = errors.New("biometric: a record of another format")
	ErrBuild  = errors.New("biometric: the record cannot be built")
)

// Doc 9303-10 (8th ed.), 4.5.6, tables 2 and 3: under 7F2E stands A1, biometric
// data in standardized format, and in it the data block of the standard, whose
// tag is [APPLICATION 4], 5 or 6.
const tagStandardized tlv.Tag = 0xA1

var applicationTags = map[Modality]tlv.Tag{FingerModality: 0x64, FaceModality: 0x65, IrisModality: 0x66}

// readBlocks reads the content of 7F2E: version and representations.
func readBlocks[T any](m Modality, b []byte, of func(*T) schema) ([]T, *blockReader, error) {
	r := &blockReader{notes: newNotes(m)}
	if len(b) > maxRecord {
		return nil, r, fmt.Errorf("%w: larger than %d bytes", ErrRecord, maxRecord)
	}
	n, rest, err := tlv.Parse(b)
	if err != nil {
		return nil, r, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if n.Tag == tagStandardized {
		trailing(r, rest)
		if n, rest, err = tlv.Parse(n.Value); err != nil {
			return nil, r, fmt.Errorf("%w: %w", ErrRecord, err)
		}
	} else {
		r.note("envelope", "the data block does not stand in A1")
	}
	trailing(r, rest)
	if n.Tag != applicationTags[m] {
		return nil, r, fmt.Errorf("%w: tag %s instead of %s", ErrFormat, n.Tag, applicationTags[m])
	}
	if !n.Minimal() {
		r.note("der", "the length of the data block is not in its shortest form")
	}
	var v version
	var out []T
	r.block(n.Value, "block", dataBlock(&v, &out, of))
	if v.Generation == 0 {
		return out, r, fmt.Errorf("%w: it states no version", ErrRecord)
	}
	if len(out) == 0 {
		return nil, r, fmt.Errorf("%w: it holds no representation", ErrRecord)
	}
	return out, r, nil
}

func trailing(r *blockReader, rest []byte) {
	if len(rest) > 0 {
		r.note("trailing", "%d bytes after the end of the data block", len(rest))
	}
}

func dataBlock[T any](v *version, out *[]T, of func(*T) schema) schema {
	return schema{fields: []field{
		{0, "version", true, inline{versionSchema(v), true}},
		{1, "representation", true, list[T]{out, of, maxImages}},
	}}
}

// writeBlocks makes the content of 7F2E. year is that of the part's edition.
func writeBlocks[T any](m Modality, year int, of func(*T) schema, blocks []T) ([]byte, error) {
	v := version{Generation: 3, Year: year}
	b, err := dataBlock(&v, &blocks, of).write()
	if err != nil {
		return nil, err
	}
	out := tlv.Encode(tagStandardized, tlv.Encode(applicationTags[m], b))
	if len(out) > maxRecord {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrBuild, maxRecord)
	}
	return out, nil
}

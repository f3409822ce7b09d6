package rule_test

import (
	"io/fs"
	"testing/fstest"
)

// onePicture is a folder in which every file is this picture.
type onePicture struct{ image []byte }

func (p onePicture) Open(name string) (fs.File, error) {
	return fstest.MapFS{name: {Data: p.image}}.Open(name)
}

package people

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed citizens.csv portraits/*.jpg
var files embed.FS

// CSVName is the batch file's name in FS and in what Write leaves.
const CSVName = "citizens.csv"

// CSV returns the batch: UTF-8 with a header row, one citizen a line, the
// column "portrait" naming a file relative to the batch file.
func CSV() []byte {
	b, err := files.ReadFile(CSVName)
	if err != nil {
		panic("people: the embedded batch is missing: " + err.Error()) // cannot happen in a binary that was built
	}
	return b
}

// FS returns the batch file and the folder "portraits" with its JPEGs.
func FS() fs.FS { return files }

// Write lays the batch file and the portraits out under dir, creating it.
// Although nobody in them is real, they get the mode of personal data, 0600.
func Write(dir string) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		b, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o600)
	})
}

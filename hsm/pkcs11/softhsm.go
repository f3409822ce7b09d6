package pkcs11

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// FindSoftHSM returns the path of SoftHSM2's module where Debian and its relatives put it.
func FindSoftHSM() (string, error) {
	places := []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"}
	more, _ := filepath.Glob("/usr/lib/*/softhsm/libsofthsm2.so")
	for _, p := range append(places, more...) {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", &hsm.Fault{Doing: "find SoftHSM2", Kind: hsm.ErrModule,
		Detail: "libsofthsm2.so is not installed; the Debian package is softhsm2 (apt-get install softhsm2)"}
}

// TokenSetup says what token InitToken makes.
type TokenSetup struct {
	Module  string  // path of the module; empty: SoftHSM2, where FindSoftHSM finds it
	Dir     string  // a private folder that SoftHSM2 keeps its tokens in; empty: wherever the module keeps them
	Label   string  // 1 to 32 bytes
	SOPIN   mac.Key // security officer's PIN, 4 bytes at least
	UserPIN mac.Key // user PIN, 4 bytes at least
}

func (s TokenSetup) check() error {
	fault := func(detail string) error {
		return &hsm.Fault{Doing: "initialize token", Kind: hsm.ErrKeySpec, Detail: detail}
	}
	switch {
	case s.Label == "" || len(s.Label) > 32:
		// PKCS#11 v2.40, 5.5 C_InitToken: the label is a field of 32 bytes.
		return fault("a token's label has 1 to 32 bytes")
	case strings.TrimRight(s.Label, " ") != s.Label:
		return fault("a token's label does not end in a blank")
	case s.SOPIN.Len() < 4 || s.UserPIN.Len() < 4:
		return fault("a PIN has 4 bytes at least")
	}
	return nil
}

// softHSMConf is the variable that names SoftHSM2's configuration file.
const softHSMConf = "SOFTHSM2_CONF"

// UseSoftHSMDir makes SoftHSM2 keep its tokens in dir, in this process and in those it starts, and returns the configuration file, the value
// to give SOFTHSM2_CONF elsewhere. The folder is created if need be, for this user alone. It must be called before the module is used first;
// once the module is in use with other tokens it fails.
func UseSoftHSMDir(dir string) (conf string, err error) {
	fault := func(cause error) (string, error) {
		return "", &hsm.Fault{Doing: "prepare token folder", Kind: hsm.ErrModule, Cause: cause}
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fault(err)
	}
	if strings.ContainsAny(dir, "\r\n") {
		return fault(fmt.Errorf("the folder's name holds a line break"))
	}
	conf = filepath.Join(dir, "softhsm2.conf")
	if os.Getenv(softHSMConf) != conf && softHSMInUse() {
		return "", &hsm.Fault{Doing: "prepare token folder", Kind: hsm.ErrModule, Detail: "SoftHSM2 is in use in this process with other tokens; close them first"}
	}
	tokens := filepath.Join(dir, "tokens")
	if err := os.MkdirAll(tokens, 0o700); err != nil {
		return fault(err)
	}
	if _, err := os.Stat(conf); err != nil {
		text := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nobjectstore.umask = 0077\nlog.level = ERROR\nslots.removable = false\n", tokens)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			return fault(err)
		}
	}
	if err := os.Setenv(softHSMConf, conf); err != nil {
		return fault(err)
	}
	return conf, nil
}

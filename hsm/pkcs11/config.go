package pkcs11

import "github.com/chipid-toolkit/chipid/hsm"

// Config says which token to open.
type Config struct {
	Module   string        // path of the PKCS#11 module, a shared library
	Token    string        // label of the token
	Serial   string        // serial number of the token, needed when two have the label
	PIN      hsm.PINSource // where the user PIN comes from
	Sessions int           // how many calls may run at once; 0 means 8. The token's own limit holds too.
}

const defaultSessions = 8

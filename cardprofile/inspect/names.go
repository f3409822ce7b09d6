package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// paceName words PACE parameters: "ECDH-GM, AES-128, parameters 13".
func paceName(p pace.Params) string {
	proto, err := pace.ParseOID(p.OID)
	if err != nil {
		return p.OID.String()
	}
	if p.ParameterID < 0 {
		return fmt.Sprintf("%v, explicit parameters", proto)
	}
	return fmt.Sprintf("%v, parameters %d", proto, p.ParameterID)
}

func caName(p ca.Params) string {
	proto, err := ca.ParseOID(p.OID)
	if err != nil {
		return p.OID.String()
	}
	return fmt.Sprint(proto)
}

// mime is the type of an image by its first bytes.
func mime(b []byte) string { return biometric.Sniff(b).MIME() }

func join(list []string) string { return strings.Join(list, "; ") }

// order is the order in which checks stand in a verdict: how the chip was
// opened, who signed, what was signed, whether the chip is the original, what
// the document says.
var order = []string{
	CheckAccess, CheckCardAccess, CheckSODSignature, CheckSODChain, CheckSODValidity, CheckSODRevocation, CheckCardSecurity,
	"dg.hash", CheckCOM, CheckCA, CheckAA, CheckPACECAM, CheckTA, CheckProfile, CheckMRZDigits, CheckMRZMatch, CheckDG13, CheckDocumentExpiry,
	CheckAuthority, CheckPolicy,
}

func rank(id string) int {
	if strings.HasPrefix(id, "dg.hash.") {
		id = "dg.hash"
	}
	return slices.Index(order, id)
}

// arrange sorts the checks; those of equal rank keep their order.
func (v *Verdict) arrange() {
	slices.SortStableFunc(v.Checks, func(a, b Check) int { return rank(a.ID) - rank(b.ID) })
}

package chip_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

var update = flag.Bool("update", false, "write docs/protocols.md anew")

const protocolsFile = "../../docs/protocols.md"

// docs/protocols.md is made from the cases that TestMatrix runs.
func TestProtocolsDocument(t *testing.T) {
	want := protocolsDocument(t)
	if *update {
		if err := os.WriteFile(protocolsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(protocolsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/protocols.md is not what the matrix says: go test ./testcards/chip -run TestProtocolsDocument -update")
	}
}

func protocolsDocument(t *testing.T) string {
	t.Helper()
	groups := map[string][]matrixCase{}
	run := 0
	for _, g := range matrix(t) {
		groups[g.name] = g.cases
		for _, m := range g.cases {
			if !m.product {
				run++
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, protocolsHead, run)

	ciphers := []string{""}
	for _, c := range matrixCiphers {
		ciphers = append(ciphers, c.String())
	}
	b.WriteString("## Access\n\nBAC (3DES), with the MRZ. PACE, by parameter identifiers of Doc 9303-11, Table 12:\n\n")
	table(&b, ciphers)
	for _, row := range paceRows() {
		table(&b, byCipher(row.String(), func(c int) []int { return passing(groups[row.String()], matrixCiphers[c].String()) }))
	}
	b.WriteString(protocolsAccess)

	b.WriteString("## Chip authentication, version 1\n\nBy parameter identifiers; 3DES by MSE:Set KAT, AES by MSE:Set AT and GENERAL AUTHENTICATE.\n\n")
	table(&b, ciphers)
	for _, f := range caForms() {
		table(&b, byCipher(f.String(), func(c int) []int {
			return passing(groups[f.String()], matrixCiphers[c].String())
		}))
	}
	var ids []string
	for _, id := range caKeyIDs[1:] {
		ids = append(ids, fmt.Sprint(id))
	}
	fmt.Fprintf(&b, "\nKey identifiers: none, %s. With several keys or ciphers, the strongest is used. A key of a prime field\nmay be in a group of the chip's own.\n\n", strings.Join(ids, ", "))

	b.WriteString("## Active authentication\n\n")
	head := []string{""}
	for _, h := range matrixHashes {
		head = append(head, h.String())
	}
	table(&b, head)
	for _, bits := range matrixModuli {
		table(&b, byHash(fmt.Sprintf("RSA %d", bits), groups["AA-RSA"], fmt.Sprint(bits)))
	}
	for _, c := range ecc.All() {
		table(&b, byHash("ECDSA "+c.Name(), groups["AA-ECDSA"], c.Name()))
	}
	b.WriteString(protocolsActive)

	b.WriteString("## Terminal authentication, version 1\n\n")
	taTable(&b, groups["TA"])

	b.WriteString("## Whole documents, and chips that offer several things\n\n")
	for _, name := range []string{"documents", "several"} {
		for _, m := range groups[name] {
			if m.options.Chip.Model.ShortOnly {
				continue
			}
			var proofs []string
			for _, p := range []string{m.ca, strings.Trim(m.aa, "()")} {
				if p != "" {
					proofs = append(proofs, p)
				}
			}
			fmt.Fprintf(&b, "- %s: %s\n", m.name, strings.Join(append([]string{m.access}, proofs...), "; "))
		}
	}
	b.WriteString("\n## Over a real PC/SC service\n\npcscd with virtual readers; each with extended length and with short APDUs alone:\n\n")
	for _, m := range realKinds() {
		fmt.Fprintf(&b, "- %s\n", m.name)
	}
	b.WriteString(protocolsMissing)
	return b.String()
}

// table writes a row, and after the first one, which has an empty first cell, the
// line below the head.
func table(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	if cells[0] == "" {
		b.WriteString("|" + strings.Repeat("---|", len(cells)) + "\n")
	}
}

func byCipher(name string, passing func(cipher int) []int) []string {
	row := []string{name}
	for c := range matrixCiphers {
		row = append(row, ranges(passing(c)))
	}
	return row
}

// passing are the parameters of the cases that run in every test, by the first
// part of their names.
func passing(cases []matrixCase, first string) []int {
	var ids []int
	for _, m := range cases {
		parts := strings.Split(m.name, "/")
		if m.product || parts[0] != first {
			continue
		}
		for _, id := range domain.StandardIDs() {
			if parts[1] == fmt.Sprint(id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func byHash(name string, cases []matrixCase, first string) []string {
	row := []string{name}
	for _, h := range matrixHashes {
		cell := "–"
		for _, m := range cases {
			parts := strings.Split(m.name, "/")
			if !m.product && parts[0] == first && parts[1] == h.String() {
				cell = "yes"
			}
		}
		row = append(row, cell)
	}
	return row
}

// ranges writes 8, 9, 10, 12 as "8–10, 12".
func ranges(ids []int) string {
	if len(ids) == 0 {
		return "–"
	}
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		if j <= i+1 {
			j = i
			parts = append(parts, fmt.Sprint(ids[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", ids[i], ids[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

const protocolsHead = `# Protocols

What our terminal does with our chip, through the whole reader: access, files, passive authentication, chip and active authentication, terminal
authentication, verdict. This file is written by a test from the cases that it runs (%d in every test run):

	go test ./testcards/chip -run TestProtocolsDocument -update
	CHIPID_MATRIX=all go test ./testcards/chip -run TestMatrix    every case with MRZ and CAN, extended and short APDUs, all key identifiers

That each protocol is also right beyond our own two halves is what the published worked examples say (testcards/vectors), and other implementations.

`

const protocolsAccess = `
- 0–2 are the groups of RFC 5114; 8 P-192, 9 brainpoolP192r1, 10 P-224, 11 brainpoolP224r1, 12 P-256, 13 brainpoolP256r1, 14 brainpoolP320r1, 15 P-384,
  16 brainpoolP384r1, 17 brainpoolP512r1, 18 P-521.
- Integrated mapping has no P-224 (10): its point encoding needs p = 3 mod 4 (Doc 9303-11, B.1). Chip authentication mapping is defined on curves and with AES alone.
- Explicit domain parameters (PACEDomainParameterInfo) are used if they are one of these curves or groups.
- Of several PACEInfos the strongest is used: the weaker of cipher and group counts first, then cipher, group, mapping (CAM, GM, IM), curves before prime fields.
- Passwords: MRZ, CAN, PIN, PUK, the last three with try counters. PIN and PUK are suspended before their last try until the CAN resumes them in the
  same session, and the PUK unblocks the PIN (TR-03110-2, 2.2.3 and 2.4.1).
- The claim of chip authentication mapping is judged against the key in EF.CardSecurity, once passive authentication has covered that file.

`

const protocolsActive = `
RSA is ISO/IEC 9796-2 scheme 1 with the trailers of all these hashes; ECDSA is the plain r || s. A hash longer than the key is not allowed, nor is SHA-1 with
ECDSA (Doc 9303-11, 6.1.2.3), so the curves of 192 bits have none; a chip that signs so anyway is read with a deviation.

`

const protocolsMissing = `
## Not supported

- Chip Authentication version 2 and 3, Terminal Authentication version 2, restricted identification: none of them is ICAO's.
- PACE over an explicit prime-field group, or on an explicit curve, that is not one of the above: a chip alone vouches for it (Doc 9303-11, 9.2.2).
- Curves other than the above, such as secp256k1, and Curve25519 or Curve448.
- Chip authentication over prime fields of more than 4,096 bits; active authentication with RSA below 1,024 or above 8,192 bits.
- Chip authentication with a prime field of 2,048 bits on a chip or reader without extended length: the key does not fit a short command, and the standard
  asks such chips for extended length (Doc 9303-11, 9.3.1.1). PACE in such a group works with short APDUs, by command chaining.
- PACE version 1, and PIN change (RESET RETRY COUNTER with a new PIN), activation and deactivation.
- Terminal authentication in the master file, for the applications of LDS2; and with P-521 keys, a size that CV certificates do not have.
- RIPEMD-160 with active authentication.
`

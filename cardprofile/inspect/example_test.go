package inspect_test

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// A virtual card is inspected. With a card of plastic the first line is
// pcsc.Connect, and the trust store comes from pki.Open.
func ExampleInspect() {
	ctx := context.Background()
	card, err := sample.Issue(ctx, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	access, err := inspect.ByCAN(card.CAN)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := inspect.Inspect(ctx, card.Chip, access, card.Trust, inspect.Options{})
	if err != nil {
		fmt.Println(err) // the chip refused, or left the field
		return
	}
	chain, _ := v.Check(inspect.CheckSODChain)
	ca, _ := v.Check(inspect.CheckCA)
	fmt.Println(v.Outcome, v.Document.MRZ.Surname, chain.Outcome, ca.Outcome)
	// Output: passed NGUYEN passed passed
}

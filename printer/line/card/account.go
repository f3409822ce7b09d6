package card

// Account is a place in the ledger. Every blank is in exactly one, and moves by
// a posting from one to another; a posting never makes or loses a blank.
type Account string

// The accounts.
const (
	Supplier     Account = "supplier" // where blanks come from: its balance is below zero
	Stock        Account = "stock"
	InWork       Account = "in-work"
	GoodBin      Account = "good"
	Samples      Account = "sample"
	RejectedOpen Account = "reject-pending"
	RejectedBin  Account = "reject-confirmed"
	Shredded     Account = "destroyed"
	Boxes        Account = "packed"
	Offices      Account = "handed-over"
	ReturnedBin  Account = "returned"
	Missing      Account = "lost"
	SentBack     Account = "sent-back" // blanks that went back to the supplier unused
)

// Accounts are all accounts in the order of a blank's way.
func Accounts() []Account {
	return []Account{Supplier, Stock, InWork, GoodBin, Samples, RejectedOpen, RejectedBin, Shredded, Boxes, Offices, ReturnedBin, Missing, SentBack}
}

// Balance is how many blanks each account holds.
type Balance map[Account]int64

// Sum is the balance of all accounts together: zero, or a posting was made
// outside the ledger.
func (b Balance) Sum() int64 {
	var n int64
	for _, v := range b {
		n += v
	}
	return n
}

// Open are the accounts that must be empty before a batch is closed, of those
// that are not.
func (b Balance) Open() []Account {
	var open []Account
	for _, a := range []Account{InWork, RejectedOpen} {
		if b[a] != 0 {
			open = append(open, a)
		}
	}
	return open
}

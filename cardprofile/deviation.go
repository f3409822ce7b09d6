package cardprofile

// Deviation is one place where a document departs from its standard without
// that alone deciding anything: reading is tolerant, lists every deviation, and
// leaves the judgement to policy.
type Deviation struct {
	// Where names the file, certificate or structure, such as "DG2" or "EF.SOD".
	Where string `json:"where"`
	// Rule is the stable identifier programs match on, such as "lds.dg2.length".
	Rule string `json:"rule"`
	// Text says in words what differs. It holds no personal data.
	Text string `json:"text"`
}

// String joins the three parts for a log or a terminal.
func (d Deviation) String() string { return d.Where + ": " + d.Text + " (" + d.Rule + ")" }

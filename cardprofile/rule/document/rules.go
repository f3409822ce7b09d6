package document

// rules are all rules of this package, in the order in which they are asked.
var rules = Set{
	comSOD, comFiles, sodFiles, sodHash, mandatory, versions, accessDG14, accessSecurity, dg14Required, securityRequired,
	activeAuth, efDIR, lds2Info, lds2Buffers, documentType, state, newBiometrics, crlKey, serials, outlives,
}

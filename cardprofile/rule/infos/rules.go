package infos

import "github.com/chipid-toolkit/chipid/cardprofile/rule/lint"

// rules are all rules of this package, in the order in which they are asked.
var rules = lint.Set[*Set]{
	structure, inDER, trailing, entry, cardAccessPACE, paceStandard, paceProtocol, paceVersion, paceParameter, paceReserved,
	paceDomain, domainProtocol, domainParameter, domainReadable, camKey, caVersion, caProtocol, caKey, caInfo, caKeyID,
	caExplicit, caPublic, taVersion, taProtocol, aaVersion, aaAlgorithm, efDIR,
}

package signed

// rules are all rules of this package, in the order in which they are asked.
var rules = Set{
	structure, inDER, version, digestAlgorithms, contentType, content, signers, oneSigner, signerVersion, signerCertificate,
	signerDigest, digestNull, signatureAlgorithm, signatureDigest, signatureNull, pssParameters, pssMask, signature,
	signedAttributes, attributeContentType, attributeDigest, signingTimeForm, signerKey, signerPeriod, signerRole,
	crlsRecommended, crlsForbidden, listIdentifier, listSigningTime, listIssuer, sodTag, trailing, sodIdentifier,
	sodUnsigned, sodContent, sodContentDER, sodVersion, sodLegacy, sodVersionInfo, sodLDS, sodUnicode, sodHash, sodHashNull,
	sodGroups, sodNumber, sodOnce, sodLength, sodMandatory, masterContent, masterContentDER, masterVersion, masterListed,
	masterOnce, masterSerial, masterSigner, masterCSCA, deviationContent, deviationDER, deviationVersion, deviationDigest,
	deviationType, deviationPeriod, deviationNumbers, deviationKind, deviationSigner, deviationUnsigned,
}

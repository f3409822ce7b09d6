package cert

// rules are all rules of this package, in the order in which they are asked.
var rules = Set{
	structure, inDER, version, serialPositive, serialLength, serialMinimal, signatureSame, signatureAlgorithm, hash,
	pssParameters, pssMask, pssRecommended, rsaNull, nameCountry, nameCountryLetters, nameCountryUpper,
	nameCountryPrintable, nameCountryMatch, nameCommon, nameSerial, nameStrings, nameContent, validityZulu, validitySeconds,
	validityUTC, validityFraction, validityForm, validityOrder, keyReadable, keyAlgorithm, keyRSANull, keyLength,
	keyExplicit, keyCofactor, keyUncompressed, keyCurve, keyECDSA, issuerUniqueID, subjectUniqueID, extensionsPresent,
	extensionsDefault, extensionsOnce, extensionsPrivate, akiPresent, akiUncritical, akiKeyID, akiPair, skiPresent,
	skiUncritical, skiKeyID, kuPresent, kuCritical, kuCertSign, kuCRLSign, kuCAOnly, kuSignature, kuSignerOnly,
	kuCommunication, pkupPresent, pkupUncritical, pkupBound, pkupTime, pkupWithin, lifetime, usageDS, usageCSCA,
	policiesUncritical, policiesInformation, policyMappings, subjectDirectory, nameConstraints, policyConstraints,
	inhibitPolicy, freshestCRL, netscape, internetUncritical, sanPresent, sanUncritical, ianPresent, ianUncritical,
	altNameReadable, altNameContact, altNameDirectory, altNameLocality, altNameState, altNameAttributes, altNameSame,
	bcPresent, bcCritical, bcCA, bcPath, bcPathZero, bcAbsent, ekuAbsent, ekuPresent, ekuCritical, ekuMasterList,
	ekuDeviationList, ekuLDS2, ekuBarCode, crldpPresent, crldpUncritical, crldpPoint, crldpScheme, crldpReasons,
	crldpIssuer, nameChangeAbsent, nameChangeUncritical, nameChangeNull, nameChangeLink, typesPresent, typesAbsent,
	typesUncritical, typesVersion, typesCode, lds2Common, smallSubject, lds2Extensions, barCodeCommon, barCodeExtensions,
	spocDNS, spocCRL,
}

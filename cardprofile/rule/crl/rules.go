package crl

// rules are all rules of this package, in the order in which they are asked.
var rules = Set{
	structure, inDER, version, signatureSame, signatureAlgorithm, hash, pssParameters, rsaNull, issuerCountry, issuerUpper,
	issuerPrintable, issuerSerial, issuerStrings, updateZulu, updateSeconds, updateUTC, updateFraction, updateForm,
	nextUpdate, period, updateOrder, revokedEmpty, extensionsPresent, extensionsDefault, extensionsOnce, akiPresent,
	akiUncritical, akiKeyID, ianUncritical, ianNames, numberPresent, numberUncritical, numberValue, numberLength,
	numberMinimal, delta, distribution, freshest, privateUncritical, entryReason, entryHold, entryInvalidity, entryIssuer,
}

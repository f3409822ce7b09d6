package files

// rules are all rules of this package, in the order in which they are asked.
var rules = Set{
	structure, tag, length, trailing, comLDS, comLDSRange, comUnicode, comList, comTags, comOnce, comMandatory, comOrder,
	dg1Zone, dg1Length, dg1Coding, dg1CheckDigits, dg1Fields, bitGroup, bitCount, bitCountMatch, bitCountRange, bitElements,
	bitHeader, bitOID, bitOwner, bitFormat, bitLengths, bitSubtype, bitFinger, bitIris, bitStandard, bitNew, bitOneFinger,
	bitZero, imageCount, imageMatch, imageFormat, featureCount, detailList, detailMatch, detailTags, detailOrder,
	detailOthers, detailLength, detailText, detailDate, detailFiller, detailConditional, detailImage, detailTime, dg15Key,
	dg15DER, dg16Count, dg16Templates, dg16Date, dg16Name, dg16Telephone, dg16Address, atrCapabilities, atrLengths,
	atrStated, dirTemplates, dirLDS1,
}

package lds

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// lds2Files are the files of the LDS2 applications (Doc 9303-10 (8th ed.), tables
// 82 to 94). They are known by name, number and the names of their data objects;
// their records are not decoded further.
var lds2Files = func() []FileID {
	files := []FileID{
		{Name: "EF.Certificates", FID: 0x011A, SFI: 0x1A, LDS2: "Travel Records"},
		{Name: "EF.EntryRecords", FID: 0x0101, SFI: 0x01, LDS2: "Travel Records"},
		{Name: "EF.ExitRecords", FID: 0x0102, SFI: 0x02, LDS2: "Travel Records"},
		{Name: "EF.Certificates", FID: 0x011A, SFI: 0x1A, LDS2: "Visa Records"},
		{Name: "EF.VisaRecords", FID: 0x0103, SFI: 0x03, LDS2: "Visa Records"},
		{Name: "EF.Certificates", FID: 0x011A, SFI: 0x1A, LDS2: "Additional Biometrics"},
	}
	for i := 1; i <= 64; i++ { // no short identifiers
		files = append(files, FileID{Name: fmt.Sprintf("EF.Biometrics%d", i), FID: 0x0200 + uint16(i), Tag: 0x7F2E, LDS2: "Additional Biometrics"})
	}
	return files
}()

// LDS2FileIDs lists every file of the LDS2 applications. EF.Certificates is there
// once for each application, which has its own.
func LDS2FileIDs() []FileID { return append([]FileID(nil), lds2Files...) }

// Data objects of the records, Doc 9303-10 (8th ed.), tables 83, 86, 90 and 93.
var (
	certificateObjects = map[tlv.Tag]string{0x5F3A: "certificate serial number", 0x72: "X.509 certificate"}
	travelObjects      = map[tlv.Tag]string{
		0x5F44: "embarkation/debarkation State", 0x73: "travel record", 0x5F4C: "visa approvals, refusals and revocations", 0x5F45: "travel date",
		0x5F4B: "inspection authority", 0x5F46: "inspection location", 0x5F4A: "inspector reference", 0x5F4D: "result of inspection",
		0x5F49: "mode of travel", 0x5F48: "duration of stay (days)", 0x5F4E: "conditions", 0x5F37: "signature", 0x5F38: "signer certificate record",
	}
	visaObjects = map[tlv.Tag]string{
		0x5F28: "issuing State or organization", 0x71: "visa record", 0x43: "document type", 0x5F71: "machine readable visa of type A",
		0x5F72: "machine readable visa of type B", 0x5F73: "number of entries", 0x5F74: "duration of stay", 0x5F75: "passport number",
		0x5F76: "visa type", 0x5F77: "territory", 0x49: "place of issuance", 0x5F25: "effective date", 0x5F24: "expiration date",
		0x5A: "document number", 0x5F32: "additional information", 0x5B: "name of holder", 0x5F33: "primary identifier",
		0x5F34: "secondary identifier", 0x5F35: "sex", 0x5F2B: "date of birth", 0x5F2C: "nationality", 0x5F1F: "MRZ",
		0x5F40: "additional biometrics file", 0x5F37: "signature", 0x5F38: "signer certificate record",
	}
	biometricObjects = map[tlv.Tag]string{0x7F2E: "biometric data template", 0x5F2E: "biometric data", 0x5F37: "signature", 0x5F38: "signer certificate record"}
)

// ObjectName names a data object of a file of LDS2, "" for one that is not known.
func (f FileID) ObjectName(t tlv.Tag) string {
	switch {
	case f.LDS2 == "":
		return ""
	case f.Name == "EF.Certificates":
		return certificateObjects[t]
	case f.LDS2 == "Travel Records":
		return travelObjects[t]
	case f.LDS2 == "Visa Records":
		return visaObjects[t]
	}
	return biometricObjects[t]
}

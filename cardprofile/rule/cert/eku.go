package cert

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Signers of lists, bar codes and LDS2 objects, and communication certificates, have extKeyUsage.
var ekuPresent = Rule{
	About: lint.About{
		ID: "cert.eku", Severity: lint.Error, Kinds: append(only(lint.Communication), append(listSigners, small...)...),
		Title:    lint.Text("Signers of lists, bar codes and LDS2 objects, and communication certificates, have extKeyUsage", "Bên ký danh sách, mã vạch, đối tượng LDS2 và chứng thư truyền thông có extKeyUsage"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1, Table 6, 7.1.2 and 7.1.3",
	},
	Check: present(oidExtKeyUsage),
}

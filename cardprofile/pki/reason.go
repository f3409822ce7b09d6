package pki

import (
	"errors"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// because fills a check from the error that kept it from passing: not supported for
// an algorithm that is not known here, else failed.
func (c *Check) because(err error) {
	if c.Outcome = Failed; errors.Is(err, cms.ErrUnsupported) {
		c.Outcome = NotSupported
	}
	c.Reason, c.Vietnamese = plain(err), "đối tượng ký không đúng cấu trúc quy định"
	switch {
	case c.Outcome == NotSupported:
		c.Vietnamese = "chữ ký dùng thuật toán mà chương trình không hỗ trợ"
	case errors.Is(err, errNoSigner), errors.Is(err, errTwoSigners):
		c.Vietnamese = "không xác định được chứng thư của bên ký trong đối tượng"
	case errors.Is(err, cms.ErrContent):
		c.Reason = "the content was altered: its digest is not the one that was signed"
		c.Vietnamese = "nội dung đã bị thay đổi: giá trị băm không phải là giá trị đã được ký"
	case errors.Is(err, cms.ErrSignature):
		c.Reason = "the signature is not right: the object was altered, or its signer is another (" + plain(err) + ")"
		c.Vietnamese = "chữ ký sai: dữ liệu đã bị thay đổi, hoặc do bên khác ký"
	}
}

// plain is an error in the words of a person: without the names of packages.
func plain(err error) string {
	text := err.Error()
	for _, p := range []string{"cms: ", "pki: ", "ecc: ", "sod: "} {
		text = strings.ReplaceAll(text, p, "")
	}
	return text
}

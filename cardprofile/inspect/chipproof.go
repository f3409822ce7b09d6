package inspect

import (
	"errors"
	"fmt"
)

// proof is what became of a protocol by which the chip proves that it is the
// original: chip or active authentication.
type proof struct {
	id          string
	group       int    // the data group that holds the key
	done        string // what was done, in words
	err         error  // why the chip did not prove it
	unsupported error  // why it was not tried
}

// judge turns a proof into a check. A chip is called genuine only on a key that
// passive authentication has covered, and only as far as that goes: without an
// anchor the chip is the one that was signed for, whoever signed.
func (p *passive) judge(x proof, required bool) {
	set := func(o Outcome, en, vi string) { p.v.set(x.id, o, required, because(en, vi)) }
	if x.unsupported != nil {
		set(NotSupported, x.unsupported.Error(), fmt.Sprintf("khóa trong DG%d thuộc loại không được hỗ trợ", x.group))
		return
	}
	if x.err != nil {
		set(Failed,
			fmt.Sprintf("the chip did not prove that it holds the private key of DG%d: %v", x.group, x.err),
			fmt.Sprintf("chip không chứng minh được mình giữ khóa bí mật của DG%d: có thể là bản sao", x.group))
		return
	}
	switch err := p.covers(x.group); {
	case errors.Is(err, errAltered):
		set(Failed, fmt.Sprintf("%s, but %v", x.done, err), fmt.Sprintf("khóa trong DG%d không phải là khóa đã được ký", x.group))
	case err != nil:
		set(NotPerformed, fmt.Sprintf("%s, but %v", x.done, err), fmt.Sprintf("chip giữ khóa của DG%d nhưng khóa này chưa được xác thực thụ động", x.group))
	case p.anchored():
		set(Passed, x.done+": the chip is the one that was issued, not a copy", fmt.Sprintf("chip giữ khóa bí mật của DG%d: chip gốc, không phải bản sao", x.group))
	default:
		set(Passed, x.done+": the chip holds the key in the signed files; who signed them is another check",
			fmt.Sprintf("chip giữ khóa của DG%d trong dữ liệu đã ký; ai ký là việc của kiểm tra khác", x.group))
	}
}

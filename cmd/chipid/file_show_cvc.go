package main

import (
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// shownCV is a card-verifiable certificate, or a request for one.
type shownCV struct {
	CAR          string   `json:"car,omitempty"`
	CHR          string   `json:"chr"`
	KeyAlgorithm string   `json:"key_algorithm"`
	Key          string   `json:"key,omitempty"` // curve or RSA and size; absent where the domain parameters are inherited
	Terminal     string   `json:"terminal_type,omitempty"`
	Role         string   `json:"role,omitempty"`
	CHAT         string   `json:"chat,omitempty"` // role and rights as encoded
	Rights       []string `json:"rights,omitempty"`
	Effective    string   `json:"effective,omitempty"`
	Expiry       string   `json:"expiry,omitempty"`
	Extensions   string   `json:"extensions,omitempty"`
	OuterCAR     string   `json:"outer_car,omitempty"`
	// Signatures by the keys in the object itself: of a root certificate, and of a
	// request. Absent where another key would be needed.
	SelfSignature string `json:"self_signature,omitempty"`
}

// cvc shows a card-verifiable certificate or a request (BSI TR-03110-3 v2.21, C).
// Both have the tag 7F21; a certificate has a holder authorization template.
func (s *shown) cvc() error {
	body := tlv.Node{}
	if n, _, err := tlv.Parse(s.data); err == nil {
		if inner, ok := n.First(0x7F21); ok {
			n = inner
		}
		body, _ = n.First(0x7F4E)
	}
	_, isCertificate := body.First(0x7F4C)
	if _, dated := body.First(0x5F25); !isCertificate && !dated {
		return s.cvRequest()
	}
	s.Kind = "CV certificate"
	c, err := cvc.Parse(s.data)
	if err != nil {
		return err
	}
	s.note("cvc.certificate", c.Notes)
	out := shownCV{
		CAR: c.CAR.String(), CHR: c.CHR.String(), Terminal: c.CHAT.Type().String(), Role: c.CHAT.Role().String(), CHAT: hexText(c.CHAT.Mask()),
		Effective: c.Effective.String(), Expiry: c.Expiration.String(), Extensions: hexText(c.Extensions),
	}
	for _, r := range c.CHAT.Rights() {
		out.Rights = append(out.Rights, r.String())
	}
	pub, _ := out.key(c.PublicKey)
	if c.SelfSigned() && pub != nil {
		out.SelfSignature = verdictOf(c.CheckSignature(c.PublicKey.Algorithm, pub))
	}
	s.cvRows(out)
	return nil
}

func (s *shown) cvRequest() error {
	s.Kind = "CV certificate request"
	q, err := cvc.ParseRequest(s.data)
	if err != nil {
		return err
	}
	s.note("cvc.request", q.Notes)
	out := shownCV{CAR: q.CAR.String(), CHR: q.CHR.String(), Extensions: hexText(q.Extensions)}
	if q.Outer != nil {
		out.OuterCAR = q.Outer.CAR.String()
	}
	if _, ok := out.key(q.PublicKey); ok {
		_, err := q.Verify()
		out.SelfSignature = verdictOf(err)
	}
	s.cvRows(out)
	return nil
}

// key describes the public key; ok is false where it inherits its parameters.
func (c *shownCV) key(k cvc.PublicKey) (pub any, ok bool) {
	c.KeyAlgorithm = k.Algorithm.String()
	key, err := k.Key(nil)
	if err != nil {
		return nil, false
	}
	c.Key = describeKey(key)
	return key, true
}

func verdictOf(err error) string {
	if err != nil {
		return "wrong"
	}
	return "right"
}

func (s *shown) cvRows(c shownCV) {
	s.Content = c
	s.field(s.tr("authority reference", "mã khóa cơ quan cấp"), c.CAR)
	s.field(s.tr("holder reference", "mã khóa chủ thể"), c.CHR)
	s.field(s.tr("terminal type", "loại thiết bị"), c.Terminal)
	if c.Role != "" {
		s.field(s.tr("role", "vai trò"), c.Role)
		rights := strings.Join(c.Rights, ", ")
		if rights == "" {
			rights = s.tr("none", "không có")
		}
		s.field(s.tr("rights", "quyền"), rights+" ("+c.CHAT+")")
	}
	s.field(s.tr("effective", "hiệu lực từ"), c.Effective)
	s.field(s.tr("expiry", "hết hạn"), c.Expiry)
	key := c.Key
	if key == "" {
		key = s.tr("parameters inherited", "tham số kế thừa")
	}
	s.field(s.tr("key", "khóa"), key+", "+c.KeyAlgorithm)
	s.field(s.tr("extensions", "phần mở rộng"), c.Extensions)
	s.field(s.tr("outer signature by", "chữ ký ngoài của"), c.OuterCAR)
	switch c.SelfSignature {
	case "right":
		s.field(s.tr("signature by its own key", "chữ ký bằng chính khóa này"), s.tr("right", "đúng"))
	case "wrong":
		s.field(s.tr("signature by its own key", "chữ ký bằng chính khóa này"), s.tr("WRONG", "SAI"))
	}
}

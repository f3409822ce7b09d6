package apdu

import "fmt"

// Response is an R-APDU (ISO/IEC 7816-4:2020, 5.1).
type Response struct {
	// Data is the response data field, without the status word.
	Data []byte
	// SW is the status word.
	SW Status
}

// ParseResponse splits an R-APDU into data and status word. The data is not
// copied. An answer of fewer than two bytes is malformed.
func ParseResponse(b []byte) (Response, error) {
	if len(b) < 2 {
		return Response{}, fmt.Errorf("%w: answer of %d bytes, a status word has 2", ErrEncoding, len(b))
	}
	if len(b) > MaxExtendedNe+2 {
		return Response{}, fmt.Errorf("%w: answer of %d bytes, at most %d", ErrEncoding, len(b), MaxExtendedNe+2)
	}
	n := len(b) - 2
	return Response{Data: b[:n:n], SW: Status(b[n])<<8 | Status(b[n+1])}, nil
}

// Encode gives the bytes of r: data, SW1, SW2.
func (r Response) Encode() []byte {
	b := make([]byte, 0, len(r.Data)+2)
	b = append(b, r.Data...)
	return append(b, byte(r.SW>>8), byte(r.SW))
}

// Err is nil if the status word is 9000, and the status word otherwise.
// Warnings (62xx, 63xx) are errors here: who can live with one looks at SW.
func (r Response) Err() error {
	if r.SW == OK {
		return nil
	}
	return r.SW
}

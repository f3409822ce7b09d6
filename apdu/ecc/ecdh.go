package ecc

import "crypto/ecdh"

// ECDH returns the x coordinate of the product with pub, FieldLen bytes
// (TR-03111 v2.1, 4.3.1). pub is checked to be a point of the same curve.
func (k *PrivateKey) ECDH(pub *PublicKey) ([]byte, error) {
	c := k.c
	if err := c.has(pub); err != nil {
		return nil, err
	}
	if std := stdECDH(c); std != nil {
		priv, err := std.NewPrivateKey(k.d.Bytes())
		if err != nil {
			return nil, ErrScalar
		}
		p, err := std.NewPublicKey(pub.Bytes())
		if err != nil {
			return nil, ErrNotOnCurve
		}
		return priv.ECDH(p)
	}
	// The order is prime and the key below it: never infinity.
	x, _, ok := c.arithmetic().Mult(pub.field(pub.X), pub.field(pub.Y), k.d.Bytes())
	if !ok {
		return nil, ErrInfinity
	}
	return x, nil
}

func stdECDH(c *Curve) ecdh.Curve {
	switch c {
	case P256():
		return ecdh.P256()
	case P384():
		return ecdh.P384()
	case P521():
		return ecdh.P521()
	}
	return nil
}

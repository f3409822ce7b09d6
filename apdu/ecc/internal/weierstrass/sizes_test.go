package weierstrass

import "math/big"

// allOps are the fields of all sizes.
var allOps = []ops{ops3(), ops4(), ops5(), ops6(), ops8()}

func ops3() ops {
	binary := func(f func(z, x, y *fe3, m *mod3)) func(m, x, y *big.Int) *big.Int {
		return func(m, x, y *big.Int) *big.Int {
			mm, xx, yy := newMod3(m), limbs3(x), limbs3(y)
			f(&xx, &xx, &yy, &mm) // the result over an operand
			return back(xx[:])
		}
	}
	return ops{
		bits: 64 * 3, add: binary(add3), sub: binary(sub3), mul: binary(mul3),
		invert: func(m, x *big.Int) *big.Int {
			mm := newMod3(m)
			z := mm.from(x)
			mm.invert(&z, &z)
			return new(big.Int).SetBytes(mm.write(z, 8*3))
		},
		loose: func(m, x *big.Int) *big.Int {
			mm := newMod3(m)
			return new(big.Int).SetBytes(mm.write(mm.read(x.Bytes()), 8*3))
		},
		isZero: func(_, x *big.Int) bool { z := limbs3(x); return isZero3(&z) != 0 },
		moveWorks: func(m, x *big.Int) bool {
			z, v := limbs3(m), limbs3(x)
			move3(&z, &v, 0)
			kept := z == limbs3(m)
			move3(&z, &v, ^uint64(0))
			return kept && z == v
		},
	}
}

func ops4() ops {
	binary := func(f func(z, x, y *fe4, m *mod4)) func(m, x, y *big.Int) *big.Int {
		return func(m, x, y *big.Int) *big.Int {
			mm, xx, yy := newMod4(m), limbs4(x), limbs4(y)
			f(&xx, &xx, &yy, &mm) // the result over an operand
			return back(xx[:])
		}
	}
	return ops{
		bits: 64 * 4, add: binary(add4), sub: binary(sub4), mul: binary(mul4),
		invert: func(m, x *big.Int) *big.Int {
			mm := newMod4(m)
			z := mm.from(x)
			mm.invert(&z, &z)
			return new(big.Int).SetBytes(mm.write(z, 8*4))
		},
		loose: func(m, x *big.Int) *big.Int {
			mm := newMod4(m)
			return new(big.Int).SetBytes(mm.write(mm.read(x.Bytes()), 8*4))
		},
		isZero: func(_, x *big.Int) bool { z := limbs4(x); return isZero4(&z) != 0 },
		moveWorks: func(m, x *big.Int) bool {
			z, v := limbs4(m), limbs4(x)
			move4(&z, &v, 0)
			kept := z == limbs4(m)
			move4(&z, &v, ^uint64(0))
			return kept && z == v
		},
	}
}

func ops5() ops {
	binary := func(f func(z, x, y *fe5, m *mod5)) func(m, x, y *big.Int) *big.Int {
		return func(m, x, y *big.Int) *big.Int {
			mm, xx, yy := newMod5(m), limbs5(x), limbs5(y)
			f(&xx, &xx, &yy, &mm) // the result over an operand
			return back(xx[:])
		}
	}
	return ops{
		bits: 64 * 5, add: binary(add5), sub: binary(sub5), mul: binary(mul5),
		invert: func(m, x *big.Int) *big.Int {
			mm := newMod5(m)
			z := mm.from(x)
			mm.invert(&z, &z)
			return new(big.Int).SetBytes(mm.write(z, 8*5))
		},
		loose: func(m, x *big.Int) *big.Int {
			mm := newMod5(m)
			return new(big.Int).SetBytes(mm.write(mm.read(x.Bytes()), 8*5))
		},
		isZero: func(_, x *big.Int) bool { z := limbs5(x); return isZero5(&z) != 0 },
		moveWorks: func(m, x *big.Int) bool {
			z, v := limbs5(m), limbs5(x)
			move5(&z, &v, 0)
			kept := z == limbs5(m)
			move5(&z, &v, ^uint64(0))
			return kept && z == v
		},
	}
}

func ops6() ops {
	binary := func(f func(z, x, y *fe6, m *mod6)) func(m, x, y *big.Int) *big.Int {
		return func(m, x, y *big.Int) *big.Int {
			mm, xx, yy := newMod6(m), limbs6(x), limbs6(y)
			f(&xx, &xx, &yy, &mm) // the result over an operand
			return back(xx[:])
		}
	}
	return ops{
		bits: 64 * 6, add: binary(add6), sub: binary(sub6), mul: binary(mul6),
		invert: func(m, x *big.Int) *big.Int {
			mm := newMod6(m)
			z := mm.from(x)
			mm.invert(&z, &z)
			return new(big.Int).SetBytes(mm.write(z, 8*6))
		},
		loose: func(m, x *big.Int) *big.Int {
			mm := newMod6(m)
			return new(big.Int).SetBytes(mm.write(mm.read(x.Bytes()), 8*6))
		},
		isZero: func(_, x *big.Int) bool { z := limbs6(x); return isZero6(&z) != 0 },
		moveWorks: func(m, x *big.Int) bool {
			z, v := limbs6(m), limbs6(x)
			move6(&z, &v, 0)
			kept := z == limbs6(m)
			move6(&z, &v, ^uint64(0))
			return kept && z == v
		},
	}
}

func ops8() ops {
	binary := func(f func(z, x, y *fe8, m *mod8)) func(m, x, y *big.Int) *big.Int {
		return func(m, x, y *big.Int) *big.Int {
			mm, xx, yy := newMod8(m), limbs8(x), limbs8(y)
			f(&xx, &xx, &yy, &mm) // the result over an operand
			return back(xx[:])
		}
	}
	return ops{
		bits: 64 * 8, add: binary(add8), sub: binary(sub8), mul: binary(mul8),
		invert: func(m, x *big.Int) *big.Int {
			mm := newMod8(m)
			z := mm.from(x)
			mm.invert(&z, &z)
			return new(big.Int).SetBytes(mm.write(z, 8*8))
		},
		loose: func(m, x *big.Int) *big.Int {
			mm := newMod8(m)
			return new(big.Int).SetBytes(mm.write(mm.read(x.Bytes()), 8*8))
		},
		isZero: func(_, x *big.Int) bool { z := limbs8(x); return isZero8(&z) != 0 },
		moveWorks: func(m, x *big.Int) bool {
			z, v := limbs8(m), limbs8(x)
			move8(&z, &v, 0)
			kept := z == limbs8(m)
			move8(&z, &v, ^uint64(0))
			return kept && z == v
		},
	}
}

// back reads limbs, least significant first.
func back(z []uint64) *big.Int { return new(big.Int).SetBytes(storeLimbs(z, 8*len(z))) }

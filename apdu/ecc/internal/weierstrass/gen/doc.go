// Command gen writes the arithmetic of package weierstrass for each number of
// 64-bit limbs: an unrolled Montgomery field (field3.go …) and the curve
// operations on it (curve3.go …, from curve.tmpl). Run it with go generate.
package main

// Package der shows the parts of X.509 and CMS structures as they stand in the
// bytes: string types, forms of times, criticality that is spelled out, lengths.
// Rules judge the encoding; readers such as cardprofile/pki want the meaning and
// have forgotten the rest.
//
// It knows no rule, and it leans on no reader that rules are to help.
package der

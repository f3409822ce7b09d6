// Package online carries questions to an issuing State's verification service over
// HTTPS with certificates on both sides, for inspect.OnLine.
//
// It moves bytes: that an answer is the authority's, fresh, and about this very
// chip is checked in cardprofile/inspect, whoever brought it. Nothing here decides
// anything, and nothing reads a question or an answer.
package online

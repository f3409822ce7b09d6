package gp

import "errors"

// Errors of the secure channel and of commands. A status that the card
// answered with is wrapped as apdu.Status beside them.
var (
	// ErrCryptogram: the card does not know the keys, or the keys are not
	// this card's. Nothing was sent after INITIALIZE UPDATE. Cards count
	// failures and block: do not simply try again.
	ErrCryptogram = errors.New("gp: card cryptogram is wrong")
	// ErrProtocol: the card offers another secure channel protocol, mode or
	// key version than the one asked for.
	ErrProtocol = errors.New("gp: secure channel protocol not supported")
	// ErrLevel: the security level does not exist or the card cannot do it.
	ErrLevel = errors.New("gp: security level not supported")
	// ErrUnprotected: an answer came without the protection it must have.
	ErrUnprotected = errors.New("gp: unprotected answer inside the secure channel")
	// ErrMAC: the MAC of an answer, or its padding, is wrong.
	ErrMAC = errors.New("gp: answer has a wrong MAC")
	// ErrClosed: the channel has ended, after an error or by Close.
	ErrClosed = errors.New("gp: secure channel is closed")
	// ErrTooLong: data do not fit the command.
	ErrTooLong = errors.New("gp: too long")
	// ErrAnswer: the card's answer is not of the form it must have.
	ErrAnswer = errors.New("gp: malformed answer")
	// ErrKeyCheck: a key check value is not the one expected.
	ErrKeyCheck = errors.New("gp: key check value differs")
	// ErrEncoding: something to be sent cannot be written.
	ErrEncoding = errors.New("gp: cannot be encoded")
)

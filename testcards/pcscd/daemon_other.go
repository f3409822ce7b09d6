//go:build !linux

package pcscd

import (
	"context"
	"fmt"
)

type daemon struct{}

func start(context.Context, Options) (*Daemon, error) {
	return nil, fmt.Errorf("%w: it needs the mount namespaces of Linux", ErrUnavailable)
}

func (*daemon) use() error                    { return ErrUnavailable }
func (*daemon) socket() string                { return "" }
func (*daemon) readers() []*Reader            { return nil }
func (*daemon) kill() error                   { return ErrUnavailable }
func (*daemon) restart(context.Context) error { return ErrUnavailable }
func (*daemon) stop() error                   { return nil }

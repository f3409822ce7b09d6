//go:build !unix

package audit

import (
	"context"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Open is ErrUnsupported here: Tessera writes its files on Unix systems only.
func Open(context.Context, *store.Store, Options) (*Log, error) { return nil, ErrUnsupported }

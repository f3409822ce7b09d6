package gp

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// maxBlocks is how many blocks P2 of STORE DATA can number (GPCS, 11.11.2.2).
const maxBlocks = 256

// StoreOptions of STORE DATA.
type StoreOptions struct {
	// MaxData is the most data bytes of a command; zero means what the Sender's
	// MaxData says if it is a *Channel, else 255.
	MaxData int
	// More: the last block of these is not the last of the personalization,
	// and FirstBlock is the number of the first one.
	More       bool
	FirstBlock int
	// WrapBlocks lets block numbers go on with 00 after FF, for applets that
	// take more than 256 blocks. Without it more blocks are ErrTooLong.
	WrapBlocks bool
	// OneDGIPerBlock starts a new command for every grouping, for applets
	// that look at one grouping a command.
	OneDGIPerBlock bool
	// Progress, if set, is called after each block with the number of blocks
	// done and planned.
	Progress func(done, planned int)
}

// StoreData sends data groupings with STORE DATA (GPCS, 11.11): as many as
// fit into a block together, a longer one over as many blocks as it needs,
// encrypted ones in blocks of their own kind; P1 marks the last block.
// Everything is planned before the first byte is sent. It returns the number
// of blocks. The Sender is an open channel whose application has been put
// into personalization by [InstallForPersonalization], or whose security
// domain itself takes the data.
func StoreData(ctx context.Context, s apdu.Sender, groups []DGI, o StoreOptions) (int, error) {
	if o.MaxData == 0 {
		o.MaxData = apdu.MaxShortData
		if c, ok := s.(interface{ MaxData() int }); ok {
			o.MaxData = c.MaxData()
		}
	}
	blocks, err := planStoreData(groups, o)
	if err != nil {
		return 0, err
	}
	for i, c := range blocks {
		if _, err := apdu.Do(ctx, s, c); err != nil {
			return i, fmt.Errorf("gp: block %d of %d: %w", i+1, len(blocks), err)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(blocks))
		}
	}
	return len(blocks), nil
}

// PlanStoreData returns the commands that StoreData would send.
func PlanStoreData(groups []DGI, o StoreOptions) ([]apdu.Command, error) {
	if o.MaxData == 0 {
		o.MaxData = apdu.MaxShortData
	}
	return planStoreData(groups, o)
}

func planStoreData(groups []DGI, o StoreOptions) ([]apdu.Command, error) {
	if o.MaxData < 16 || o.MaxData > apdu.MaxExtendedData {
		return nil, fmt.Errorf("%w: blocks of %d bytes", ErrEncoding, o.MaxData)
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("%w: nothing to store", ErrEncoding)
	}
	var (
		plan  []apdu.Command
		block []byte
		flag  byte
	)
	flush := func() {
		if len(block) > 0 {
			plan = append(plan, apdu.Command{CLA: 0x80, INS: 0xE2, P1: storeDGI | flag, Data: block})
			block = nil
		}
	}
	for _, g := range groups {
		b, err := g.Encode()
		if err != nil {
			return nil, err
		}
		f := byte(0)
		if g.Encrypted {
			f = storeEncrypted
		}
		// A grouping that would not fit begins a block of its own, so that
		// short ones are never split; nor is a header.
		if o.OneDGIPerBlock || f != flag || len(block)+len(b) > o.MaxData {
			flush()
		}
		flag = f
		for len(b) > 0 {
			n := min(len(b), o.MaxData-len(block))
			block = append(block, b[:n]...)
			b = b[n:]
			if len(block) == o.MaxData {
				flush()
			}
		}
	}
	flush()
	if o.FirstBlock < 0 || o.FirstBlock+len(plan) > maxBlocks && !o.WrapBlocks {
		return nil, fmt.Errorf("%w: %d blocks from %d, P2 counts %d", ErrTooLong, len(plan), o.FirstBlock, maxBlocks)
	}
	for i := range plan {
		plan[i].P2 = byte(o.FirstBlock + i)
	}
	if !o.More {
		plan[len(plan)-1].P1 |= storeLast
	}
	return plan, nil
}

// EncryptDGI encrypts a value under Key-DEK for STORE DATA. A value that is
// not whole blocks of 16 bytes is filled up with 80 00 … (Amd D, 7.3, leaves
// the bytes open); the reader must know the true length from the content.
// keys must be a [DataEncrypter] too.
func EncryptDGI(ctx context.Context, keys StaticKeys, id uint16, value []byte) (DGI, error) {
	e, ok := keys.(DataEncrypter)
	if !ok {
		return DGI{}, fmt.Errorf("%w: these keys do not encrypt data", ErrEncoding)
	}
	if len(value) == 0 {
		return DGI{}, fmt.Errorf("%w: DGI %04X is empty", ErrEncoding, id)
	}
	p := fill(value)
	defer clear(p)
	c, err := e.EncryptUnderDEK(ctx, p)
	if err != nil {
		return DGI{}, fmt.Errorf("gp: encrypt DGI %04X: %w", id, err)
	}
	return DGI{ID: id, Value: c, Encrypted: true}, nil
}

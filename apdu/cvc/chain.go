package cvc

import (
	"fmt"
	"slices"
)

// maxLinks bounds the certificates of a chain; three years a link.
const maxLinks = 64

// FindChain picks from certs, in any order, those that lead from one of the
// references that a chip names, the most recent first, to a terminal: link
// certificates, DV, terminal. holder names the terminal, or is empty for any.
// The chain from the most recent reference is preferred, then the shortest,
// then certificates with the latest expiration. Signatures are not looked at.
// ErrIssuer if nothing leads there.
func FindChain(certs []*Certificate, from []Reference, holder Reference) ([]*Certificate, error) {
	sorted := slices.Clone(certs)
	slices.SortStableFunc(sorted, func(a, b *Certificate) int { return b.Expiration.number() - a.Expiration.number() })
	for _, ref := range from {
		if chain := walk(sorted, ref, holder); chain != nil {
			return chain, nil
		}
	}
	return nil, fmt.Errorf("%w: no certificates lead from what the chip trusts to a terminal", ErrIssuer)
}

// walk is a breadth-first search along the names, by role: the first chain
// found is the shortest.
func walk(certs []*Certificate, from, holder Reference) []*Certificate {
	type node struct {
		name Reference
		role Role
	}
	type path struct {
		node
		certs []*Certificate
	}
	queue := []path{{node: node{from, RoleCVCA}}}
	seen := map[node]bool{queue[0].node: true}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if len(p.certs) == maxLinks {
			continue
		}
		for _, c := range certs {
			role := c.CHAT.Role()
			if c.CAR != p.name || c.SelfSigned() || !leads(p.role, role) {
				continue
			}
			chain := append(slices.Clone(p.certs), c)
			if role == RoleTerminal {
				if holder == "" || c.CHR == holder {
					return chain
				}
				continue
			}
			next := node{c.CHR, role}
			if !seen[next] {
				seen[next] = true
				queue = append(queue, path{next, chain})
			}
		}
	}
	return nil
}

func leads(issuer, holder Role) bool {
	if issuer == RoleCVCA {
		return holder != RoleTerminal
	}
	return issuer.isDV() && holder == RoleTerminal
}

// Rights is the effective authorization that a chain gives its last holder, as
// far as the certificates tell: the root's own is the chip's to know.
// ErrTerminalType, ErrFormat for an empty chain.
func Rights(chain []*Certificate) (CHAT, error) {
	if len(chain) == 0 {
		return CHAT{}, fmt.Errorf("%w: no certificates", ErrFormat)
	}
	effective := chain[0].CHAT
	for i, c := range chain[1:] {
		own, err := effective.And(c.CHAT)
		if err != nil {
			return CHAT{}, fmt.Errorf("certificate %d: %w", i+2, err)
		}
		if c.CHAT.Role() == RoleCVCA {
			own = c.CHAT
		}
		effective = own
	}
	return effective, nil
}

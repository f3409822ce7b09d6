package console

import (
	"context"
	"regexp"
	"slices"

	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type decide func(o *office.Office, ctx context.Context, cardID int64, person string) (office.Decision, error)

var personName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,39}$`)

// NameOK says whether somebody may be called so at the console.
func NameOK(name string) bool { return personName.MatchString(name) }

// RoleOK says whether there is such a role.
func RoleOK(r store.Role) bool { return slices.Contains(store.Roles, r) }

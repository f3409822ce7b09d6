package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/chipid-toolkit/chipid/cmd/internal/console"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newConsoleUserCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "People who may log in at the console",
		Long: `user adds people, changes them, and lists them. A password comes from the terminal, or
from --password file:PATH or env:NAME; it has 10 characters at least.

Example:
  chipid console user add lan --role supervisor
  chipid console user add minh --role operator --password file:minh.txt
  chipid console user disable minh
  chipid console user list

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
	}
	put := func(use, short, long string, change func(p *store.Person, found bool, role, password string) error) *cobra.Command {
		var db storeflags.Flags
		var role, password string
		c := &cobra.Command{Use: use + " NAME", Short: short, Args: cobra.ExactArgs(1),
			Long: long + "\n\nExample:\n  chipid console user " + use + " lan\n\nExit statuses:\n" + exitHelp(exitOK, exitFault, exitUsage),
			RunE: func(cmd *cobra.Command, args []string) error {
				ctx := cmd.Context()
				if !console.NameOK(args[0]) {
					return usagef("a name is letters, digits, blanks and .-_, 40 at most")
				}
				st, err := db.Open(ctx, "")
				if err != nil {
					return err
				}
				defer st.Close()
				var p store.Person
				err = st.Do(ctx, "person", func(tx *store.Tx) (err error) {
					p, err = tx.Person(ctx, args[0])
					return err
				})
				found := err == nil
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				p.Name = args[0]
				if err := change(&p, found, role, password); err != nil {
					return err
				}
				var d deciding
				return st.Do(ctx, "person", func(tx *store.Tx) error { return tx.PutPerson(ctx, p, d.person()) })
			}}
		db.Register(c.Flags())
		if use == "add" {
			c.Flags().StringVar(&role, "role", "", "operator, supervisor or auditor")
			_ = c.MarkFlagRequired("role")
		}
		if use != "disable" {
			c.Flags().StringVar(&password, "password", "", "file:PATH or env:NAME (default asked at the terminal)")
		}
		return c
	}
	setPassword := func(p *store.Person, source string) error {
		secret, err := secretSource("--password", source)
		if err == nil && source == "" {
			secret, err = askPassword(env)
		}
		if err != nil {
			return err
		}
		if p.Password, err = console.HashPassword(secret); err != nil {
			return usageError{err: err}
		}
		return nil
	}
	missing := func(p *store.Person) error { return usagef("there is nobody called %s", p.Name) }
	cmd.AddCommand(
		put("add", "Add somebody, or change his role", "add lets somebody log in.", func(p *store.Person, _ bool, role, password string) error {
			if p.Role = store.Role(role); !console.RoleOK(p.Role) {
				return usagef("--role is none of operator, supervisor, auditor")
			}
			p.Disabled = false
			return setPassword(p, password)
		}),
		put("passwd", "Change somebody's password", "passwd changes a password and ends that person's sessions.", func(p *store.Person, found bool, _, password string) error {
			if !found {
				return missing(p)
			}
			return setPassword(p, password)
		}),
		put("disable", "Let somebody log in no more", "disable ends somebody's sessions and lets him log in no more.", func(p *store.Person, found bool, _, _ string) error {
			if !found {
				return missing(p)
			}
			p.Disabled = true
			return nil
		}),
		newConsoleUserListCmd(env),
	)
	return cmd
}

func newConsoleUserListCmd(env *env) *cobra.Command {
	var db storeflags.Flags
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List who may log in", Args: cobra.NoArgs,
		Long: "list prints names and roles.\n\nExample:\n  chipid console user list --json\n\nExit statuses:\n" + exitHelp(exitOK, exitFault, exitUsage),
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := db.Open(cmd.Context(), "")
			if err != nil {
				return err
			}
			defer st.Close()
			var people []store.Person
			if err := st.Do(cmd.Context(), "people", func(tx *store.Tx) (err error) {
				people, err = tx.People(cmd.Context())
				return err
			}); err != nil {
				return err
			}
			type personJSON struct {
				Name     string     `json:"name"`
				Role     store.Role `json:"role"`
				Disabled bool       `json:"disabled"`
			}
			list := []personJSON{}
			for _, p := range people {
				list = append(list, personJSON{p.Name, p.Role, p.Disabled})
			}
			if asJSON {
				return printJSON(env, list)
			}
			t := newTable(env.Stdout)
			for _, p := range list {
				state := ""
				if p.Disabled {
					state = env.tr("may not log in", "không được đăng nhập")
				}
				t.row(p.Name, p.Role, state)
			}
			t.flush()
			return nil
		}}
	db.Register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// askPassword asks at the terminal, without echo; there is nobody to ask elsewhere.
func askPassword(env *env) (string, error) {
	f, ok := env.Stdin.(*os.File)
	if !ok || !terminal(env.Stdin) {
		return "", usagef("--password: give file:PATH or env:NAME, or run at a terminal")
	}
	env.Stderr.Write([]byte(env.tr("New password: ", "Mật khẩu mới: ")))
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(env.Stderr)
	if err != nil {
		return "", err
	}
	return string(b), nil
}

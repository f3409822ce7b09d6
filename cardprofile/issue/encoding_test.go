package issue_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// A card goes the whole way, from the record to the portrait on the officer's
// screen, in both encodings of the face (Doc 9303-10 (8th ed.), 4.5.6).
func TestBothEncodingsOfTheFace(t *testing.T) {
	ctx, is := context.Background(), newIssuer(t)
	for _, encoding := range []biometric.Encoding{biometric.ISO19794, biometric.ISO39794} {
		t.Run(encoding.String(), func(t *testing.T) {
			first := plan(t, 1)
			p := *first.Profile
			p.DataGroups = slices.Clone(p.DataGroups)
			for i := range p.DataGroups {
				switch p.DataGroups[i].Number {
				case 2:
					p.DataGroups[i].Encoding = encoding.String()
				case 3: // an issuer of fingerprints, and a holder who has none
					p.DataGroups[i].Optional = false
				}
			}
			pl, err := issue.NewPlan(&p, first.Record, first.Portrait)
			if err != nil {
				t.Fatal(err)
			}
			c := blank(t, is)
			card, err := is.Personalize(ctx, c, pl, issue.Options{Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range card.Files {
				if f.Name != "EF.DG3" {
					continue
				}
				d, devs, err := lds.ParseDG3(f.Bytes)
				if err != nil || len(devs) > 0 || len(d.Items) != 0 || len(d.Padding) != 16 {
					t.Errorf("DG3: %v %v", devs, err)
				}
			}
			access, err := inspect.ByCAN(string(pl.CAN.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Reset(ctx); err != nil {
				t.Fatal(err)
			}
			v, err := inspect.Inspect(ctx, c, access, is.trust, inspect.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if v.Outcome != inspect.ResultPassed || len(v.Deviations) > 0 {
				t.Fatalf("%s %v", v.Outcome, v.Deviations)
			}
			if !bytes.Equal(v.Portrait(), pl.Portrait) || v.Document.Portrait == nil || v.Document.Portrait.Width == 0 {
				t.Errorf("portrait %+v", v.Document.Portrait)
			}
			for _, f := range v.Files() {
				if f.Name != "EF.DG2" {
					continue
				}
				d, _, err := lds.ParseDG2(f.Bytes)
				if err != nil {
					t.Fatal(err)
				}
				face, ok := d.Portrait()
				if !ok || face.Encoding != encoding || !bytes.Equal(face.Image, pl.Portrait) || d.Items[0].Encoding() != encoding {
					t.Errorf("%v", face.Encoding)
				}
			}
		})
	}
}

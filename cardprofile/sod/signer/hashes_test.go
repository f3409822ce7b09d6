package signer_test

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// hashed is the request with some data groups, or all, as hashes.
func hashed(r signer.Request, numbers ...int) signer.Request {
	r.Hash = crypto.SHA256
	groups := r.Groups
	r.Groups = nil
	for _, f := range groups {
		id, _ := lds.FileByName(f.Name)
		if len(numbers) > 0 && !slices.Contains(numbers, id.Number()) {
			r.Groups = append(r.Groups, f)
			continue
		}
		h := r.Hash.New()
		h.Write(f.Bytes)
		r.Hashes = append(r.Hashes, sod.GroupHash{Number: id.Number(), Hash: h.Sum(nil)})
	}
	if len(numbers) == 0 || slices.Contains(numbers, 14) || slices.Contains(numbers, 15) {
		r.ChipKeys = nil
	}
	if len(numbers) == 0 || slices.Contains(numbers, 1) {
		r.Stated = &signer.Stated{Code: "ID", State: "VNM", Expiry: cardprofile.DateOf(today).AddYears(10)}
	}
	return r
}

// TestHashes: hashes give the object that whole data groups give.
func TestHashes(t *testing.T) {
	w := newWorld(t)
	w.add(t, w.signer(t, 3, nil))
	whole := request(t)
	whole.Hash = crypto.SHA256
	job, err := w.pool.Prepare(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]signer.Request{"all": hashed(request(t)), "DG2": hashed(request(t), 2), "all but the keys": hashed(request(t), 1, 2, 13)} {
		other, err := w.pool.Prepare(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(other.Attributes()) != string(job.Attributes()) {
			t.Errorf("%s: another object", name)
		}
		file, err := other.Issue(context.Background())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := sod.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		v := sod.Verify(s, w.pool.Trust, pki.VerifyOptions{Now: today})
		for _, f := range whole.Groups {
			if c := v.CheckHash(f); c.Outcome != pki.Passed {
				t.Errorf("%s: %s: %s", name, f.Name, c.Reason)
			}
		}
	}
}

func TestRefusesHashes(t *testing.T) {
	w := newWorld(t)
	w.add(t, w.signer(t, 3, nil))
	for name, c := range map[string]struct {
		rule   string
		in     signer.Request
		change func(*signer.Request)
	}{
		"length":               {signer.RuleHash, hashed(request(t)), func(r *signer.Request) { r.Hashes[2].Hash = r.Hashes[2].Hash[:31] }},
		"another algorithm":    {signer.RuleHash, hashed(request(t)), func(r *signer.Request) { r.Hash = crypto.SHA384 }},
		"no algorithm":         {signer.RuleHash, hashed(request(t)), func(r *signer.Request) { r.Hash = 0 }},
		"twice":                {signer.RuleGroup, hashed(request(t)), func(r *signer.Request) { r.Hashes = append(r.Hashes, r.Hashes[0]) }},
		"whole and hash":       {signer.RuleGroup, hashed(request(t), 2), func(r *signer.Request) { r.Hashes[0].Number = 1 }},
		"no such group":        {signer.RuleGroup, hashed(request(t)), func(r *signer.Request) { r.Hashes[2].Number = 17 }},
		"DG2 missing":          {signer.RuleGroup, hashed(request(t), 2), func(r *signer.Request) { r.Hashes = nil }},
		"EF.COM lists another": {"document.com.sod", hashed(request(t)), func(r *signer.Request) { r.Hashes[len(r.Hashes)-1].Number = 16 }},
		"EF.COM, whole groups": {"document.com.sod", request(t), func(r *signer.Request) {
			r.ChipKeys = nil
			r.Groups = slices.DeleteFunc(r.Groups, func(f lds.File) bool { return f.Name == "EF.DG13" })
		}},
		"keys against hashes": {signer.RuleChipKey, hashed(request(t)), func(r *signer.Request) { r.ChipKeys = request(t).ChipKeys }},
		"nothing stated":      {signer.RuleStated, hashed(request(t)), func(r *signer.Request) { r.Stated = nil }},
		"stated beside DG1":   {signer.RuleStated, request(t), func(r *signer.Request) { r.Stated = &signer.Stated{} }},
		"no expiry":           {signer.RuleStated, hashed(request(t)), func(r *signer.Request) { r.Stated.Expiry = cardprofile.Date{} }},
		"expired":             {signer.RuleExpired, hashed(request(t)), func(r *signer.Request) { r.Stated.Expiry = cardprofile.DateOf(today.AddDate(0, 0, -1)) }},
		"type":                {signer.RuleType, hashed(request(t)), func(r *signer.Request) { r.Stated.Code = "V" }},
		"state":               {signer.RuleState, hashed(request(t)), func(r *signer.Request) { r.Stated.State = "UTO" }},
		"outlasts":            {signer.RuleOutlasts, hashed(request(t)), func(r *signer.Request) { r.Stated.Expiry = r.Stated.Expiry.AddYears(30) }},
	} {
		c.change(&c.in)
		_, err := w.pool.Prepare(c.in)
		var broken *signer.RuleError
		var none *signer.NoSignerError
		switch {
		case errors.As(err, &broken) && broken.Rule == c.rule && broken.Where != "":
		case errors.As(err, &none) && none.Rule == c.rule && errors.Is(err, signer.ErrNoSigner):
		default:
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
	}
}

package lds

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// maxFeature bounds one feature of DG8 and DG10 in bytes (Doc 9303-10 (8th ed.),
// tables 66 and 70); DG9 has no bound.
const maxFeature = 999

// Features is the content of DG8, data features, DG9, structure features, and
// DG10, substance features (Doc 9303-10 (8th ed.), 4.7.8 to 4.7.10). The standard
// has their frame alone; what is inside is the issuing State's.
type Features struct {
	Group   int        // 8, 9 or 10
	Stated  int        // number of features as the file gives it, NotStated when it does not
	Items   []tlv.Node // the objects behind the number, as read
	Content []byte     // all inside the outer tag, as read
}

// ParseDG8 reads the data features.
func ParseDG8(b []byte) (*Features, []cardprofile.Deviation, error) { return parseFeatures(8, b) }

// ParseDG9 reads the structure features.
func ParseDG9(b []byte) (*Features, []cardprofile.Deviation, error) { return parseFeatures(9, b) }

// ParseDG10 reads the substance features.
func ParseDG10(b []byte) (*Features, []cardprofile.Deviation, error) { return parseFeatures(10, b) }

func parseFeatures(group int, b []byte) (*Features, []cardprofile.Deviation, error) {
	n, rule := groupNotes(group)
	node, err := open(b, fileIDs[group].Tag, n, rule)
	if err != nil {
		return nil, n.list, err
	}
	f := &Features{Group: group, Stated: NotStated, Content: node.Value}
	objects, err := node.Children()
	if err != nil {
		n.add(rule+".content", "the content is no sequence of data objects")
		return f, n.list, nil
	}
	for i, o := range objects {
		n.minimal(o, rule)
		if o.Tag == tagCount && f.Stated == NotStated {
			if i > 0 {
				n.add(rule+".order", "the number of features does not come first")
			}
			f.Stated = n.count(o, rule)
			continue
		}
		if group != 9 && len(o.Value) > maxFeature {
			n.add(rule+".length", "an element %s is longer than %d bytes", o.Tag, maxFeature)
		}
		f.Items = append(f.Items, o)
	}
	if f.Stated < 1 || f.Stated > 9 {
		n.add(rule+".count", "the number of features is not given as 1 to 9")
	}
	if len(f.Items) == 0 {
		n.add(rule+".content", "there is no feature")
	}
	return f, n.list, nil
}

// EncodeFeatures writes DG8, DG9 or DG10 for count features, each of which may
// be in more than one item; an item is one whole data object.
func EncodeFeatures(group, count int, items ...[]byte) ([]byte, error) {
	if group < 8 || group > 10 {
		return nil, unbuilt("DG%d holds no features", group)
	}
	if count < 1 || count > 9 || len(items) < count {
		return nil, unbuilt("DG%d: %d features in %d data objects, 1 to 9 fit", group, count, len(items))
	}
	parts := [][]byte{tlv.Encode(tagCount, []byte{byte(count)})}
	for i, item := range items {
		node, rest, err := tlv.Parse(item)
		switch {
		case err != nil, len(rest) > 0, !node.Minimal(), node.Tag == tagCount:
			return nil, unbuilt("DG%d: item %d is not one data object of a feature", group, i+1)
		case group != 9 && len(node.Value) > maxFeature:
			return nil, unbuilt("DG%d: item %d is longer than %d bytes", group, i+1, maxFeature)
		}
		parts = append(parts, item)
	}
	return tlv.Encode(fileIDs[group].Tag, parts...), nil
}

// Reserved is the content of DG6, which has no meaning yet (Doc 9303-10 (8th
// ed.), 4.7.6). There is nothing to build.
type Reserved struct {
	Content []byte // as read
}

// ParseDG6 reads the data group that is reserved. Content in it is a deviation.
func ParseDG6(b []byte) (*Reserved, []cardprofile.Deviation, error) {
	n, rule := groupNotes(6)
	node, err := open(b, fileIDs[6].Tag, n, rule)
	if err != nil {
		return nil, n.list, err
	}
	if len(node.Value) > 0 {
		n.add(rule+".reserved", "%d bytes in a data group that is reserved", len(node.Value))
	}
	return &Reserved{Content: node.Value}, n.list, nil
}

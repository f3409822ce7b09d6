package sight

import "slices"

// share is the value below which a share of the values lies.
func share(v []float32, part float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return float64(s[int(part*float64(len(s)-1))])
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

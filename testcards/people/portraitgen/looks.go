package main

import "image/color"

// look is one drawn person. Lengths are pixels of the picture.
type look struct {
	skin     tone
	hair     style
	hairTint color.RGBA
	wear     clothes
	cloth    color.RGBA
	trim     color.RGBA
	backdrop color.RGBA

	wide     float64 // half the face's width at the cheeks
	jaw      float64 // half its width at the jaw
	chin     float64 // where the chin ends
	brow     float64 // thickness of the eyebrows
	eye      float64 // opening of the eyes, 1 is medium
	nose     float64 // half the nose's width
	smile    float64 // how far the mouth's ends rise
	lips     bool    // coloured lips and longer lashes
	age      int     // 0 smooth, 1 and 2 draw lines
	glasses  color.RGBA
	mole     [2]float64
	beard    float64 // 0 to 1: shade of a shaven beard, over 1 a moustache
	earrings bool
}

// tone is a skin colour with its shadow and its light.
type tone struct{ base, shade, light, lip color.RGBA }

var (
	fair  = tone{rgb(0xF6D7BD), rgb(0xE3B595), rgb(0xFCE6D3), rgb(0xD98A7C)}
	warm  = tone{rgb(0xEFC6A2), rgb(0xD9A27B), rgb(0xF8D9BC), rgb(0xC97C6A)}
	honey = tone{rgb(0xE2B189), rgb(0xC58D64), rgb(0xEEC6A4), rgb(0xB96D5A)}
	tan_  = tone{rgb(0xCE9A70), rgb(0xAE784F), rgb(0xDDB08A), rgb(0xA55F4C)}
	brown = tone{rgb(0xB37F58), rgb(0x935F3C), rgb(0xC6956E), rgb(0x8E4E40)}
)

var (
	black    = rgb(0x211C20)
	darkest  = rgb(0x2B2120)
	chestnut = rgb(0x46302A)
	auburn   = rgb(0x5B3A2C)
	grey     = rgb(0x86868C)
	silver   = rgb(0xC3C4C9)
	none     = color.RGBA{}

	sky   = rgb(0xCFE1EE)
	mist  = rgb(0xDDE7EA)
	paper = rgb(0xE6ECEF)
	pale  = rgb(0xD3E3E3)
	blue  = rgb(0xBBD3E6)
)

// looks are the portraits, in the order of the batch file's rows.
var looks = []look{
	{skin: warm, hair: sidePart, hairTint: black, wear: suit, cloth: rgb(0x2F3E55), trim: rgb(0xA3333B), backdrop: sky, wide: 101, jaw: 76, chin: 434, brow: 9, eye: 1, nose: 21, smile: 3, beard: 0.25},
	{skin: fair, hair: longCentre, hairTint: darkest, wear: blouse, cloth: rgb(0xF4F2EE), trim: rgb(0xD8D3CB), backdrop: blue, wide: 97, jaw: 66, chin: 430, brow: 6, eye: 1.1, nose: 18, smile: 5, lips: true, earrings: true},
	{skin: fair, hair: bob, hairTint: chestnut, wear: roundNeck, cloth: rgb(0x7FA69A), trim: rgb(0x6A9083), backdrop: paper, wide: 99, jaw: 68, chin: 428, brow: 6, eye: 1.25, nose: 17, smile: 6, lips: true},
	{skin: honey, hair: crewCut, hairTint: black, wear: polo, cloth: rgb(0x5E6B52), trim: rgb(0x49553F), backdrop: mist, wide: 106, jaw: 88, chin: 436, brow: 11, eye: 0.85, nose: 24, smile: 1, beard: 0.6, age: 1},
	{skin: warm, hair: permed, hairTint: rgb(0x4A3B38), wear: aoDai, cloth: rgb(0x7C2E4B), trim: rgb(0xD9B36C), backdrop: sky, wide: 102, jaw: 74, chin: 428, brow: 5, eye: 0.9, nose: 20, smile: 5, lips: true, age: 1, earrings: true},
	{skin: honey, hair: receding, hairTint: silver, wear: shirt, cloth: rgb(0xE9E6DC), trim: rgb(0xCFC9B8), backdrop: mist, wide: 100, jaw: 76, chin: 438, brow: 8, eye: 0.75, nose: 23, smile: 2, age: 2, glasses: rgb(0x5B4636)},
	{skin: brown, hair: curly, hairTint: black, wear: woven, cloth: rgb(0x2A2430), trim: rgb(0xB83A32), backdrop: paper, wide: 103, jaw: 82, chin: 434, brow: 10, eye: 1.05, nose: 25, smile: 4, beard: 0.3},
	{skin: fair, hair: bun, hairTint: black, wear: aoDai, cloth: rgb(0x5A4B9A), trim: rgb(0xC9B8F0), backdrop: pale, wide: 95, jaw: 63, chin: 430, brow: 6, eye: 1.1, nose: 17, smile: 4, lips: true, earrings: true},
	{skin: tan_, hair: undercut, hairTint: darkest, wear: shirt, cloth: rgb(0x88A9C4), trim: rgb(0x7392AE), backdrop: paper, wide: 104, jaw: 85, chin: 436, brow: 10, eye: 0.95, nose: 24, smile: 2, beard: 1.2},
	{skin: fair, hair: fringe, hairTint: black, wear: shirt, cloth: rgb(0xFAFAF8), trim: rgb(0xDCE0E4), backdrop: blue, wide: 98, jaw: 72, chin: 422, brow: 8, eye: 1.2, nose: 18, smile: 6, glasses: rgb(0x2E3440)},
	{skin: warm, hair: ponytail, hairTint: darkest, wear: shirt, cloth: rgb(0xFAFAF8), trim: rgb(0xDCE0E4), backdrop: sky, wide: 97, jaw: 67, chin: 424, brow: 6, eye: 1.25, nose: 17, smile: 6, lips: true},
	{skin: tan_, hair: sidePart, hairTint: black, wear: woven, cloth: rgb(0x23305A), trim: rgb(0xD98A2B), backdrop: mist, wide: 105, jaw: 80, chin: 430, brow: 9, eye: 0.85, nose: 22, smile: 4, mole: [2]float64{292, 330}},
	{skin: warm, hair: shoulder, hairTint: auburn, wear: blouse, cloth: rgb(0xC9A26B), trim: rgb(0xB08A55), backdrop: paper, wide: 98, jaw: 68, chin: 430, brow: 6, eye: 1, nose: 19, smile: 3, lips: true},
	{skin: tan_, hair: bun, hairTint: rgb(0x3A3134), wear: roundNeck, cloth: rgb(0xA85C3E), trim: rgb(0x8D4A30), backdrop: pale, wide: 101, jaw: 73, chin: 430, brow: 7, eye: 0.95, nose: 22, smile: 5, lips: true, age: 1},
	{skin: warm, hair: crewCut, hairTint: grey, wear: suit, cloth: rgb(0x55565C), trim: rgb(0x3C5A7D), backdrop: sky, wide: 104, jaw: 84, chin: 438, brow: 9, eye: 0.8, nose: 23, smile: 2, age: 2, glasses: rgb(0x3A3A3E)},
	{skin: fair, hair: fringe, hairTint: chestnut, wear: roundNeck, cloth: rgb(0x35506E), trim: rgb(0x2A425D), backdrop: paper, wide: 98, jaw: 74, chin: 432, brow: 8, eye: 1.05, nose: 20, smile: 3},
	{skin: honey, hair: longCentre, hairTint: auburn, wear: aoDai, cloth: rgb(0x2F7F8F), trim: rgb(0xBFE3E6), backdrop: mist, wide: 97, jaw: 66, chin: 430, brow: 7, eye: 1.15, nose: 18, smile: 6, lips: true, mole: [2]float64{207, 352}},
	{skin: brown, hair: shoulder, hairTint: black, wear: woven, cloth: rgb(0x7A2232), trim: rgb(0xE0B44C), backdrop: pale, wide: 99, jaw: 69, chin: 430, brow: 8, eye: 1.1, nose: 21, smile: 4, lips: true, earrings: true},
	{skin: tan_, hair: ponytail, hairTint: black, wear: blouse, cloth: rgb(0x3F5D4D), trim: rgb(0x324B3E), backdrop: blue, wide: 100, jaw: 70, chin: 430, brow: 8, eye: 1.05, nose: 20, smile: 5, lips: true},
	{skin: honey, hair: receding, hairTint: rgb(0x3B3739), wear: suit, cloth: rgb(0x3B2F2B), trim: rgb(0x6B7A3A), backdrop: paper, wide: 107, jaw: 88, chin: 436, brow: 10, eye: 0.85, nose: 25, smile: 2, age: 1, beard: 1.2},
	{skin: fair, hair: undercut, hairTint: black, wear: polo, cloth: rgb(0xB23A48), trim: rgb(0x8F2C38), backdrop: sky, wide: 99, jaw: 75, chin: 432, brow: 9, eye: 1.05, nose: 20, smile: 5},
}

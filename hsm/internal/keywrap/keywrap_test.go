package keywrap

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

const kek256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

// RFC 3394, 4.1 to 4.6; RFC 5649, 6.
var published = []struct {
	name, kek, key, wrapped string
	padded                  bool
}{
	{"RFC 3394 4.1", kek256[:32], "00112233445566778899aabbccddeeff", "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5", false},
	{"RFC 3394 4.2", kek256[:48], "00112233445566778899aabbccddeeff", "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d", false},
	{"RFC 3394 4.3", kek256, "00112233445566778899aabbccddeeff", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7", false},
	{"RFC 3394 4.4", kek256[:48], "00112233445566778899aabbccddeeff0001020304050607", "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2", false},
	{"RFC 3394 4.5", kek256, "00112233445566778899aabbccddeeff0001020304050607", "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1", false},
	{"RFC 3394 4.6", kek256, "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f", "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21", false},
	{"RFC 5649 20 bytes", "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a", true},
	{"RFC 5649 7 bytes", "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f", true},
}

func TestPublished(t *testing.T) {
	for _, v := range published {
		t.Run(v.name, func(t *testing.T) {
			in, out := Wrap, Unwrap
			if v.padded {
				in, out = WrapPadded, UnwrapPadded
			}
			got, err := in(unhex(v.kek), unhex(v.key))
			if err != nil || hex.EncodeToString(got) != v.wrapped {
				t.Errorf("wrapped %x, %v", got, err)
			}
			key, err := out(unhex(v.kek), unhex(v.wrapped))
			if err != nil || hex.EncodeToString(key) != v.key {
				t.Errorf("unwrapped %x, %v", key, err)
			}
			for i := range unhex(v.wrapped) {
				bad := unhex(v.wrapped)
				bad[i] ^= 1
				if _, err := out(unhex(v.kek), bad); !errors.Is(err, Err) {
					t.Errorf("byte %d changed: %v", i, err)
				}
			}
		})
	}
}

func FuzzUnwrap(f *testing.F) {
	for _, v := range published {
		f.Add(unhex(v.wrapped))
	}
	f.Add([]byte{})
	f.Add(make([]byte, 16))
	kek := unhex(kek256)
	f.Fuzz(func(t *testing.T, b []byte) {
		if key, err := Unwrap(kek, b); err == nil {
			if again, err := Wrap(kek, key); err != nil || !bytes.Equal(again, b) {
				t.Errorf("unwraps what it would not wrap: %x", b)
			}
		}
		if key, err := UnwrapPadded(kek, b); err == nil {
			if again, err := WrapPadded(kek, key); err != nil || !bytes.Equal(again, b) {
				t.Errorf("unwraps padded what it would not wrap: %x", b)
			}
		}
	})
}

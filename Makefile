# make demo    set up, and the main job from start to end on real parts
# make test    set up, and all tests
# make lint    gofmt, go vet, staticcheck
# make cross   build for the machines of tellers and small readers
# make bench   benchmarks: counts, bytes and ratios
# make corpus  what is made of a directory of real lists and security objects: CORPUS=DIR
# make mutate  every position of every signed fixture changed three ways, none unseen (minutes)
# make campaign  days of a production line with faults drawn from a seed: SEED=1 RUNS=10000; PAIRS=all; one of them again: DAY="SEED=… …"
# make fuzz    every fuzz target for FUZZTIME each (default 10s)

GO       ?= go
OUT      ?= demo-out
CARDS    ?= 0
FUZZTIME ?= 10s

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0

# Real parts: PC/SC with virtual readers, a PKCS#11 token, and what cgo needs.
RUN_PACKAGES  = gcc libc6-dev pkg-config libpcsclite-dev pcscd vsmartcard-vpcd softhsm2
# The stock tools that must agree with us.
TEST_PACKAGES = $(RUN_PACKAGES) opensc openssl openpace libeac-dev libssl-dev poppler-utils postgresql cups-ipp-utils dbus-daemon libcups2-dev chromium

.PHONY: all build demo test lint cross bench corpus mutate campaign fuzz setup clean

all: build

setup:
	@.ci/setup $(RUN_PACKAGES)

build: setup
	$(GO) build -o bin/chipid ./cmd/chipid

demo: build
	./bin/chipid demo --out $(OUT) --cards $(CARDS)

test: cross
	@.ci/setup $(TEST_PACKAGES)
	$(GO) vet ./...
	CGO_ENABLED=1 $(GO) test ./...

# cgo is in two packages alone, with stubs; on Windows PC/SC needs none.
cross:
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build -o bin/windows-amd64/chipid.exe ./cmd/chipid
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) vet ./apdu/pcsc ./hsm/pkcs11
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build -o bin/linux-arm64/chipid ./cmd/chipid
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build ./...

lint:
	@.ci/setup $(RUN_PACKAGES)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

bench:
	@.ci/setup $(RUN_PACKAGES) libssl-dev
	$(GO) test -run '^$$' -bench . -benchtime 20x ./apdu/... ./cardprofile/... ./printer/...
	@$(GO) run ./testcards/bench
	$(GO) test -run '^$$' -bench 'Sign/' -benchtime 30x ./hsm/pkcs11
	$(GO) test -run '^$$' -bench SignMemory -benchtime 100000x -timeout 30m ./hsm/pkcs11
	@$(GO) run ./cmd/internal/linebench
	@$(GO) run ./cmd/internal/intakebench -rows 20000

corpus:
	@test -n "$(CORPUS)" || { echo "name a directory: make corpus CORPUS=DIR"; exit 2; }
	@$(GO) run ./testcards/corpus "$(CORPUS)"

# With CHIPID_CORPUS the real security objects of the corpus too.
mutate:
	CHIPID_MUTATE=all $(GO) test -count 1 -timeout 60m -run Mutate -v ./cardprofile/sod ./cardprofile/inspect

# Nothing of it needs installed parts. Exit status 1 with the shrunk day that failed.
SEED  ?= 1
RUNS  ?= 10000
PAIRS ?=
DAY   ?=
campaign:
	@SEED="$(SEED)" RUNS="$(RUNS)" PAIRS="$(PAIRS)" DAY="$(DAY)" $(GO) test -count 1 -timeout 0 -v \
		-run '^($(if $(DAY),TestReplay,$(if $(PAIRS),TestPairs,TestRandomDays)))$$' ./cmd/internal/campaign/sim

fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg || exit 1; \
		done; \
	done

clean:
	rm -rf bin $(OUT)

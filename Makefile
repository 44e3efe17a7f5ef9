# make demo   set-up and the main job on the package's own model, from a bare Debian machine
# make test   every test
# make lint   swift-format, strict
# make check-onnx     whether the generated ONNX code is up to date
# make fuzz   every reader of files under libFuzzer, FUZZ_SECONDS each
# make check-shards   parts of a run with GNU parallel and as a Slurm job array, on this machine (root)
# make check-avx512   the x86-64 kernels against the scalar ones, emulated where the CPU lacks AVX-512
# make check-neon     the NEON kernels against the scalar ones under qemu, and aarch64 against this machine
# make check-replay   whole runs of small models on this machine and under qemu: the same class scores
# make check-accuracy   the benchmark of accuracy on a tiny plan, killed and gone on with
# make check-sanitizers  sessions on many threads under the thread and the address sanitizer
# make check-linkage  examples that embed the runtime, in Swift and in C, and what they link
# make check-instructions  machine instructions of an image, against bench/instructions/thresholds.txt

PACKAGES := libhdf5-dev libopenblas-dev libpng-dev libjpeg-dev libprotobuf-c-dev pkg-config
BUILD    := swift build -c release --static-swift-stdlib
FIXTURE  := fixtures/tiny-vit
DEMO     := .build/demo
FUZZ_SECONDS ?= 30

.PHONY: packages build demo test lint check-onnx fuzz check-shards check-avx512 check-neon check-sanitizers \
  check-linkage check-instructions check-accuracy check-replay

packages:
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing; \
	fi

build: packages
	$(BUILD) --product vitq
	$(BUILD) --product vitq-workbench

demo: build
	@rm -rf $(DEMO) && mkdir -p $(DEMO) && cp $(FIXTURE)/tiny-vit.h5 $(DEMO)/
	@cp "$$(ls $(FIXTURE)/images/*.png | head -n 1)" $(DEMO)/image.png
	cd $(DEMO) && ../release/vitq convert tiny-vit.h5
	cd $(DEMO) && ../release/vitq quantize --data-free --activations 8 --steps 100 --images 16
	cd $(DEMO) && ../release/vitq eval ../../$(FIXTURE) --against tiny-vit.vitq
	cd $(DEMO) && ../release/vitq infer image.png
	cd $(DEMO) && ../release/vitq bench

# The browser that looks at the HTML report; its test is skipped where there is none.
test: PACKAGES += chromium fonts-dejavu-core
test: packages
	swift test -c release

lint:
	swift format lint --strict --recursive Sources Tests Package.swift

check-onnx: PACKAGES += protobuf-c-compiler
check-onnx: packages
	formats/regenerate --check

fuzz: packages
	Tests/Fuzz/run $(FUZZ_SECONDS)

check-shards: PACKAGES += slurm-wlm munge parallel
check-shards: build
	Tests/Shards/parallel-check
	Tests/Shards/slurm-check

check-avx512: PACKAGES += libsimde-dev
check-avx512: packages
	Tests/Kernels/simde-check

check-neon check-replay: PACKAGES += gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
check-neon: packages
	Tests/Kernels/neon-check

check-replay: packages
	swift build -c release --build-tests
	Tests/Replay/check

check-sanitizers:
	Tests/Sanitizers/run

check-linkage: build
	Tests/Examples/check

check-instructions: PACKAGES += valgrind
check-instructions: build
	bench/instructions/run

check-accuracy: build
	bench/accuracy/check

# Builds the kernels and a C program for aarch64 and for this machine, in $work; sourced from the root.
#   build_both SOURCE ...
clang=${CC:-clang}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags='-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror'
# The CPUs that qemu stands in for: with I8MM, with DotProd alone, and with neither.
cpus='max neoverse-n1 cortex-a72'

build() { # NAME TARGET-FLAGS SOURCE ...
  name=$1
  target=$2
  shift 2
  mkdir "$work/$name.objects"
  for source in Sources/CVitqKernels/*.c Sources/CVitqKernels/*/*.c "$@"; do
    $clang $target $flags -c "$source" -o "$work/$name.objects/$(basename "$source" .c).o"
  done
  $clang $target "$work/$name.objects"/*.o -lm -lpthread -o "$work/$name"
}
build_both() {
  build aarch64 '--target=aarch64-linux-gnu -static' "$@"
  build native '' "$@"
}

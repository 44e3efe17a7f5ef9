// Compares the kernels of every instruction set with the scalar reference, bit for bit, and prints
// the digest of the reference's results.
//
//     kernels_check [INSTRUCTION SET ...]
//
// Checks the named instruction sets, which the caller knows to run here, by emulation or not;
// without names those that this CPU supports.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../Sources/CVitqKernels/include/vitq_isa.h"
#include "check.h"

static uint64_t state;
static uint64_t digest = 0xCBF29CE484222325u;
static int comparisons, failures;
static int wanted_count;
static char **wanted;

uint64_t check_next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
void check_seed(uint64_t seed) { state = seed; }
int check_between(int low, int high) {
  return low + (int)(check_next() % (uint64_t)(high - low + 1));
}
float check_real(void) { return (float)(int64_t)(check_next() >> 40) / (float)(1 << 23) - 1.0f; }

/// A mapping, its last page without access.
typedef struct {
  void *start;
  size_t byte_count;
} mapping;
static mapping mappings[1024];
static size_t mapping_count;

void *check_zeros(size_t byte_count) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), used = (byte_count + 63) / 64 * 64;
  const size_t readable = (used + page - 1) / page * page;
  uint8_t *start = mmap(
      NULL, readable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || mapping_count == sizeof mappings / sizeof *mappings ||
      mprotect(start + readable, page, PROT_NONE) != 0) {
    abort();
  }
  mappings[mapping_count++] = (mapping){start, readable + page};
  return start + readable - used;
}
void check_release(void) {
  while (mapping_count > 0) {
    mapping_count--;
    munmap(mappings[mapping_count].start, mappings[mapping_count].byte_count);
  }
}

enum { GUARD = 192, GUARD_BYTE = 0xA5 };

void *check_guarded(size_t byte_count) {
  uint8_t *p = check_zeros(byte_count + GUARD);
  memset(p + byte_count, GUARD_BYTE, GUARD);
  return p;
}
void check_guard(const char *what, const char *variant, const void *memory, size_t byte_count) {
  const uint8_t *behind = (const uint8_t *)memory + byte_count;
  for (size_t i = 0; i < GUARD; i++) {
    if (behind[i] == GUARD_BYTE) continue;
    printf("%s, %s: byte %zu behind %zu is written\n", what, variant, i, byte_count);
    failures++;
    return;
  }
}

float *check_reals(size_t count) {
  float *p = check_zeros(count * sizeof(float));
  for (size_t i = 0; i < count; i++) p[i] = check_real();
  return p;
}
uint8_t *check_codes(size_t count, int low, int high) {
  uint8_t *p = check_zeros(count);
  for (size_t i = 0; i < count; i++) p[i] = (uint8_t)check_between(low, high);
  return p;
}

/// FNV-1a, 64 bits.
void check_digest(const void *result, size_t rows, size_t columns, size_t stride) {
  for (size_t r = 0; r < rows; r++) {
    const uint8_t *row = (const uint8_t *)result + r * stride;
    for (size_t i = 0; i < columns; i++) digest = (digest ^ row[i]) * 0x100000001B3u;
  }
}

void check_equal(
    const char *what, const char *variant, const void *found, const void *expected, size_t rows,
    size_t columns, size_t stride) {
  comparisons++;
  for (size_t r = 0; r < rows; r++) {
    if (memcmp((const char *)found + r * stride, (const char *)expected + r * stride, columns)) {
      printf("%s, %s: row %zu of %zu differs from the reference\n", what, variant, r, rows);
      failures++;
      return;
    }
  }
}

int check_wants(const char *variant, int is_supported) {
  for (int i = 0; i < wanted_count; i++) {
    if (strcmp(wanted[i], variant) == 0) return 1;
  }
  return wanted_count == 0 && is_supported;
}

int main(int count, char **arguments) {
  wanted_count = count - 1;
  wanted = arguments + 1;
  printf("chosen here: %s; checked:", vitq_isa_name(vitq_isa_choose(NULL).isa));
  for (int isa = 0; isa < VITQ_ISA_COUNT; isa++) {
    const char *name = vitq_isa_name((vitq_isa)isa);
    if (check_wants(name, vitq_isa_supported((vitq_isa)isa))) printf(" %s", name);
  }
  printf("\n");
  check_seed(1);
  check_integer_kernels();
  check_seed(2);
  check_f32_kernels();
  printf("%d comparisons, %d failures\n", comparisons, failures);
  printf("digest of the reference %016llx\n", (unsigned long long)digest);
  return failures != 0;
}

// The integer peak of one core: register-only multiply-accumulate of bytes, timed by the caller.
//
// Built by peers.py with -O2 -march=native. One call does ROUNDS x 10 x 4 independent chains, so that latency is hidden.
#include <immintrin.h>
#include <stdint.h>

#if defined(__AVX512VNNI__)
typedef __m512i vector;
enum { MACS = 64 };
static vector step(vector sum, vector a, vector b) { return _mm512_dpbusd_epi32(sum, a, b); }
const char *peak_instruction(void) { return "vpdpbusd zmm"; }
#elif defined(__AVXVNNI__)
typedef __m256i vector;
enum { MACS = 32 };
static vector step(vector sum, vector a, vector b) { return _mm256_dpbusd_avx_epi32(sum, a, b); }
const char *peak_instruction(void) { return "vpdpbusd ymm"; }
#else
typedef __m256i vector;
enum { MACS = 32 };
// Bytes multiply into 16-bit pairs that chain; widening is amortised over many steps and left out.
static vector step(vector sum, vector a, vector b) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(a, b)); }
const char *peak_instruction(void) { return "vpmaddubsw + vpaddw ymm"; }
#endif

/// Multiply-accumulates done by peak_run(rounds).
uint64_t peak_macs(uint64_t rounds) { return rounds * 10 * MACS; }

int peak_run(uint64_t rounds) {
  vector a, b, sums[10];
  for (unsigned i = 0; i < sizeof a; i++) ((uint8_t *)&a)[i] = (uint8_t)(i & 1), ((uint8_t *)&b)[i] = (uint8_t)(i & 3);
  for (int i = 0; i < 10; i++) sums[i] = a;
  for (uint64_t round = 0; round < rounds; round++) {
    for (int i = 0; i < 10; i++) {
      sums[i] = step(sums[i], a, b);
      __asm__ volatile("" : "+x"(sums[i]));
    }
  }
  int total = 0;
  for (int i = 0; i < 10; i++) total += ((int *)&sums[i])[0];
  return total;
}

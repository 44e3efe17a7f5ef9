#include "include/vitq_sha256.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

#if defined(__x86_64__) || defined(__aarch64__)
// The fractional parts of the cube roots of the first 64 primes.
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
#endif

#if defined(__x86_64__)

static void cpuid(unsigned leaf, unsigned *eax, unsigned *ebx, unsigned *ecx) {
  unsigned edx;
  __asm__ volatile("cpuid"
                   : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(edx)
                   : "a"(leaf), "c"(0));
}

int vitq_sha256_supported(void) {
  unsigned highest, eax, ebx, ecx;
  cpuid(0, &highest, &ebx, &ecx);
  if (highest < 7) return 0;
  cpuid(1, &eax, &ebx, &ecx);
  const int has_sse41 = (ecx >> 9 & 1) && (ecx >> 19 & 1);
  cpuid(7, &eax, &ebx, &ecx);
  return has_sse41 && (ebx >> 29 & 1);
}

__attribute__((target("sha,sse4.1"))) void vitq_sha256_compress(
    uint32_t *state, const void *blocks, size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions want the words a, b, e, f in one register and c, d, g, h in the other.
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(low, high, 8);
  __m128i cdgh = _mm_blend_epi16(high, low, 0xf0);
  const __m128i *source = blocks;
  for (size_t block = 0; block < count; block++, source += 4) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i m[4];
    for (int i = 0; i < 4; i++) m[i] = _mm_shuffle_epi8(_mm_loadu_si128(source + i), swap);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      const __m128i words = _mm_add_epi32(
          m[i % 4], _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0e));
      if (i >= 12) continue;
      const __m128i next = _mm_add_epi32(
          _mm_sha256msg1_epu32(m[i % 4], m[(i + 1) % 4]),
          _mm_alignr_epi8(m[(i + 3) % 4], m[(i + 2) % 4], 4));
      m[i % 4] = _mm_sha256msg2_epu32(next, m[(i + 3) % 4]);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  low = _mm_shuffle_epi32(abef, 0x1b);
  high = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

#elif defined(__aarch64__)

int vitq_sha256_supported(void) {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) >> 6 & 1) != 0;
#elif defined(__APPLE__)
  return 1;
#else
  return 0;
#endif
}

__attribute__((target("sha2"))) void vitq_sha256_compress(
    uint32_t *state, const void *blocks, size_t count) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  const uint8_t *source = blocks;
  for (size_t block = 0; block < count; block++, source += 64) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t m[4];
    for (int i = 0; i < 4; i++) {
      m[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(source + 16 * i)));
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      const uint32x4_t words = vaddq_u32(m[i % 4], vld1q_u32(constants + 4 * i));
      const uint32x4_t abcd_old = abcd;
      abcd = vsha256hq_u32(abcd, efgh, words);
      efgh = vsha256h2q_u32(efgh, abcd_old, words);
      if (i >= 12) continue;
      m[i % 4] = vsha256su1q_u32(
          vsha256su0q_u32(m[i % 4], m[(i + 1) % 4]), m[(i + 2) % 4], m[(i + 3) % 4]);
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

#else

int vitq_sha256_supported(void) { return 0; }

void vitq_sha256_compress(uint32_t *state, const void *blocks, size_t count) {
  (void)state, (void)blocks, (void)count;
}

#endif

#include "include/vitq_peak.h"

#include <stddef.h>

#include "target.h"

#if defined(__x86_64__)
#include <immintrin.h>

// With two operands and a product in flight, as many chains as sixteen registers hold: more than
// the latency times the throughput of any of these instructions.
enum { CHAINS = 12, UNROLLED = 4, STEPS = CHAINS * UNROLLED };
#define VITQ_REGISTER "+x"
#elif defined(__aarch64__)
#include <arm_neon.h>

enum { CHAINS = 24, UNROLLED = 4, STEPS = CHAINS * UNROLLED };
#define VITQ_REGISTER "+w"
#endif

/// Such that products are not all zeros, which some processors multiply at a higher clock rate.
enum { BYTE = 0x35 };

/// A function that runs `step` on chains that start with the vector `bytes`, the operand too.
///
/// The operand is new to the compiler at each step, so that no product is taken out of the loop.
#define VITQ_PEAK_LOOP(name, vector, bytes, step)                           \
  static void run_##name(uint64_t rounds) {                                 \
    vector operand = bytes, sums[CHAINS];                                   \
    for (int i = 0; i < CHAINS; i++) sums[i] = bytes;                       \
    _Pragma("clang loop unroll(disable)") while (rounds-- > 0) {            \
      _Pragma("clang loop unroll(full)") for (int u = 0; u < UNROLLED; u++) { \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) { \
          __asm__ volatile("" : VITQ_REGISTER(operand));                    \
          sums[i] = step(sums[i], operand, operand);                        \
          __asm__ volatile("" : VITQ_REGISTER(sums[i]));                    \
        }                                                                   \
      }                                                                     \
    }                                                                       \
  }

#if defined(__x86_64__)
VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_VNNI)
VITQ_PEAK_LOOP(avx512vnni, __m512i, _mm512_set1_epi8(BYTE), _mm512_dpbusd_epi32)
VITQ_TARGET_END

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512)
static inline __m512i chain_512(__m512i sum, __m512i a, __m512i b) {
  return _mm512_add_epi16(sum, _mm512_maddubs_epi16(a, b));
}
VITQ_PEAK_LOOP(avx512, __m512i, _mm512_set1_epi8(BYTE), chain_512)
VITQ_TARGET_END

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX_VNNI)
VITQ_PEAK_LOOP(avxvnni, __m256i, _mm256_set1_epi8(BYTE), _mm256_dpbusd_avx_epi32)
VITQ_TARGET_END

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
static inline __m256i chain_256(__m256i sum, __m256i a, __m256i b) {
  return _mm256_add_epi16(sum, _mm256_maddubs_epi16(a, b));
}
VITQ_PEAK_LOOP(avx2, __m256i, _mm256_set1_epi8(BYTE), chain_256)
VITQ_TARGET_END
#elif defined(__aarch64__)
VITQ_TARGET_BEGIN(VITQ_TARGET_DOTPROD)
static inline int32x4_t dot(int32x4_t sum, int32x4_t a, int32x4_t b) {
  return vdotq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}
VITQ_PEAK_LOOP(dotprod, int32x4_t, vreinterpretq_s32_s8(vdupq_n_s8(BYTE)), dot)
VITQ_TARGET_END

VITQ_TARGET_BEGIN(VITQ_TARGET_I8MM)
static inline int32x4_t matrix_product(int32x4_t sum, int32x4_t a, int32x4_t b) {
  return vusmmlaq_s32(sum, vreinterpretq_u8_s32(a), vreinterpretq_s8_s32(b));
}
VITQ_PEAK_LOOP(i8mm, int32x4_t, vreinterpretq_s32_s8(vdupq_n_s8(BYTE)), matrix_product)
VITQ_TARGET_END
#endif

const vitq_peak *vitq_peak_for(vitq_isa isa) {
#if defined(__x86_64__)
  static const vitq_peak avx512vnni = {"vpdpbusd zmm", 64 * STEPS, run_avx512vnni};
  static const vitq_peak avx512 = {
      "vpmaddubsw + vpaddw zmm", 64 * STEPS, run_avx512};
  static const vitq_peak avxvnni = {"vpdpbusd ymm", 32 * STEPS, run_avxvnni};
  static const vitq_peak avx2 = {"vpmaddubsw + vpaddw ymm", 32 * STEPS, run_avx2};
  switch (isa) {
    case VITQ_ISA_AVX512_VNNI: return &avx512vnni;
    case VITQ_ISA_AVX512: return &avx512;
    case VITQ_ISA_AVX_VNNI: return &avxvnni;
    case VITQ_ISA_AVX2: return &avx2;
    default: return NULL;
  }
#elif defined(__aarch64__)
  static const vitq_peak dotprod = {"sdot", 16 * STEPS, run_dotprod};
  // Two rows of eight by eight of two columns.
  static const vitq_peak i8mm = {"usmmla", 32 * STEPS, run_i8mm};
  switch (isa) {
    case VITQ_ISA_DOTPROD: return &dotprod;
    case VITQ_ISA_I8MM: return &i8mm;
    default: return NULL;
  }
#else
  (void)isa;
  return NULL;
#endif
}

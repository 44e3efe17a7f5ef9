// Linear layers with AVX-512 without VNNI: one register of sums a row.
#if defined(__x86_64__)
#if defined(VITQ_EMULATES_AVX512)
// SIMDe 0.7 gives the name the parameters of another.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16 simde_mm512_madd_epi16
#else
#include <immintrin.h>
#endif
#include <string.h>

#include "../target.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512)
#include "linear_halves.h"
#include "linear_plane.h"

/// sums[r] = 16 sums[r] + the products of row r and the plane; without the first term if
/// `is_first`.
VITQ_INLINE void accumulate(
    const int rows, const uint8_t *source, size_t stride, const plane *weights, int is_first,
    half_sums sums[]) {
  // Two base pointers and the strides 0, 1, 2 reach six rows with x86 addressing.
  const uint8_t *a[2] = {source, source + 3 * stride};
  const int8_t *w = weights->bytes;
  size_t length;
  for (size_t done = 0, c = 0; done < weights->steps; done += length, c++) {
    length = weights->chains[c];
    __m512i chains[BLOCK_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) chains[i] = _mm512_setzero_si512();
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < length; k++) {
      const __m512i columns = _mm512_loadu_si512(w);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        int32_t four;
        memcpy(&four, a[i / 3] + (size_t)(i % 3) * stride, sizeof four);
        const __m512i products = _mm512_maddubs_epi16(_mm512_set1_epi32(four), columns);
        chains[i] = _mm512_add_epi16(chains[i], products);
      }
      a[0] += 4;
      a[1] += 4;
      w += 64;
    }
    const int is_fresh = is_first && done == 0;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m512i sum = _mm512_madd_epi16(chains[i], _mm512_set1_epi16(1));
      if (!is_fresh) {
        __m512i before = _mm512_loadu_si512(sums[i]);
        if (done == 0) before = _mm512_slli_epi32(before, 4);
        sum = _mm512_add_epi32(sum, before);
      }
      _mm512_storeu_si512(sums[i], sum);
    }
  }
}

#define VITQ_SYMBOL(name) vitq_##name##__avx512
#include "linear_chains.inc"
VITQ_TARGET_END
#endif

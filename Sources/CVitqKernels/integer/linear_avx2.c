// Linear layers with AVX2: two registers of sums a row.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../target.h"
#include "registers.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
#include "linear_halves.h"
#include "linear_plane.h"

/// Adds 2^shift sums[r] to each row.
VITQ_INLINE void add_sums(
    const int rows, const half_sums sums[], const int shift, __m256i low[], __m256i high[]) {
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    low[i] = _mm256_add_epi32(low[i], _mm256_slli_epi32(sums[i][0], shift));
    high[i] = _mm256_add_epi32(high[i], _mm256_slli_epi32(sums[i][1], shift));
  }
}

/// sums[r] = 16 sums[r] + the products of row r and the plane; without the first term if
/// `is_first`.
VITQ_INLINE void accumulate(
    const int rows, const uint8_t *source, size_t stride, const plane *weights, int is_first,
    half_sums sums[]) {
  const __m256i ones = _mm256_set1_epi16(1);
  // Two base pointers and the strides 0, 1, 2 reach six rows with x86 addressing.
  const uint8_t *a[2] = {source, source + 3 * stride};
  const int8_t *w = weights->bytes;
  size_t length;
  for (size_t done = 0, c = 0; done < weights->steps; done += length, c++) {
    length = weights->chains[c];
    __m256i low[BLOCK_ROWS], high[BLOCK_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) low[i] = high[i] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < length; k++) {
      const __m256i w0 = _mm256_load_si256((const __m256i *)(const void *)w);
      const __m256i w1 = _mm256_load_si256((const __m256i *)(const void *)(w + 32));
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        int32_t four;
        memcpy(&four, a[i / 3] + (size_t)(i % 3) * stride, sizeof four);
        const __m256i x = _mm256_set1_epi32(four);
        low[i] = _mm256_add_epi16(low[i], _mm256_maddubs_epi16(x, w0));
        high[i] = _mm256_add_epi16(high[i], _mm256_maddubs_epi16(x, w1));
        VITQ_KEEP_IN_REGISTER(low[i]);
        VITQ_KEEP_IN_REGISTER(high[i]);
      }
      a[0] += 4;
      a[1] += 4;
      w += 64;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      low[i] = _mm256_madd_epi16(low[i], ones);
      high[i] = _mm256_madd_epi16(high[i], ones);
    }
    if (done > 0) {
      add_sums(rows, sums, 0, low, high);
    } else if (!is_first) {
      add_sums(rows, sums, 4, low, high);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      sums[i][0] = low[i];
      sums[i][1] = high[i];
    }
  }
}

#define VITQ_SYMBOL(name) vitq_##name##__avx2
#include "linear_chains.inc"
VITQ_TARGET_END
#endif

// The keys of a head packed for products with broadcast queries.
//
// Include it where the target attribute of AVX2, or one that includes it, is in force.
#ifndef VITQ_INTEGER_ATTENTION_KEYS_H
#define VITQ_INTEGER_ATTENTION_KEYS_H

#include "codes.h"
#include "row_bytes_avx2.h"

/// Rows of eight 32-bit lanes to columns.
VITQ_INLINE void transpose(__m256i r[8]) {
  __m256i t[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    t[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) r[i] = t[i];
}

/// Sixteen keys side by side: [tokens / 16][steps][16] lanes of `elements` elements of a key, four
/// bytes or two of 16 bits; 0 past the last token and the width.
///
/// tokens: the tokens of a head, padded to a multiple of 8.
/// offsets: for each token, minus the query zero point times the sum of its key.
VITQ_INLINE void pack_key_lanes(
    const size_t elements, const vitq_attention *attention, size_t tokens, size_t steps,
    const int8_t *keys, size_t stride, int32_t *packed, int32_t *offsets) {
  const size_t width = attention->head_width;
  for (size_t j = 0; j < tokens; j += 8) {
    int32_t *columns = packed + j / 16 * steps * 16 + j % 16;
    __m256i sums = _mm256_setzero_si256();
    for (size_t step = 0; step < steps; step += 8) {
      const size_t d = step * elements, left = width > d ? width - d : 0;
      __m256i lanes[8];
      for (size_t i = 0; i < 8; i++) {
        const size_t count = j + i < attention->tokens ? left : 0;
        const int8_t *row = keys + (count ? (j + i) * stride + d : 0);
        lanes[i] = elements == 4 ? row_bytes(row, count)
                                 : _mm256_cvtepi8_epi16(_mm256_castsi256_si128(
                                       row_bytes(row, count < 16 ? count : 16)));
      }
      transpose(lanes);
      for (size_t i = 0; i < 8 && step + i < steps; i++) {
        _mm256_storeu_si256((__m256i *)(void *)(columns + (step + i) * 16), lanes[i]);
        const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), lanes[i]);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
      }
    }
    const __m256i zero_point = _mm256_set1_epi32(-attention->query_zero_point);
    _mm256_storeu_si256(
        (__m256i *)(void *)(offsets + j), _mm256_mullo_epi32(sums, zero_point));
  }
}

#endif

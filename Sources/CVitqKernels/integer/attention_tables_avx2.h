// Levels of attention probabilities by a table, with AVX2.
//
// Include it behind attention_rows.h, where LEVEL_BIAS is known.
#ifndef VITQ_INTEGER_ATTENTION_TABLES_AVX2_H
#define VITQ_INTEGER_ATTENTION_TABLES_AVX2_H

#include "tables_avx2.h"

/// What levels minus LEVEL_BIAS are looked up in: a search tree for at most sixteen, else a table.
typedef struct {
  search_tree tree;
  __m256i tree_low;
  __m256i tree_high;
  code_tables codes;
} level_lookup;

VITQ_INLINE void biased_levels_of_codes(
    const int is_tree, const level_lookup *lookup, __m256i codes, int16_t levels[32]) {
  __m256i low, high;
  if (is_tree) {
    const __m256i index = tree_indices(&lookup->tree, codes);
    low = _mm256_shuffle_epi8(lookup->tree_low, index);
    high = _mm256_shuffle_epi8(lookup->tree_high, index);
  } else {
    low = look_up(lookup->codes.low, codes);
    high = look_up(lookup->codes.high, codes);
  }
  const __m256i bias = _mm256_set1_epi16(LEVEL_BIAS);
  // Lanes 0-7 and 16-23, then 8-15 and 24-31.
  const __m256i even = _mm256_sub_epi16(_mm256_unpacklo_epi8(low, high), bias);
  const __m256i odd = _mm256_sub_epi16(_mm256_unpackhi_epi8(low, high), bias);
  __m256i *out = (__m256i *)(void *)levels;
  _mm256_storeu_si256(out, _mm256_permute2x128_si256(even, odd, 0x20));
  _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

VITQ_INLINE void table_levels_of_rows(
    const int is_tree, const vitq_attention *attention, const level_lookup *lookup,
    const float *logarithms, size_t rows, size_t stride, const int32_t *sums, int16_t *levels) {
  for (size_t r = 0; r < rows; r++, sums += stride, levels += stride) {
    const float *t = (const float *)(const void *)sums;
    const v16f logarithm = v16_set(logarithms[r]);
    for (size_t j = 0; j < attention->tokens; j += 2 * VITQ_LANES) {
      const v16i first = log_codes(attention, v16_load(t + j), logarithm);
      const v16i second = log_codes(attention, v16_load(t + j + VITQ_LANES), logarithm);
      const v16u8 bytes[2] = {
          __builtin_convertvector(first, v16u8), __builtin_convertvector(second, v16u8)};
      __m256i codes;
      memcpy(&codes, bytes, sizeof codes);
      biased_levels_of_codes(is_tree, lookup, codes, levels + j);
    }
  }
}

/// Levels minus LEVEL_BIAS of rows of t, `stride` elements apart, a multiple of 32; what stands
/// there past the tokens means nothing.
static void table_levels(
    const vitq_attention *attention, const float *logarithms, size_t rows, size_t stride,
    const int32_t *sums, int16_t *levels) {
  const int is_tree = attention->level_count <= 16;
  const level_tables tables = tables_of_levels(attention);
  level_lookup lookup = {.tree_low = both_lanes(tables.low), .tree_high = both_lanes(tables.high)};
  if (is_tree) {
    lookup.tree = search_tree_of(attention->thresholds, attention->level_count - 1);
    table_levels_of_rows(1, attention, &lookup, logarithms, rows, stride, sums, levels);
  } else {
    lookup.codes = tables_of_codes(attention);
    table_levels_of_rows(0, attention, &lookup, logarithms, rows, stride, sums, levels);
  }
}

#endif

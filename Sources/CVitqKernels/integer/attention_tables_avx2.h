// Levels of attention probabilities looked up by their codes, with AVX2.
//
// Include it behind attention_rows.h, where LEVEL_BIAS is known.
#ifndef VITQ_INTEGER_ATTENTION_TABLES_AVX2_H
#define VITQ_INTEGER_ATTENTION_TABLES_AVX2_H

#include "tables_avx2.h"

/// How the levels of codes are found: sixteen by the code itself (0 above), at most sixteen by a
/// search of thresholds, or each code by a table of all.
typedef enum { BY_CODE, BY_TREE, BY_TABLE } lookup_kind;

/// What levels are looked up in. Sixteen have their bytes in `low` and `high`.
typedef struct {
  lookup_kind kind;
  __m256i low;
  __m256i high;
  search_tree tree;
  level_tables tables;
} level_lookup;

static level_lookup level_lookup_of(const vitq_attention *attention) {
  uint8_t low[16], high[16];
  for (size_t i = 0; i < 16; i++) {
    low[i] = (uint8_t)attention->levels[i];
    high[i] = (uint8_t)(attention->levels[i] >> 8);
  }
  level_lookup lookup = {.low = both_lanes(low), .high = both_lanes(high)};
  if (attention->probabilities == VITQ_PROBABILITIES_LOG) {
    lookup.kind = BY_CODE;
  } else if (attention->level_count <= 16) {
    lookup.kind = BY_TREE;
    lookup.tree = search_tree_of(attention->thresholds, attention->level_count - 1);
  } else {
    lookup.kind = BY_TABLE;
    lookup.tables = tables_of_levels(attention);
  }
  return lookup;
}

/// Levels minus LEVEL_BIAS of thirty-two codes.
VITQ_INLINE void biased_levels_of_codes(
    const lookup_kind kind, const level_lookup *lookup, __m256i codes, int16_t levels[32]) {
  __m256i low, high;
  if (kind == BY_TABLE) {
    low = look_up(lookup->tables.low, codes);
    high = look_up(lookup->tables.high, codes);
  } else {
    // Saturation sets the top bit of code 16 alone, and a shuffle gives 0 for it.
    const __m256i index = kind == BY_TREE ? tree_indices(&lookup->tree, codes)
                                          : _mm256_adds_epu8(codes, _mm256_set1_epi8(0x70));
    low = _mm256_shuffle_epi8(lookup->low, index);
    high = _mm256_shuffle_epi8(lookup->high, index);
  }
  const __m256i bias = _mm256_set1_epi16(LEVEL_BIAS);
  // Lanes 0-7 and 16-23, then 8-15 and 24-31.
  const __m256i even = _mm256_sub_epi16(_mm256_unpacklo_epi8(low, high), bias);
  const __m256i odd = _mm256_sub_epi16(_mm256_unpackhi_epi8(low, high), bias);
  __m256i *out = (__m256i *)(void *)levels;
  _mm256_storeu_si256(out, _mm256_permute2x128_si256(even, odd, 0x20));
  _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

VITQ_INLINE void biased_levels_of_rows(
    const lookup_kind kind, const vitq_attention *attention, const level_lookup *lookup,
    const float *logarithms, size_t rows, size_t stride, const int32_t *sums, int16_t *levels) {
  const vitq_probabilities probabilities =
      kind == BY_CODE ? VITQ_PROBABILITIES_LOG : VITQ_PROBABILITIES_TABLE;
  for (size_t r = 0; r < rows; r++, sums += stride, levels += stride) {
    const float *t = (const float *)(const void *)sums;
    const v16f logarithm = v16_set(logarithms[r]);
    for (size_t j = 0; j < attention->tokens; j += 2 * VITQ_LANES) {
      v16u8 bytes[2];
      for (size_t i = 0; i < 2; i++) {
        bytes[i] = v16_rounded_bytes(log_codes(
            probabilities, attention, v16_load(t + j + i * VITQ_LANES), logarithm));
      }
      __m256i codes;
      memcpy(&codes, bytes, sizeof codes);
      biased_levels_of_codes(kind, lookup, codes, levels + j);
    }
  }
}

/// Levels minus LEVEL_BIAS of rows of t, `stride` elements apart, a multiple of 32; what stands
/// there past the tokens means nothing.
static void biased_levels(
    const vitq_attention *attention, const level_lookup *lookup, const float *logarithms,
    size_t rows, size_t stride, const int32_t *sums, int16_t *levels) {
  switch (lookup->kind) {
    case BY_CODE:
      biased_levels_of_rows(
          BY_CODE, attention, lookup, logarithms, rows, stride, sums, levels);
      break;
    case BY_TREE:
      biased_levels_of_rows(
          BY_TREE, attention, lookup, logarithms, rows, stride, sums, levels);
      break;
    case BY_TABLE:
      biased_levels_of_rows(
          BY_TABLE, attention, lookup, logarithms, rows, stride, sums, levels);
      break;
  }
}

#endif

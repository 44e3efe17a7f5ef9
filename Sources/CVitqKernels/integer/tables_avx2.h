// Thirty-two bytes at a time through a table of 256, with AVX2.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_TABLES_AVX2_H
#define VITQ_INTEGER_TABLES_AVX2_H

#include <immintrin.h>

#include "../f32_math.h"

/// Sixteen bytes in both lanes, as byte shuffles need a table.
VITQ_INLINE __m256i both_lanes(const uint8_t *bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

/// At most fifteen ascending thresholds as a binary search tree: node i has children 2i and 2i + 1,
/// node 1 is the root. A code goes to the odd child of a node if it exceeds the node's value.
typedef struct {
  __m256i nodes;  // as signed bytes, 128 less
  __m256i root;
} search_tree;

VITQ_INLINE search_tree search_tree_of(const uint8_t *thresholds, size_t count) {
  uint8_t nodes[16] = {0};
  for (size_t depth = 0; depth < 4; depth++) {
    for (size_t i = 0; i < (size_t)1 << depth; i++) {
      const size_t position = (2 * i + 1) * ((size_t)8 >> depth) - 1;
      // No code exceeds 255, so a node without a threshold is never passed.
      const uint8_t value = position < count ? (uint8_t)(thresholds[position] - 1) : 255;
      nodes[((size_t)1 << depth) + i] = value ^ 0x80;
    }
  }
  return (search_tree){.nodes = both_lanes(nodes), .root = _mm256_set1_epi8((char)nodes[1])};
}

/// For each code 16 plus the number of thresholds that it reaches; a byte shuffle ignores the 16.
VITQ_INLINE __m256i tree_indices(const search_tree *tree, __m256i codes) {
  const __m256i c = _mm256_xor_si256(codes, _mm256_set1_epi8((char)0x80));
  __m256i i = _mm256_sub_epi8(_mm256_set1_epi8(2), _mm256_cmpgt_epi8(c, tree->root));
#pragma clang loop unroll(full)
  for (int depth = 1; depth < 4; depth++) {
    const __m256i passed = _mm256_cmpgt_epi8(c, _mm256_shuffle_epi8(tree->nodes, i));
    i = _mm256_sub_epi8(_mm256_add_epi8(i, i), passed);
  }
  return i;
}

/// table[code] for each code.
VITQ_INLINE __m256i look_up(const uint8_t table[256], __m256i codes) {
  __m256i result = _mm256_setzero_si256();
#pragma clang loop unroll(full)
  for (int row = 0; row < 16; row++) {
    // Saturation leaves the top bit clear in codes of this row alone; a shuffle gives 0 for others.
    const __m256i offset = _mm256_sub_epi8(codes, _mm256_set1_epi8((char)(16 * row)));
    const __m256i index = _mm256_adds_epu8(offset, _mm256_set1_epi8(0x70));
    result = _mm256_or_si256(
        result, _mm256_shuffle_epi8(both_lanes(table + 16 * row), index));
  }
  return result;
}

#endif

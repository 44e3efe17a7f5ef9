// Codebooks with AVX2: a binary search for at most sixteen levels, sixteen shuffles for more.
#if defined(__x86_64__)
#include <immintrin.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
#include "tables_avx2.h"

/// Whole vectors: the padding of a row may be written.
VITQ_INLINE void map_rows(
    const int is_tree, const vitq_codebook *codebook, size_t rows, size_t columns,
    uint8_t *target, size_t stride) {
  const search_tree tree =
      search_tree_of(codebook->thresholds, is_tree ? codebook->level_count - 1 : 0);
  const __m256i levels = both_lanes(codebook->levels);
  for (size_t r = 0; r < rows; r++, target += stride) {
    for (size_t i = 0; i < columns; i += 32) {
      __m256i *at = (__m256i *)(void *)(target + i);
      const __m256i codes = _mm256_loadu_si256(at);
      _mm256_storeu_si256(
          at, is_tree ? _mm256_shuffle_epi8(levels, tree_indices(&tree, codes))
                      : look_up(codebook->map, codes));
    }
  }
}

void vitq_u8_codebook__avx2(
    const vitq_codebook *codebook, size_t rows, size_t columns, uint8_t *target,
    size_t target_stride) {
  if (codebook->level_count <= 16) {
    map_rows(1, codebook, rows, columns, target, target_stride);
  } else {
    map_rows(0, codebook, rows, columns, target, target_stride);
  }
}

VITQ_TARGET_END
#endif

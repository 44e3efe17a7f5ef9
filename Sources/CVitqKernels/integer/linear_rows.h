// What surrounds the products of a linear layer: zero points, scaling and the epilogue.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_LINEAR_ROWS_H
#define VITQ_INTEGER_LINEAR_ROWS_H

#include "codes.h"
#include "row_blocks.h"

/// The scaling of sixteen outputs.
typedef struct {
  v16f multipliers;
  v16f offsets;
  v16i zero_points;
} v16_scaling;

/// Sixteen results of exact sums of which the zero points' share is still to be taken.
VITQ_INLINE v16f scaled(const v16_scaling *scaling, v16i sums, int32_t row_sum) {
  const v16i centred = sums - scaling->zero_points * row_sum;
  return v16_fma(v16_from_integers(centred), scaling->multipliers, scaling->offsets);
}

/// Two runs of eight bytes as integers.
VITQ_INLINE v16i v16i_from_bytes(const int8_t *first, const int8_t *second) {
  typedef int8_t v16c __attribute__((vector_size(16)));
  v16c bytes;
  memcpy(&bytes, first, 8);
  memcpy((char *)&bytes + 8, second, 8);
  return __builtin_convertvector(bytes, v16i);
}

/// Row r of the target of a layer, or null if it has none.
VITQ_INLINE uint8_t *target_row(
    const int32_t *rows, uint8_t *target, size_t stride, size_t r) {
  if (rows == NULL) return target + r * stride;
  return rows[r] < 0 ? NULL : target + (size_t)rows[r] * stride;
}

/// The sums of the first `inputs` bytes of each row.
VITQ_INLINE void row_sums(
    const uint8_t *source, size_t stride, size_t rows, size_t inputs, int32_t *sums) {
  for (size_t r = 0; r < rows; r++) {
    const uint8_t *a = source + r * stride;
    int32_t sum = 0;
    for (size_t k = 0; k < inputs; k++) sum += a[k];
    sums[r] = sum;
  }
}

#endif

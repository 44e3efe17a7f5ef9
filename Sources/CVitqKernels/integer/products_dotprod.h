// Products of unsigned rows and signed columns with NEON DotProd.
//
// sdot multiplies signed bytes, so rows are taken as a - 128:
//
//     sum(a w) = sum((a - 128) w) + 128 sum(w)
//
// Include it behind arm_neon.h where BLOCK_ROWS is known and the target attribute is in force.
#ifndef VITQ_INTEGER_PRODUCTS_DOTPROD_H
#define VITQ_INTEGER_PRODUCTS_DOTPROD_H

#include "../f32_math.h"

/// What each sum starts with, times the sum of its column.
enum { LEFT_BIAS = 128 };

/// Stores eight elements of sixteen columns: `first[c]` the elements 0 ... 3 of columns 4c to 4c + 3,
/// `second` the elements 4 ... 7.
VITQ_INLINE void store_columns(
    int8_t *columns, const int8x16_t first[4], const int8x16_t second[4]) {
  for (size_t c = 0; c < 4; c++) {
    vst1q_s8(columns + 16 * c, first[c]);
    vst1q_s8(columns + 64 + 16 * c, second[c]);
  }
}

#define VITQ_STEP(lane)                                                     \
  for (int c = 0; c < 4; c++) {                                             \
    const int8x16_t w = vld1q_s8(columns + 64 * (lane) + 16 * c);           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {     \
      s[r][c] = vdotq_laneq_s32(s[r][c], w, a[r], lane);                    \
    }                                                                       \
  }

/// sums[r] = start + row r of `left` times sixteen columns, over `depth` bytes, a multiple of 16.
VITQ_INLINE void multiply(
    const int rows, const uint8_t *left, size_t stride, const int8_t *columns, size_t depth,
    const int32x4_t start[4], int32x4_t sums[][4]) {
  int32x4_t s[BLOCK_ROWS][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < 4; c++) s[r][c] = start[c];
  }
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < depth; k += 16, columns += 256) {
    int8x16_t a[BLOCK_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const uint8x16_t bytes = vld1q_u8(left + (size_t)r * stride + k);
      a[r] = vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(LEFT_BIAS)));
    }
    VITQ_STEP(0)
    VITQ_STEP(1)
    VITQ_STEP(2)
    VITQ_STEP(3)
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < 4; c++) sums[r][c] = s[r][c];
  }
}

#undef VITQ_STEP

#endif

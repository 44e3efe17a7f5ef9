// Products of unsigned rows and signed columns with NEON I8MM: usmmla multiplies two rows by two
// columns, eight elements of each.
//
// Include it behind arm_neon.h where BLOCK_ROWS is known and the target attribute is in force.
#ifndef VITQ_INTEGER_PRODUCTS_I8MM_H
#define VITQ_INTEGER_PRODUCTS_I8MM_H

#include "../f32_math.h"

/// What each sum starts with, times the sum of its column.
enum { LEFT_BIAS = 0 };

/// Stores eight elements of sixteen columns: `first[c]` the elements 0 ... 3 of columns 4c to 4c + 3,
/// `second` the elements 4 ... 7. The eight elements of a column become neighbours.
VITQ_INLINE void store_columns(
    int8_t *columns, const int8x16_t first[4], const int8x16_t second[4]) {
  for (size_t c = 0; c < 4; c++) {
    const int32x4_t a = vreinterpretq_s32_s8(first[c]), b = vreinterpretq_s32_s8(second[c]);
    vst1q_s8(columns + 32 * c, vreinterpretq_s8_s32(vzip1q_s32(a, b)));
    vst1q_s8(columns + 32 * c + 16, vreinterpretq_s8_s32(vzip2q_s32(a, b)));
  }
}

VITQ_INLINE int32x4_t low_halves(int32x4_t a, int32x4_t b) {
  return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
VITQ_INLINE int32x4_t high_halves(int32x4_t a, int32x4_t b) {
  return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

/// sums[r] = start + row r of `left` times sixteen columns, over `depth` bytes, a multiple of 8.
///
/// An odd last row is multiplied twice.
VITQ_INLINE void multiply(
    const int rows, const uint8_t *left, size_t stride, const int8_t *columns, size_t depth,
    const int32x4_t start[4], int32x4_t sums[][4]) {
  const int pairs = (rows + 1) / 2;
  int32x4_t s[BLOCK_ROWS / 2][8];
#pragma clang loop unroll(full)
  for (int p = 0; p < pairs; p++) {
    for (int c = 0; c < 4; c++) {
      s[p][2 * c] = low_halves(start[c], start[c]);
      s[p][2 * c + 1] = high_halves(start[c], start[c]);
    }
  }
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < depth; k += 8, columns += 128) {
    uint8x16_t a[BLOCK_ROWS / 2];
#pragma clang loop unroll(full)
    for (int p = 0; p < pairs; p++) {
      const int second = 2 * p + 1 < rows ? 2 * p + 1 : 2 * p;
      a[p] = vcombine_u8(
          vld1_u8(left + (size_t)(2 * p) * stride + k),
          vld1_u8(left + (size_t)second * stride + k));
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < 8; c++) {
      const int8x16_t w = vld1q_s8(columns + 16 * c);
#pragma clang loop unroll(full)
      for (int p = 0; p < pairs; p++) s[p][c] = vusmmlaq_s32(s[p][c], a[p], w);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < 4; c++) {
      const int32x4_t first = s[r / 2][2 * c], second = s[r / 2][2 * c + 1];
      sums[r][c] = r % 2 ? high_halves(first, second) : low_halves(first, second);
    }
  }
}

#endif

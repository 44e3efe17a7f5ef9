// Sixty-four bytes at a time through a table of 256, with AVX-512 VBMI.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_TABLES_AVX512_H
#define VITQ_INTEGER_TABLES_AVX512_H

#include "../f32_math.h"

typedef struct {
  __m512i quarters[4];
} byte_table;

VITQ_INLINE byte_table byte_table_of(const uint8_t bytes[256]) {
  byte_table table;
  for (size_t i = 0; i < 4; i++) table.quarters[i] = _mm512_loadu_si512(bytes + 64 * i);
  return table;
}

/// The entry of each code: two tables of 128 by its low seven bits, and the top bit to choose.
VITQ_INLINE __m512i look_up(const byte_table *table, __m512i codes) {
  const __m512i *t = table->quarters;
  return _mm512_mask_blend_epi8(
      _mm512_movepi8_mask(codes), _mm512_permutex2var_epi8(t[0], codes, t[1]),
      _mm512_permutex2var_epi8(t[2], codes, t[3]));
}

#endif

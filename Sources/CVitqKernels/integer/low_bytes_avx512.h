// The low bytes of 32-bit lanes, with AVX-512 VBMI.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_LOW_BYTES_AVX512_H
#define VITQ_INTEGER_LOW_BYTES_AVX512_H

#include "../f32_math.h"

VITQ_INLINE v16i as_integers(__m512i v) {
  v16i lanes;
  memcpy(&lanes, &v, sizeof lanes);
  return lanes;
}

/// The low bytes of two vectors, those of the first in front.
VITQ_INLINE __m256i low_bytes_of_both(v16i first, v16i second) {
  __m512i a, b;
  memcpy(&a, &first, sizeof a);
  memcpy(&b, &second, sizeof b);
  // Byte 4 i of the first, and of the second, which is number 64 + 4 i.
  const __m512i order = _mm512_castsi256_si512(_mm256_setr_epi8(
      0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72, 76, 80, 84, 88,
      92, 96, 100, 104, 108, 112, 116, 120, 124));
  return _mm512_castsi512_si256(_mm512_permutex2var_epi8(a, order, b));
}

#endif

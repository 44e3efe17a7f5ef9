// The bytes of a row, as far as it has them.
//
// Include it where the target attribute of AVX2, or one that includes it, is in force.
#ifndef VITQ_INTEGER_ROW_BYTES_AVX2_H
#define VITQ_INTEGER_ROW_BYTES_AVX2_H

#include "../f32_math.h"

/// `count` bytes of a row, at most 32; 0 past them.
VITQ_INLINE __m256i row_bytes(const void *row, size_t count) {
  __m256i bytes = _mm256_setzero_si256();
  if (count >= 32) {
    memcpy(&bytes, row, 32);
  } else {
    memcpy(&bytes, row, count);
  }
  return bytes;
}

#endif

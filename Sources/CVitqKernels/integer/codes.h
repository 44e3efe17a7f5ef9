// Sixteen results to sixteen bytes: the quantize rule and the epilogues of linear layers.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_CODES_H
#define VITQ_INTEGER_CODES_H

#include "../f32_math.h"
#include "../include/vitq_integer.h"

typedef uint8_t v16u8 __attribute__((vector_size(16)));

VITQ_INLINE v16i v16i_set(int32_t a) {
  return (v16i){a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a};
}
VITQ_INLINE v16i v16i_load(const int32_t *p) {
  v16i v;
  memcpy(&v, p, sizeof v);
  return v;
}
VITQ_INLINE void v16i_store(int32_t *p, v16i v) { memcpy(p, &v, sizeof v); }
VITQ_INLINE v16f v16_from_integers(v16i v) { return __builtin_convertvector(v, v16f); }

/// v16_code before it is rounded to a whole number: to clamp first is the same.
VITQ_INLINE v16f v16_code_before_rounding(
    v16f x, float inverse_step, float zero_point, float low, float high) {
  const v16f code = v16_fma(x, v16_set(inverse_step), v16_set(zero_point));
  return v16_min(v16_max(code, v16_set(low)), v16_set(high));
}

/// Sixteen numbers in 0 ... 255 rounded to bytes.
VITQ_INLINE v16u8 v16_rounded_bytes(v16f codes) {
  return __builtin_convertvector((v16i)(codes + v16_set(VITQ_ROUNDING)), v16u8);
}

/// Sixteen results under a quantizer as integers whose low bytes are the results.
VITQ_INLINE v16i v16_low_bytes(v16f x, const vitq_quantizer *q) {
  const v16f codes =
      v16_code_before_rounding(x, q->inverse_step, q->zero_point, q->low, q->high);
  // The shift is taken afterwards: a tie goes to the even code, not to the even result.
  return (v16i)(codes + v16_set(VITQ_ROUNDING)) - q->shift;
}

/// The bytes of sixteen results under a quantizer.
VITQ_INLINE v16u8 v16_bytes(v16f x, const vitq_quantizer *q) {
  return __builtin_convertvector(v16_low_bytes(x, q), v16u8);
}

VITQ_INLINE void v16_store_bytes(uint8_t *p, v16u8 v, size_t count) {
  if (count >= VITQ_LANES) {
    memcpy(p, &v, sizeof v);
  } else {
    memcpy(p, &v, count);
  }
}

#endif

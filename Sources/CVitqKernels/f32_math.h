// The float arithmetic every kernel shares: sixteen lanes, explicit fused multiply-adds, fixed
// reduction order. The same C expressions compile for each instruction set, so results are
// bit-identical on all of them; never use a libm function, a plain `a * b + c`, or a horizontal
// instruction beside these.
//
// Include it after the `target` attribute of the instruction set is pushed: its functions take
// the attribute of the file that includes them.
#ifndef VITQ_F32_MATH_H
#define VITQ_F32_MATH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VITQ_INLINE static inline __attribute__((always_inline, unused))
#define VITQ_LANES 16

#pragma clang fp contract(off)
// Vectors wider than a register have no fixed calling convention; every function that takes or
// returns one is inlined, so no call depends on it.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef float v4f __attribute__((vector_size(16)));

VITQ_INLINE v16f v16_set(float a) { return (v16f){a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a}; }
VITQ_INLINE v16f v16_load(const float *p) {
  v16f v;
  memcpy(&v, p, sizeof v);
  return v;
}
VITQ_INLINE void v16_store(float *p, v16f v) { memcpy(p, &v, sizeof v); }

/// The first `count` elements at `p`; the other lanes are `fill`.
VITQ_INLINE v16f v16_load_part(const float *p, size_t count, float fill) {
  if (count >= VITQ_LANES) return v16_load(p);
  float lanes[VITQ_LANES];
  for (size_t i = 0; i < VITQ_LANES; i++) lanes[i] = fill;
  memcpy(lanes, p, count * sizeof(float));
  return v16_load(lanes);
}
VITQ_INLINE void v16_store_part(float *p, v16f v, size_t count) {
  if (count >= VITQ_LANES) {
    v16_store(p, v);
    return;
  }
  float lanes[VITQ_LANES];
  v16_store(lanes, v);
  memcpy(p, lanes, count * sizeof(float));
}

VITQ_INLINE v16f v16_fma(v16f a, v16f b, v16f c) { return __builtin_elementwise_fma(a, b, c); }

/// a where the lane of `mask` is all ones, b where it is 0.
VITQ_INLINE v16f v16_select(v16i mask, v16f a, v16f b) {
  return (v16f)((mask & (v16i)a) | (~mask & (v16i)b));
}
VITQ_INLINE v16f v16_min(v16f a, v16f b) { return v16_select(a < b, a, b); }
VITQ_INLINE v16f v16_max(v16f a, v16f b) { return v16_select(a > b, a, b); }
VITQ_INLINE v16f v16_abs(v16f a) { return __builtin_elementwise_abs(a); }

/// The nearest integer, ties to even, as a float.
VITQ_INLINE v16f v16_round(v16f a) { return __builtin_elementwise_roundeven(a); }

/// Lane i of the result is the sum of lanes i, i + 4, i + 8 and i + 12: lane i meets lane i + 8,
/// then i + 4.
VITQ_INLINE v4f v16_sums_of_four(v16f v) {
  typedef float v8f __attribute__((vector_size(32)));
  const v8f a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
}

/// The sum of the lanes: lane i meets lane i + 8, then i + 4, i + 2, i + 1.
VITQ_INLINE float v16_sum(v16f v) {
  const v4f b = v16_sums_of_four(v);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

/// v16_sum of each of four vectors.
VITQ_INLINE v4f v16_sum_each(const v16f v[4]) {
  const v4f a = v16_sums_of_four(v[0]), b = v16_sums_of_four(v[1]);
  const v4f c = v16_sums_of_four(v[2]), d = v16_sums_of_four(v[3]);
  const v4f ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);  // lanes 0 and 1 of both
  const v4f cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const v4f ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);  // lanes 2 and 3
  const v4f cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const v4f even = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) +
                   __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
  const v4f odd = __builtin_shufflevector(ab, cd, 2, 3, 6, 7) +
                  __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
  return even + odd;
}

VITQ_INLINE float v16_maximum(v16f v) {
  typedef float v8f __attribute__((vector_size(32)));
  typedef int32_t v8i __attribute__((vector_size(32)));
  typedef int32_t v4i __attribute__((vector_size(16)));
  const v8f l = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  const v8f h = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const v8i over = l > h;
  const v8f a = (v8f)((over & (v8i)l) | (~over & (v8i)h));
  const v4f b = __builtin_shufflevector(a, a, 0, 1, 2, 3);
  const v4f c = __builtin_shufflevector(a, a, 4, 5, 6, 7);
  const v4i above = b > c;
  const v4f d = (v4f)((above & (v4i)b) | (~above & (v4i)c));
  const float e = d[0] > d[2] ? d[0] : d[2], f = d[1] > d[3] ? d[1] : d[3];
  return e > f ? e : f;
}

/// Adding it to x, |x| <= 2^22, leaves round(x), ties to even, in the low bits of the sum: those of
/// the magic constant itself are 0.
#define VITQ_ROUNDING 0x1.8p23f

/// v16_exp2 of each of `count` vectors, at most four; a constant count above one hides the latency
/// of one chain of multiply-adds behind the others.
VITQ_INLINE void v16_exp2_each(v16f *x, const int count) {
  static const float coefficients[] = {
      0.00015475897816941142f, 0.0013400283642113209f, 0.009618005715310574f,
      0.055503278970718384f,   0.24022650718688965f,   0.6931471824645996f,
      1.0f,
  };
  enum { COEFFICIENTS = sizeof coefficients / sizeof *coefficients };
  v16f f[4], p[4];
  v16i exponent[4];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
    const v16f clamped = v16_max(x[i], v16_set(-127.0f));
    const v16f shifted = clamped + v16_set(VITQ_ROUNDING);
    f[i] = clamped - (shifted - v16_set(VITQ_ROUNDING));
    exponent[i] = (v16i)shifted << 23;
    p[i] = v16_set(coefficients[0]);
  }
#pragma clang loop unroll(full)
  for (int k = 1; k < COEFFICIENTS; k++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) p[i] = v16_fma(p[i], f[i], v16_set(coefficients[k]));
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
    // 2^round(x) p is normal where it is kept, so that its exponent can be added.
    const v16f scaled = (v16f)((v16i)p[i] + exponent[i]);
    x[i] = v16_select(x[i] < v16_set(-126.0f), v16_set(0.0f), scaled);
  }
}

/// 2^x for x <= 127; 0 below -126. Relative error 2e-7.
VITQ_INLINE v16f v16_exp2(v16f x) {
  v16_exp2_each(&x, 1);
  return x;
}

/// log2(x) for normal x > 0. Absolute error 2e-7 near 1, relative 1e-7 elsewhere.
VITQ_INLINE v16f v16_log2(v16f x) {
  const v16i bits = (v16i)x;
  // The exponent is chosen so that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const v16i exponent = (bits - 0x3f3504f3) >> 23;
  const v16f m = (v16f)(bits - (exponent << 23));
  const v16f f = m - v16_set(1.0f);
  v16f p = v16_set(0.12541133165359497f);
  p = v16_fma(p, f, v16_set(-0.21030312776565552f));
  p = v16_fma(p, f, v16_set(0.21737971901893616f));
  p = v16_fma(p, f, v16_set(-0.23851947486400604f));
  p = v16_fma(p, f, v16_set(0.28765663504600525f));
  p = v16_fma(p, f, v16_set(-0.3607212007045746f));
  p = v16_fma(p, f, v16_set(0.48092252016067505f));
  p = v16_fma(p, f, v16_set(-0.7213471531867981f));
  p = v16_fma(p, f, v16_set(1.442694902420044f));
  return v16_fma(p, f, __builtin_convertvector(exponent, v16f));
}

/// exp(-x^2 / 2).
VITQ_INLINE v16f v16_gaussian(v16f x) {
  const v16f z = v16_abs(x) * v16_set(0.70710678118654752f);
  return v16_exp2(z * z * v16_set(-1.4426950408889634f));
}

/// The standard normal distribution function, given gaussian = v16_gaussian(x).
///
/// By erfc(z) = k P(k) exp(-z^2), k = 1/(1 + 0.47 z). Absolute error 1e-7.
VITQ_INLINE v16f v16_normal_cdf(v16f x, v16f gaussian) {
  const v16f z = v16_abs(x) * v16_set(0.70710678118654752f);
  const v16f k = v16_set(1.0f) / v16_fma(z, v16_set(0.47f), v16_set(1.0f));
  v16f p = v16_set(-0.05189518257975578f);
  p = v16_fma(p, k, v16_set(0.2916613221168518f));
  p = v16_fma(p, k, v16_set(-0.6145837903022766f));
  p = v16_fma(p, k, v16_set(0.5255980491638184f));
  p = v16_fma(p, k, v16_set(-0.16624490916728973f));
  p = v16_fma(p, k, v16_set(0.2652823328971863f));
  p = v16_fma(p, k, v16_set(0.21786655485630035f));
  p = v16_fma(p, k, v16_set(0.26725009083747864f));
  p = v16_fma(p, k, v16_set(0.2650654911994934f));
  const v16f tail = v16_set(0.5f) * k * p * gaussian;
  return v16_select(x < v16_set(0.0f), tail, v16_set(1.0f) - tail);
}

/// GELU in its erf form, x Phi(x). Absolute error 2e-7 |x|.
VITQ_INLINE v16f v16_gelu_erf(v16f x) { return x * v16_normal_cdf(x, v16_gaussian(x)); }

/// v16_gelu_polynomial of each of `count` vectors, at most eight; a constant count above one hides
/// the latency of one chain of multiply-adds behind the others.
VITQ_INLINE void v16_gelu_polynomial_each(v16f *x, const int count) {
  static const float coefficients[] = {
      2.5525926615865086e-07f, -2.1882209694013e-05f, 0.0004290409851819277f,
      -0.003885719459503889f,  0.018945684656500816f, -0.04881669953465462f,
      0.04808443412184715f,    0.030563555657863617f, 0.015253201127052307f,
      -0.4021323323249817f,    0.5002304911613464f,
  };
  enum { COEFFICIENTS = sizeof coefficients / sizeof *coefficients };
  v16f t[8], p[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
    t[i] = v16_min(v16_abs(x[i]), v16_set(4.25f));
    p[i] = v16_set(coefficients[0]);
  }
#pragma clang loop unroll(full)
  for (int k = 1; k < COEFFICIENTS; k++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) p[i] = v16_fma(p[i], t[i], v16_set(coefficients[k]));
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) x[i] = v16_max(x[i], v16_set(0.0f)) - p[i] * t[i];
}

/// GELU without division or exponential: max(x, 0) - g(|x|), g a polynomial on [0, 4.25].
///
/// Absolute error 5e-6 up to |x| = 4.25, 3e-5 beyond. The form the integer runtime executes.
VITQ_INLINE v16f v16_gelu_polynomial(v16f x) {
  v16_gelu_polynomial_each(&x, 1);
  return x;
}

/// The code of x under a uniform quantizer: clamp(round(x / step) + zero point), as a float.
///
/// The one rounding rule of the package; `UniformQuantizer.code(of:)` is the same in Swift.
VITQ_INLINE v16f v16_code(v16f x, float inverse_step, float zero_point, float low, float high) {
  const v16f q = v16_round(v16_fma(x, v16_set(inverse_step), v16_set(zero_point)));
  return v16_min(v16_max(q, v16_set(low)), v16_set(high));
}

/// The quantizer that a row gives itself, with the codes 0 ... largest.
typedef struct {
  float step, inverse_step, zero_point;
} v16_row_quantizer;

/// low = min(x, 0), high = max(x, 0), step = (high - low) / largest, zero point =
/// clamp(round(-low / step)); step 1 for a row of zeros, or where step has no usable reciprocal.
///
/// x is scale (element - zero). No row gives a quantizer that is not a number.
VITQ_INLINE v16_row_quantizer v16_quantizer_of_row(
    const float *x, size_t width, float scale, float zero, float largest) {
  v16f low = v16_set(0.0f), high = v16_set(0.0f);
  for (size_t i = 0; i < width; i += VITQ_LANES) {
    const size_t rest = width - i;
    const v16f part = v16_load_part(x + i, rest, zero);
    const v16f value = v16_set(scale) * (part - v16_set(zero));
    low = v16_min(value, low);
    high = v16_max(value, high);
  }
  const float least = -v16_maximum(-low);
  const float range = (v16_maximum(high) - least) / largest;
  const float step = range >= 0x1p-100f && range <= 0x1p100f ? range : 1.0f;
  const float zero_point = __builtin_roundevenf(-least / step);
  return (v16_row_quantizer){
      .step = step,
      .inverse_step = 1.0f / step,
      .zero_point = zero_point > 0.0f ? zero_point < largest ? zero_point : largest : 0.0f,
  };
}

/// A result of a linear layer whose input rows were quantized by v16_quantizer_of_row:
/// fma(fma(-zero point, weight sum, sum), step weight_step, bias).
VITQ_INLINE v16f v16_rescaled(
    v16f sums, v16f weight_sums, v16f weight_steps, v16f bias, float step, float zero_point) {
  const v16f centred = v16_fma(v16_set(-zero_point), weight_sums, sums);
  return v16_fma(centred, v16_set(step) * weight_steps, bias);
}

/// Mean and 1 / sqrt(variance + epsilon) of each of `count` rows, `stride` bytes apart, at most
/// four: two passes, sixteen partial sums. A constant count above one hides the latency of sums.
VITQ_INLINE void v16_row_moments_each(
    const int count, const float *x, size_t stride, size_t width, float epsilon, v4f *mean,
    v4f *rstd) {
  const size_t whole = width / VITQ_LANES * VITQ_LANES, rest = width - whole;
  const v4f widths = {(float)width, (float)width, (float)width, (float)width};
  const v4f epsilons = {epsilon, epsilon, epsilon, epsilon}, one = {1.0f, 1.0f, 1.0f, 1.0f};
  const float *row[4];
  v16f sum[4], squares[4];
#pragma clang loop unroll(full)
  for (int r = 0; r < 4; r++) {
    row[r] = (const float *)(const void *)((const char *)x + (size_t)r * stride);
    sum[r] = squares[r] = v16_set(0.0f);
  }
  for (size_t i = 0; i < whole; i += VITQ_LANES) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) sum[r] += v16_load(row[r] + i);
  }
  if (rest) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) sum[r] += v16_load_part(row[r] + whole, rest, 0.0f);
  }
  const v4f mu = v16_sum_each(sum) / widths;
  for (size_t i = 0; i < whole; i += VITQ_LANES) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      const v16f d = v16_load(row[r] + i) - v16_set(mu[r]);
      squares[r] = v16_fma(d, d, squares[r]);
    }
  }
  if (rest) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      const v16f d = v16_load_part(row[r] + whole, rest, mu[r]) - v16_set(mu[r]);
      squares[r] = v16_fma(d, d, squares[r]);
    }
  }
  *mean = mu;
  *rstd = one / __builtin_elementwise_sqrt(v16_sum_each(squares) / widths + epsilons);
}

/// (x - mean) rstd gamma + beta: one subtraction, one product, one fused multiply-add.
VITQ_INLINE v16f v16_normalized(v16f x, float mean, float rstd, v16f gamma, v16f beta) {
  return v16_fma((x - v16_set(mean)) * v16_set(rstd), gamma, beta);
}

/// The largest element of a row.
VITQ_INLINE float v16_row_maximum(const float *x, size_t width) {
  const size_t whole = width / VITQ_LANES * VITQ_LANES, rest = width - whole;
  v16f m = v16_set(x[0]);
  for (size_t i = 0; i < whole; i += VITQ_LANES) m = v16_max(m, v16_load(x + i));
  if (rest) m = v16_max(m, v16_load_part(x + whole, rest, x[0]));
  return v16_maximum(m);
}

/// y = (x - max) factor and the sum of 2^y over the row; the base of both softmax forms.
///
/// `factor` is log2(e) times the scale of x. Lanes past the row add nothing. Chunk j of sixteen
/// elements is added to one running vector, in order.
VITQ_INLINE float v16_row_exponents(
    const float *x, float *y, size_t width, float maximum, float factor) {
  const size_t whole = width / VITQ_LANES * VITQ_LANES, rest = width - whole;
  v16f sum = v16_set(0.0f);
  for (size_t i = 0; i < whole; i += VITQ_LANES) {
    const v16f t = (v16_load(x + i) - v16_set(maximum)) * v16_set(factor);
    v16_store(y + i, t);
    sum += v16_exp2(t);
  }
  if (rest) {
    const v16f part = v16_load_part(x + whole, rest, maximum);
    const v16f t = (part - v16_set(maximum)) * v16_set(factor);
    v16_store_part(y + whole, t, rest);
    v16f e = v16_exp2(t);
    float lanes[VITQ_LANES];
    v16_store(lanes, e);
    for (size_t i = rest; i < VITQ_LANES; i++) lanes[i] = 0.0f;
    sum += v16_load(lanes);
  }
  return v16_sum(sum);
}

/// The mean over rows of sixteen columns at `x`: rows added in order, times 1 / rows.
VITQ_INLINE v16f v16_column_mean(const float *x, size_t rows, size_t stride) {
  v16f sum = v16_set(0.0f);
  for (size_t r = 0; r < rows; r++) sum += v16_load(x + r * stride);
  return sum * v16_set(1.0f / (float)rows);
}

#endif

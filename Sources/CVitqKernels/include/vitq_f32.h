// Kernels of the full-precision evaluator.
//
// All matrices are dense, row-major FP32: `rows` rows of `width` contiguous elements. A result
// may be the same memory as an operand of the same shape unless said otherwise, and must not
// overlap it in any other way. `accumulate` other than 0 adds to the result instead of
// overwriting it. Every table gives the same bits: sixteen lanes, explicit fused
// multiply-adds, fixed reduction order (f32_math.h).
#ifndef VITQ_F32_H
#define VITQ_F32_H

#include <stddef.h>
#include <stdint.h>

#include "vitq_isa.h"

#ifdef __cplusplus
extern "C" {
#endif

/// code(x) = clamp(roundeven(fma(x, inverse_step, zero_point)), low, high);
/// value(code) = step (code - zero_point).
typedef struct {
  float step, inverse_step, zero_point, low, high;
} vitq_f32_quantizer;

/// code(e) = clamp(roundeven(fma(-steps_per_octave, e, offset)), 0, 16); value = levels[code] unit.
typedef struct {
  float steps_per_octave, offset, unit;
  float levels[17];
} vitq_f32_log_quantizer;

/// One step of Adam (arXiv:1412.6980, algorithm 1).
typedef struct {
  float rate, beta1, beta2, epsilon;
  /// 1 - beta^t of the step t that is taken, t from 1.
  float correction1, correction2;
} vitq_f32_adam;

/// The f32 kernels compiled for one instruction set.
typedef struct {
  vitq_isa isa;

  // Elementwise.

  /// y = a + b
  void (*add)(size_t count, const float *a, const float *b, float *y);
  /// y = a b
  void (*multiply)(size_t count, const float *a, const float *b, float *y, int accumulate);
  /// y = factor x; accumulating, y = fma(factor, x, y).
  void (*scale)(size_t count, float factor, const float *x, float *y, int accumulate);

  // Rows.

  /// y[r] = x[r] + row
  void (*add_row)(size_t rows, size_t width, const float *x, const float *row, float *y);
  /// y[r] = x[r] row
  void (*multiply_row)(
      size_t rows, size_t width, const float *x, const float *row, float *y, int accumulate);
  /// y[r] = factor row
  void (*repeat_row)(
      size_t rows, size_t width, float factor, const float *row, float *y, int accumulate);
  /// y[c] = factor (sum over r of x[r, c]), rows in order; y must not overlap x.
  void (*column_sums)(
      size_t rows, size_t width, float factor, const float *x, float *y, int accumulate);
  /// y[c] = sum over r of a[r, c] b[r, c], rows in order; y must not overlap a or b.
  void (*column_dots)(
      size_t rows, size_t width, const float *a, const float *b, float *y, int accumulate);
  /// y[r] = sum of x[r]; exact for whole numbers whose partial sums stay below 2^24.
  void (*row_sums)(size_t rows, size_t width, const float *x, float *y);

  // Reductions.

  /// The sum of x in double precision.
  double (*sum)(size_t count, const float *x);
  /// The sum of a b in double precision.
  double (*dot)(size_t count, const float *a, const float *b);
  /// The largest |x|, 0 if there is none.
  float (*magnitude)(size_t count, const float *x);
  /// The largest sum of |x[r]| over a row.
  float (*row_magnitude)(size_t rows, size_t width, const float *x);

  // Blocks: the movement in patches, heads, slices and concatenations.

  /// y[i y_outer + j y_inner + k] = x[i x_outer + j x_inner + k]
  /// for i < outer, j < inner, k < width; no overlap.
  void (*move_blocks)(
      size_t outer, size_t inner, size_t width, const float *x, size_t x_outer, size_t x_inner,
      float *y, size_t y_outer, size_t y_inner, int accumulate);

  /// y[r] = x[sources[r]] for r < rows, or every element `fill` where sources[r] is negative;
  /// no overlap.
  void (*gather_rows)(
      size_t rows, size_t width, const int32_t *sources, float fill, const float *x, float *y,
      int accumulate);

  // Normalisation.

  /// y = (x - mean) rstd gamma + beta; statistics[2 r] = mean, statistics[2 r + 1] = rstd.
  void (*layer_norm)(
      size_t rows, size_t width, float epsilon, const float *x, const float *gamma,
      const float *beta, float *y, float *statistics);
  /// With g = gamma dy, n = (x - mean) rstd: dx = rstd (g - mean(g) - n mean(g n)).
  ///
  /// dx may be dy only if it does not accumulate.
  void (*layer_norm_backward)(
      size_t rows, size_t width, const float *x, const float *gamma, const float *statistics,
      const float *dy, float *dx, int accumulate);
  /// dgamma[c] = sum over r of dy n, rows in order; no overlap.
  void (*layer_norm_backward_gamma)(
      size_t rows, size_t width, const float *x, const float *statistics, const float *dy,
      float *dgamma, int accumulate);

  // Softmax over rows; x counts `factor` octaves a unit: factor = log2(e) scale.

  /// p = 2^t (1 / sum), t = (x - max x) factor
  void (*softmax)(size_t rows, size_t width, float factor, const float *x, float *p);
  /// e = t - log2(sum of 2^t)
  void (*log_softmax)(size_t rows, size_t width, float factor, const float *x, float *e);
  /// dx = p (dp - sum of p dp), of the natural softmax
  void (*softmax_backward)(
      size_t rows, size_t width, const float *p, const float *dp, float *dx, int accumulate);
  /// dx = log2(e) (de - 2^e sum of de), of the base-2 logarithm of the natural softmax
  void (*log_softmax_backward)(
      size_t rows, size_t width, const float *e, const float *de, float *dx, int accumulate);

  /// y = fma(x - zero, scale, bias + mask), or fma(x - zero, scale, bias) if mask is null
  void (*attention_bias)(
      size_t count, float scale, float zero, const float *x, const float *bias,
      const float *mask, float *y);

  // Densities. With e = exp(-z^2 / 2), z = (center - x) inverse_bandwidth:

  /// The sum of e in double precision.
  double (*density)(size_t count, float center, float inverse_bandwidth, const float *x);
  /// y = slope e (center - x)
  void (*density_slope)(
      size_t count, float center, float inverse_bandwidth, float slope, const float *x, float *y,
      int accumulate);

  // GELU.

  void (*gelu_erf)(size_t count, const float *x, float *y);
  void (*gelu_tanh)(size_t count, const float *x, float *y);
  void (*gelu_polynomial)(size_t count, const float *x, float *y);
  void (*gelu_erf_backward)(
      size_t count, const float *x, const float *dy, float *dx, int accumulate);
  void (*gelu_tanh_backward)(
      size_t count, const float *x, const float *dy, float *dx, int accumulate);
  void (*gelu_polynomial_backward)(
      size_t count, const float *x, const float *dy, float *dx, int accumulate);

  // Quantization. An operand stands for scale (element - zero); real operands have 1 and 0.

  /// y = scale (x - zero)
  void (*decode)(size_t count, float scale, float zero, const float *x, float *y);
  /// y = code(scale (x - zero))
  void (*quantize)(
      size_t count, float scale, float zero, const float *x, vitq_f32_quantizer q, float *y);
  /// y = value(code(scale (x - zero)))
  void (*fake_quantize)(
      size_t count, float scale, float zero, const float *x, vitq_f32_quantizer q, float *y);
  /// dx = dy where the code of x is not clamped, 0 elsewhere
  void (*fake_quantize_backward)(
      size_t count, const float *x, vitq_f32_quantizer q, const float *dy, float *dx,
      int accumulate);
  /// y = levels[code(e)] unit
  void (*log_quantize)(size_t count, const float *e, const vitq_f32_log_quantizer *q, float *y);
  /// de = dy value ln(2) where the code of e is not clamped, 0 elsewhere
  void (*log_quantize_backward)(
      size_t count, const float *e, const vitq_f32_log_quantizer *q, const float *dy, float *de,
      int accumulate);
  /// y = values[clamp(roundeven(fma(scale (x - zero), slope, offset)), 0, 255)]
  void (*table_quantize)(
      size_t count, float scale, float zero, const float *x, float slope, float offset,
      const float *values, float *y);
  /// dx = dy values[code] ln(2) where the code of x, as above with scale 1 and zero 0, is not
  /// clamped, 0 elsewhere
  void (*log_table_quantize_backward)(
      size_t count, const float *x, float slope, float offset, const float *values,
      const float *dy, float *dx, int accumulate);
  /// y = code(scale (x - zero)), each row under the quantizer of v16_quantizer_of_row; scales[2 r] is
  /// its step and scales[2 r + 1] its zero point. If scales is null, y = value(code).
  void (*quantize_rows)(
      size_t rows, size_t width, float scale, float zero, float largest, const float *x, float *y,
      float *scales);
  /// y[r, c] = fma(fma(-zero point[r], weight_sums[c], x[r, c]), step[r] weight_steps[c], bias[c])
  void (*rescale_rows)(
      size_t rows, size_t width, const float *x, const float *scales, const float *weight_sums,
      const float *weight_steps, const float *bias, float *y);
  /// y[r, c] = fma(x[r, c], multipliers[c], offsets[c])
  void (*scale_columns)(
      size_t rows, size_t width, const float *x, const float *multipliers, const float *offsets,
      float *y);

  // Training.

  /// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
  /// x -= rate / correction1 m / (sqrt(v / correction2) + epsilon)
  void (*adam)(size_t count, vitq_f32_adam step, const float *g, float *m, float *v, float *x);
} vitq_f32_kernels;

/// The tables in this build, the portable one first; those this CPU cannot run included.
const vitq_f32_kernels *const *vitq_f32_tables(size_t *count);

/// The table to use where `isa` was chosen: the last one that it includes.
const vitq_f32_kernels *vitq_f32_table(vitq_isa isa);

#ifdef __cplusplus
}
#endif
#endif

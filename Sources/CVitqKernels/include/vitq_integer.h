// The kernels of the integer runtime: exact integer products, fixed float steps around them.
//
// Common to all: a kernel is single-threaded and computes the rows it is given; strides are bytes;
// pointers of a call do not overlap unless said otherwise; every instruction set gives the same
// bits. A matrix of the activation arena has rows whose stride is at least the columns rounded up
// to 32 elements; kernels may read and write that padding, whose content means nothing.
#ifndef VITQ_INTEGER_H
#define VITQ_INTEGER_H

#include <stddef.h>
#include <stdint.h>

#include "vitq_isa.h"

/// clamp(round(x * inverse_step + zero_point), low ... high) - shift, stored in a byte.
///
/// `shift` is 0 for u8 results and the zero point for s8 results.
typedef struct {
  float inverse_step;
  float zero_point;
  float low;
  float high;
  int32_t shift;
} vitq_quantizer;

/// What happens to a result y of a linear layer.
typedef enum {
  VITQ_EPILOGUE_STORE = 0,          // target = y, f32
  VITQ_EPILOGUE_ACCUMULATE = 1,     // target += y, f32
  VITQ_EPILOGUE_QUANTIZE = 2,       // target = quantizer(y), a byte
  VITQ_EPILOGUE_GELU_QUANTIZE = 3,  // target = quantizer(gelu(y)), gelu in its polynomial form
} vitq_epilogue;

/// A linear layer: y[n] = fma(sum(a w[n]) - zero_points[n] sum(a), multipliers[n], offsets[n]).
///
/// panels: for each 32 outputs and each 4 inputs, outputs rounded up to 32 and inputs to 32 with
///    zero weights: 64 bytes if 4-bit (byte 4c + j: low nibble = output c, high nibble = output
///    16 + c, input j, two's complement), 128 bytes if 8-bit (byte 4c + j: output c of 0 ... 31).
///    64-byte aligned.
/// multipliers, offsets: one float for each padded output.
/// zero_points: one int8 for each padded output; null if all are 0.
/// maximum_input: no byte of the source is larger. 1 to 255.
/// target_rows: for each row of the source the row of the target, -1 for none; null if the same.
///    For VITQ_EPILOGUE_ACCUMULATE only.
typedef struct {
  const void *panels;
  const float *multipliers;
  const float *offsets;
  const int8_t *zero_points;
  size_t outputs;
  size_t inputs;
  uint32_t maximum_input;
  vitq_epilogue epilogue;
  vitq_quantizer quantizer;
  const int32_t *target_rows;
} vitq_linear;

/// What happens to a result y of a linear layer whose input rows have quantizers of their own.
typedef enum {
  VITQ_ROW_EPILOGUE_STORE = 0,       // target = y, f32
  VITQ_ROW_EPILOGUE_ACCUMULATE = 1,  // target += y, f32
  VITQ_ROW_EPILOGUE_GELU = 2,        // target = gelu(y), f32, gelu in its polynomial form
  VITQ_ROW_EPILOGUE_QUANTIZE = 3,    // target = quantizer(y), a byte
} vitq_row_epilogue;

/// y[r, n] = fma(fma(-zero point[r], weight_sums[n], S[r, n]), step[r] weight_steps[n], bias[n]).
///
/// target_rows: as in vitq_linear, for VITQ_ROW_EPILOGUE_ACCUMULATE only.
typedef struct {
  const float *weight_sums;
  const float *weight_steps;
  const float *bias;
  size_t columns;
  vitq_row_epilogue epilogue;
  vitq_quantizer quantizer;
  const int32_t *target_rows;
} vitq_row_scaling;

/// Some of the codes 0 ... 255, and which of them each code becomes.
///
/// map: for each code the nearest level, not descending; or any table.
/// With at most 16 levels, the same once more: code c becomes levels[the number of thresholds <= c].
/// level_count: 1 to 256; levels and thresholds mean nothing if it is above 16.
typedef struct {
  uint8_t map[256];
  uint32_t level_count;
  uint8_t thresholds[15];
  uint8_t levels[16];
} vitq_codebook;

/// How attention probabilities become whole numbers.
typedef enum {
  VITQ_PROBABILITIES_LOG = 0,      // levels[code], code of log2 p; 16 and above give 0
  VITQ_PROBABILITIES_UNIFORM = 1,  // quantizer(p)
  VITQ_PROBABILITIES_TABLE = 2,    // levels[the number of thresholds <= code], code of log2 p
} vitq_probabilities;

enum { VITQ_MAXIMUM_LEVELS = 256 };

/// What is added to the scores of windows of height x width tokens.
///
///     x[i, j] = fma(S[i, j], score_step, bias + (regions of i and j differ ? penalty : 0))
///
/// bias: [heads][2 height - 1][2 width - 1], by the offset from the token of the query to that of
///    the key plus (height - 1, width - 1); null for no windows: x = S.
/// regions: a byte for each row, or null: then no penalty is added.
typedef struct {
  size_t height;
  size_t width;
  float score_step;
  const float *bias;
  const uint8_t *regions;
  float penalty;
} vitq_windows;

/// Multi-head attention; a head is `head_width` columns of queries, keys, values and target.
///
/// A query attends to the `tokens` keys of its window; windows follow one another in the rows.
///
///     S[i, j] = sum((q[i] - query_zero_point) k[j])        exact
///     t = (x - max x) logit_factor,  L = log2(sum 2^t)
///     code = clamp(round(fma(-steps_per_octave, t - L, level_offset)), 0 ... 16 or 255)
///     level = levels[code], or levels[the number of thresholds <= code],
///         or probability_quantizer(2^t / sum 2^t)
///     y = quantizer(sum(level v) value_factor)             sum exact
///
/// is_real: y = sum(level v) value_factor instead, f32.
/// levels: sixteen, or level_count of a table, 1 to VITQ_MAXIMUM_LEVELS; at most 2^15.
/// thresholds: level_count - 1 of a table, ascending, from 1.
/// maximum_query and maximum_key bound the bytes of queries and the magnitude of keys.
/// head_width is at most VITQ_MAXIMUM_HEAD_WIDTH.
typedef struct {
  size_t tokens;
  vitq_windows windows;
  size_t heads;
  size_t head_width;
  int32_t query_zero_point;
  uint32_t maximum_query;
  uint32_t maximum_key;
  float logit_factor;
  vitq_probabilities probabilities;
  float steps_per_octave;
  float level_offset;
  uint32_t level_count;
  uint16_t levels[VITQ_MAXIMUM_LEVELS];
  uint8_t thresholds[VITQ_MAXIMUM_LEVELS];
  vitq_quantizer probability_quantizer;
  float value_factor;
  int is_real;
  vitq_quantizer quantizer;
} vitq_attention;

enum { VITQ_MAXIMUM_HEAD_WIDTH = 256 };

/// (x - mean) rstd gamma + beta, each row over `width` columns.
typedef struct {
  const float *gamma;
  const float *beta;
  float epsilon;
  size_t width;
} vitq_normalization;

/// A matrix of codes read by the attention kernels.
typedef struct {
  const void *rows;
  size_t stride;
} vitq_code_matrix;

#define VITQ_INTEGER_KERNEL(name, parameters) typedef void(*vitq_##name##_kernel) parameters;
#include "integer_kernels.def"
#undef VITQ_INTEGER_KERNEL

/// The kernels of one instruction set.
typedef struct {
  vitq_isa isa;
#define VITQ_INTEGER_KERNEL(name, parameters) vitq_##name##_kernel name;
#include "integer_kernels.def"
#undef VITQ_INTEGER_KERNEL
} vitq_integer_kernels;

/// The fastest kernels that may run where `isa` was chosen.
const vitq_integer_kernels *vitq_integer_kernels_for(vitq_isa isa);

/// The name of kernel `index` of the list, or null past its end.
const char *vitq_integer_kernel_name(size_t index);

/// The bytes of scratch, 64-byte aligned, that the kernels need; enough for every instruction set.
size_t vitq_linear_scratch_bytes(const vitq_linear *layer, size_t rows);
size_t vitq_attention_scratch_bytes(const vitq_attention *attention);

#endif

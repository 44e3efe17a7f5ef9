// Sixteen outputs of a linear layer: epilogues, and the loop over rows.
//
// The sixteen outputs of half h of a panel are 8h ... 8h + 7 and 16 + 8h ... 16 + 8h + 7.
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_LINEAR_HALVES_H
#define VITQ_INTEGER_LINEAR_HALVES_H

#include "linear_rows.h"

/// Six rows and sixteen columns: with 256 bits twelve accumulators, two weights, an activation and
/// one more; with 128 bits twenty-four accumulators, six activations and a weight.
enum { BLOCK_ROWS = 6, HALF_COLUMNS = 16 };

/// The sums of one row.
#if defined(__aarch64__)
typedef int32x4_t half_sums[4];
#else
typedef __m256i half_sums[2];
#endif

VITQ_INLINE v16f load_halves(const float *p) {
  v16f v;
  memcpy(&v, p, 32);
  memcpy((char *)&v + 32, p + 16, 32);
  return v;
}
VITQ_INLINE void store_halves(float *p, v16f v) {
  memcpy(p, &v, 32);
  memcpy(p + 16, (const char *)&v + 32, 32);
}

/// Finishes `count` rows, at most three; `columns` is the first byte or float of the half panel of
/// row 0, or of the row that `target_rows` gives number 0.
VITQ_INLINE void finish_rows(
    const vitq_epilogue epilogue, const int count, const vitq_quantizer *quantizer,
    const v16_scaling *scaling, const half_sums sums[], const int32_t *row_sum,
    const int32_t *target_rows, uint8_t *columns, size_t stride) {
  v16f y[3];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    v16i sum;
    memcpy(&sum, sums[r], sizeof sum);
    y[r] = scaled(scaling, sum, row_sum[r]);
  }
  if (epilogue == VITQ_EPILOGUE_GELU_QUANTIZE) v16_gelu_polynomial_each(y, count);
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    // Target rows are for sums alone; see vitq_linear.
    uint8_t *row = target_row(
        epilogue == VITQ_EPILOGUE_ACCUMULATE ? target_rows : NULL, columns, stride, (size_t)r);
    if (row == NULL) continue;
    float *floats = (float *)(void *)row;
    if (epilogue == VITQ_EPILOGUE_STORE) {
      store_halves(floats, y[r]);
    } else if (epilogue == VITQ_EPILOGUE_ACCUMULATE) {
      store_halves(floats, load_halves(floats) + y[r]);
    } else {
      const v16u8 bytes = v16_bytes(y[r], quantizer);
      memcpy(row, &bytes, 8);
      memcpy(row + 16, (const char *)&bytes + 8, 8);
    }
  }
}

VITQ_INLINE void finish(
    const vitq_epilogue epilogue, const vitq_quantizer *quantizer, const v16_scaling *scaling,
    size_t rows, const half_sums sums[], const int32_t *row_sum, const int32_t *target_rows,
    uint8_t *columns, size_t stride) {
  size_t r = 0;
  for (; r + 3 <= rows; r += 3) {
    finish_rows(
        epilogue, 3, quantizer, scaling, sums + r, row_sum + r,
        target_rows ? target_rows + r : NULL, target_rows ? columns : columns + r * stride,
        stride);
  }
  for (; r < rows; r++) {
    finish_rows(
        epilogue, 1, quantizer, scaling, sums + r, row_sum + r,
        target_rows ? target_rows + r : NULL, target_rows ? columns : columns + r * stride,
        stride);
  }
}

static void finish_block(
    const vitq_linear *layer, const v16_scaling *scaling, size_t rows, const half_sums sums[],
    const int32_t *row_sum, const int32_t *target_rows, uint8_t *columns, size_t stride) {
  const vitq_quantizer *q = &layer->quantizer;
  switch (layer->epilogue) {
    case VITQ_EPILOGUE_STORE:
      finish(VITQ_EPILOGUE_STORE, q, scaling, rows, sums, row_sum, NULL, columns, stride);
      break;
    case VITQ_EPILOGUE_ACCUMULATE:
      finish(
          VITQ_EPILOGUE_ACCUMULATE, q, scaling, rows, sums, row_sum, target_rows, columns, stride);
      break;
    case VITQ_EPILOGUE_QUANTIZE:
      finish(VITQ_EPILOGUE_QUANTIZE, q, scaling, rows, sums, row_sum, NULL, columns, stride);
      break;
    case VITQ_EPILOGUE_GELU_QUANTIZE:
      finish(VITQ_EPILOGUE_GELU_QUANTIZE, q, scaling, rows, sums, row_sum, NULL, columns, stride);
      break;
  }
}

/// The sums of up to BLOCK_ROWS rows and the sixteen outputs of half a panel.
typedef void (*sum_function)(
    const void *weights, size_t rows, const uint8_t *source, size_t stride, half_sums sums[]);

/// Half a panel: sixteen outputs of all rows.
VITQ_INLINE void half_panel(
    const vitq_linear *layer, size_t first_output, const sum_function sum, const void *weights,
    size_t rows, const uint8_t *source, size_t source_stride, uint8_t *columns,
    size_t target_stride, const int32_t *row_sum, const uint8_t *next, size_t next_byte_count) {
  const v16_scaling scaling = {
      .multipliers = load_halves(layer->multipliers + first_output),
      .offsets = load_halves(layer->offsets + first_output),
      .zero_points =
          layer->zero_points ? v16i_from_bytes(layer->zero_points + first_output,
                                               layer->zero_points + first_output + 16)
                             : v16i_set(0),
  };
  const row_blocks blocks = blocks_of_rows(rows, BLOCK_ROWS);
  const size_t slice = (next_byte_count / blocks.count + 63) / 64 * 64;
  size_t row = 0;
  for (size_t b = 0; b < blocks.count; b++) {
    const size_t block_rows = rows_in_block(blocks, b);
    for (size_t i = b * slice; i < (b + 1) * slice && i < next_byte_count; i += 64) {
      __builtin_prefetch(next + i, 0, 2);
    }
    half_sums sums[BLOCK_ROWS];
    sum(weights, block_rows, source, source_stride, sums);
    const int32_t *target_rows = layer->target_rows ? layer->target_rows + row : NULL;
    finish_block(
        layer, &scaling, block_rows, (const half_sums *)sums, row_sum + row, target_rows,
        target_rows ? columns : columns + row * target_stride, target_stride);
    source += block_rows * source_stride;
    row += block_rows;
  }
}

#endif

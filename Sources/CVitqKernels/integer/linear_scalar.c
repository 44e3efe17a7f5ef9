// The reference linear kernels, straight from the definition: sixteen outputs at a time.
#include "declarations.h"
#include "linear_rows.h"

static int32_t weight_at(const void *panels, int bits, size_t depth, size_t n, size_t k) {
  const size_t panel = n / 32, c = n % 32, step = k / 4, j = k % 4;
  if (bits == 8) {
    return ((const int8_t *)panels)[(panel * (depth / 4) + step) * 128 + 4 * c + j];
  }
  const uint8_t byte =
      ((const uint8_t *)panels)[(panel * (depth / 4) + step) * 64 + 4 * (c % 16) + j];
  const int32_t nibble = c < 16 ? byte & 15 : byte >> 4;
  return nibble >= 8 ? nibble - 16 : nibble;
}

/// Stores sixteen results whose sums are given, columns n ... n + 15 of one row.
static void finish(
    const vitq_linear *layer, const int32_t *sums, size_t n, uint8_t *target_row) {
  const v16f y = v16_fma(
      v16_from_integers(v16i_load(sums)), v16_load(layer->multipliers + n),
      v16_load(layer->offsets + n));
  float *floats = (float *)(void *)target_row + n;
  switch (layer->epilogue) {
    case VITQ_EPILOGUE_STORE:
      v16_store(floats, y);
      break;
    case VITQ_EPILOGUE_ACCUMULATE:
      v16_store(floats, v16_load(floats) + y);
      break;
    case VITQ_EPILOGUE_QUANTIZE:
      v16_store_bytes(target_row + n, v16_bytes(y, &layer->quantizer), VITQ_LANES);
      break;
    case VITQ_EPILOGUE_GELU_QUANTIZE:
      v16_store_bytes(
          target_row + n, v16_bytes(v16_gelu_polynomial(y), &layer->quantizer), VITQ_LANES);
      break;
  }
}

/// The weights of outputs n ... n + 15, [depth][16].
static void decode(
    const void *panels, int bits, size_t depth, size_t n, int8_t *weights) {
  for (size_t k = 0; k < depth; k++) {
    for (size_t i = 0; i < VITQ_LANES; i++) {
      weights[k * VITQ_LANES + i] = (int8_t)weight_at(panels, bits, depth, n + i, k);
    }
  }
}

static void linear(
    const vitq_linear *layer, int bits, size_t rows, const uint8_t *source, size_t source_stride,
    uint8_t *target, size_t target_stride, int8_t *weights) {
  const size_t depth = (layer->inputs + 31) / 32 * 32;
  for (size_t n = 0; n < layer->outputs; n += VITQ_LANES) {
    decode(layer->panels, bits, depth, n, weights);
    for (size_t r = 0; r < rows; r++) {
      const uint8_t *a = source + r * source_stride;
      int32_t sums[VITQ_LANES] = {0}, row_sum = 0;
      for (size_t k = 0; k < layer->inputs; k++) {
        row_sum += a[k];
        for (size_t i = 0; i < VITQ_LANES; i++) sums[i] += a[k] * weights[k * VITQ_LANES + i];
      }
      for (size_t i = 0; layer->zero_points && i < VITQ_LANES; i++) {
        sums[i] -= layer->zero_points[n + i] * row_sum;
      }
      uint8_t *row = target_row(layer->target_rows, target, target_stride, r);
      if (row != NULL) finish(layer, sums, n, row);
    }
  }
}

void vitq_u8_s4_linear__scalar(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 4, rows, source, source_stride, target, target_stride, scratch);
}

void vitq_u8_s8_linear__scalar(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 8, rows, source, source_stride, target, target_stride, scratch);
}

// Kernels of float rows; the same text for every instruction set. VITQ_SYMBOL names the variant.
#include "codes.h"
#include "declarations.h"

VITQ_INLINE const float *row_f32(const float *base, size_t stride, size_t row) {
  return (const float *)(const void *)((const char *)base + row * stride);
}

/// Sixteen normalised elements of a row from column i on; lanes past the row are arbitrary.
VITQ_INLINE v16f normalized_at(
    const vitq_normalization *n, const float *x, size_t i, float mean, float rstd) {
  const size_t rest = n->width - i;
  if (rest >= VITQ_LANES) {
    return v16_normalized(
        v16_load(x + i), mean, rstd, v16_load(n->gamma + i), v16_load(n->beta + i));
  }
  return v16_normalized(
      v16_load_part(x + i, rest, 0.0f), mean, rstd, v16_load_part(n->gamma + i, rest, 0.0f),
      v16_load_part(n->beta + i, rest, 0.0f));
}

void VITQ_SYMBOL(f32_f32_layer_norm)(
    const vitq_normalization *normalization, size_t rows, const float *source,
    size_t source_stride, float *target, size_t target_stride) {
  const size_t width = normalization->width;
  for (size_t r = 0; r < rows; r++) {
    const float *x = row_f32(source, source_stride, r);
    float *y = (float *)(void *)((char *)target + r * target_stride);
    float mean, rstd;
    v16_row_moments(x, width, normalization->epsilon, &mean, &rstd);
    for (size_t i = 0; i < width; i += VITQ_LANES) {
      const v16f v = normalized_at(normalization, x, i, mean, rstd);
      v16_store_part(y + i, v, width - i < VITQ_LANES ? width - i : VITQ_LANES);
    }
  }
}

void VITQ_SYMBOL(f32_u8_layer_norm)(
    const vitq_normalization *normalization, const vitq_quantizer *quantizer, size_t rows,
    const float *source, size_t source_stride, uint8_t *target, size_t target_stride) {
  const size_t width = normalization->width;
  for (size_t r = 0; r < rows; r++) {
    const float *x = row_f32(source, source_stride, r);
    uint8_t *y = target + r * target_stride;
    float mean, rstd;
    v16_row_moments(x, width, normalization->epsilon, &mean, &rstd);
    for (size_t i = 0; i < width; i += VITQ_LANES) {
      const v16f v = normalized_at(normalization, x, i, mean, rstd);
      v16_store_bytes(y + i, v16_bytes(v, quantizer), width - i);
    }
  }
}

void VITQ_SYMBOL(f32_u8_quantize)(
    const vitq_quantizer *quantizer, size_t rows, size_t columns, const float *source,
    size_t source_stride, uint8_t *target, size_t target_stride) {
  for (size_t r = 0; r < rows; r++) {
    const float *x = row_f32(source, source_stride, r);
    uint8_t *y = target + r * target_stride;
    for (size_t i = 0; i < columns; i += VITQ_LANES) {
      const size_t rest = columns - i;
      const v16f v = rest >= VITQ_LANES ? v16_load(x + i) : v16_load_part(x + i, rest, 0.0f);
      v16_store_bytes(y + i, v16_bytes(v, quantizer), rest);
    }
  }
}

void VITQ_SYMBOL(f32_mean)(
    size_t rows, size_t columns, const float *source, size_t source_stride, float *target) {
  for (size_t i = 0; i < columns; i += VITQ_LANES) {
    const size_t rest = columns - i < VITQ_LANES ? columns - i : VITQ_LANES;
    // The padding of arena rows makes whole loads valid; padding lanes are not stored.
    const v16f mean = v16_column_mean(
        source + i, rows, source_stride / sizeof(float));
    v16_store_part(target + i, mean, rest);
  }
}

// The reference attention kernel: the definition, one query at a time.
#include "attention_rows.h"
#include "declarations.h"

void vitq_u8_s8_attention__scalar(
    const vitq_attention *attention, size_t rows, vitq_code_matrix queries,
    vitq_code_matrix keys, vitq_code_matrix values, uint8_t *target, size_t target_stride,
    void *scratch) {
  const size_t tokens = attention->tokens, width = attention->head_width;
  float *logits = scratch;
  uint16_t *levels = (uint16_t *)(void *)(logits + padded_tokens(tokens));
  for (size_t h = 0; h < attention->heads; h++) {
    for (size_t r = 0; r < rows; r++) {
      const uint8_t *q = (const uint8_t *)queries.rows + r * queries.stride + h * width;
      int32_t *sums = (int32_t *)(void *)logits;
      for (size_t j = 0; j < tokens; j++) {
        const int8_t *k = (const int8_t *)keys.rows + j * keys.stride + h * width;
        int32_t sum = 0;
        for (size_t d = 0; d < width; d++) {
          sum += ((int32_t)q[d] - attention->query_zero_point) * k[d];
        }
        sums[j] = sum;
      }
      levels_of_row(attention, sums, logits, levels);
      int32_t results[VITQ_MAXIMUM_HEAD_WIDTH] = {0};
      for (size_t j = 0; j < tokens; j++) {
        const int8_t *v = (const int8_t *)values.rows + j * values.stride + h * width;
        for (size_t d = 0; d < width; d++) results[d] += levels[j] * v[d];
      }
      store_results(
          attention, results, width, target + r * target_stride + h * width);
    }
  }
}

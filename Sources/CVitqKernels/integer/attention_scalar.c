// The reference attention kernel: the definition, one query at a time.
#include "attention_rows.h"
#include "declarations.h"

static void levels_of_row(
    const vitq_attention *attention, const level_tables *tables, const window_bias *bias,
    size_t query, int32_t *sums, uint16_t *levels) {
  float total[VITQ_LANES];
  exponents_of_rows(1, attention, bias, query, sums, 0, 1, total);
  const float *t = (const float *)(const void *)sums;
  for (size_t j = 0; j < attention->tokens; j += VITQ_LANES) {
    const v16u8 codes = v16_rounded_bytes(probability_codes(
        attention->probabilities, attention, v16_load(t + j), v16_set(total[0])));
    for (size_t i = 0; i < VITQ_LANES; i++) {
      levels[j + i] = (uint16_t)(tables->high[codes[i]] << 8 | tables->low[codes[i]]);
    }
  }
}

void vitq_u8_s8_attention__scalar(
    const vitq_attention *attention, size_t first_row, size_t rows, vitq_code_matrix queries,
    vitq_code_matrix keys, vitq_code_matrix values, uint8_t *target, size_t target_stride,
    void *scratch) {
  const size_t tokens = attention->tokens, width = attention->head_width;
  const level_tables tables = tables_of_levels(attention);
  window_bias bias = lay_out_bias(attention, &scratch);
  int32_t *sums = scratch;
  uint16_t *levels = (uint16_t *)(void *)(sums + padded_tokens(tokens));
  for (size_t h = 0; h < attention->heads; h++) {
    spread_bias(attention, h, &bias);
    for (size_t r = 0; r < rows; r++) {
      const window_rows window = rows_of_window(attention, first_row, rows, r);
      take_regions(attention, window.window, &bias);
      const size_t first_key = window.window * tokens;
      const uint8_t *q = (const uint8_t *)queries.rows + r * queries.stride + h * width;
      for (size_t j = 0; j < tokens; j++) {
        const int8_t *k = (const int8_t *)keys.rows + (first_key + j) * keys.stride + h * width;
        int32_t sum = 0;
        for (size_t d = 0; d < width; d++) {
          sum += ((int32_t)q[d] - attention->query_zero_point) * k[d];
        }
        sums[j] = sum;
      }
      levels_of_row(attention, &tables, &bias, window.token, sums, levels);
      int32_t results[VITQ_MAXIMUM_HEAD_WIDTH] = {0};
      for (size_t j = 0; j < tokens; j++) {
        const int8_t *v =
            (const int8_t *)values.rows + (first_key + j) * values.stride + h * width;
        for (size_t d = 0; d < width; d++) results[d] += levels[j] * v[d];
      }
      for (size_t d = 0; d < width; d += VITQ_LANES) {
        store_results(
            attention, v16i_load(results + d), d,
            head_of_target(attention, h, target) + r * target_stride);
      }
    }
  }
}

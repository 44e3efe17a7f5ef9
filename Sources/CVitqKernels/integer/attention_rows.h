// The float steps of attention: a row of exact sums to a row of levels, and sums to codes.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_ATTENTION_ROWS_H
#define VITQ_INTEGER_ATTENTION_ROWS_H

#include "attention_windows.h"

VITQ_INLINE int32_t maximum_of_sums(const int32_t *sums, size_t tokens) {
  int32_t maximum = sums[0];
  for (size_t j = 1; j < tokens; j++) maximum = sums[j] > maximum ? sums[j] : maximum;
  return maximum;
}

/// t = (S - max S) factor in place of S, and the sum of 2^t in the order of v16_row_exponents.
///
/// Reads and writes whole groups of sixteen; lanes past the row add nothing.
VITQ_INLINE float exponents_of_sums(
    const int32_t *sums, float *t, size_t tokens, int32_t maximum, float factor) {
  const size_t whole = tokens / VITQ_LANES * VITQ_LANES, rest = tokens - whole;
  v16f sum = v16_set(0.0f);
  for (size_t j = 0; j < whole; j += VITQ_LANES) {
    const v16f s = v16_from_integers(v16i_load(sums + j) - maximum) * v16_set(factor);
    v16_store(t + j, s);
    sum += v16_exp2(s);
  }
  if (rest) {
    const v16i lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const v16i inside = lane < v16i_set((int32_t)rest);
    const v16i differences = (v16i_load(sums + whole) - maximum) & inside;
    const v16f s = v16_from_integers(differences) * v16_set(factor);
    v16_store(t + whole, s);
    sum += v16_select(inside, v16_exp2(s), v16_set(0.0f));
  }
  return v16_sum(sum);
}

/// The same for x = fma(S, score step, bias + penalty) of the query of token `query`.
VITQ_INLINE float exponents_of_biased_sums(
    const vitq_attention *attention, const window_bias *b, size_t query, const int32_t *sums,
    float *t) {
  const size_t tokens = attention->tokens;
  const float *bias = b->bias + query * b->stride;
  const v16i lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const v16f penalty = v16_set(attention->windows.penalty);
  // No exponential is left of the lanes past the row.
  const v16f least = v16_set(-0x1p127f);
  v16f largest = least;
  for (size_t j = 0; j < tokens; j += VITQ_LANES) {
    v16f added = v16_load(bias + j);
    if (b->has_penalty) {
      const v16i differs = v16i_load(b->regions + j) != v16i_set(b->regions[query]);
      added += v16_select(differs, penalty, v16_set(0.0f));
    }
    v16f x = v16_fma(
        v16_from_integers(v16i_load(sums + j)), v16_set(attention->windows.score_step), added);
    if (tokens - j < VITQ_LANES) {
      x = v16_select(lane < v16i_set((int32_t)(tokens - j)), x, least);
    }
    v16_store(t + j, x);
    largest = v16_max(largest, x);
  }
  const v16f maximum = v16_set(v16_maximum(largest)), factor = v16_set(attention->logit_factor);
  v16f sum = v16_set(0.0f);
  for (size_t j = 0; j < tokens; j += VITQ_LANES) {
    const v16f s = (v16_load(t + j) - maximum) * factor;
    v16_store(t + j, s);
    sum += v16_exp2(s);
  }
  return v16_sum(sum);
}

/// Codes 0 ... 16, or 0 ... 255 of a table, of sixteen logarithms t - L.
VITQ_INLINE v16i log_codes(const vitq_attention *attention, v16f t, v16f logarithm) {
  const float largest = attention->probabilities == VITQ_PROBABILITIES_TABLE ? 255.0f : 16.0f;
  const v16f e = t - logarithm;
  const v16f code = v16_round(v16_fma(
      v16_set(-attention->steps_per_octave), e, v16_set(attention->level_offset)));
  return __builtin_convertvector(
      v16_min(v16_max(code, v16_set(0.0f)), v16_set(largest)), v16i);
}

/// Sixteen codes of p = 2^t / sum.
VITQ_INLINE v16i uniform_codes(const vitq_attention *attention, v16f t, v16f reciprocal) {
  const vitq_quantizer *q = &attention->probability_quantizer;
  return __builtin_convertvector(
      v16_code(
          v16_exp2(t) * reciprocal, q->inverse_step, q->zero_point, q->low, q->high),
      v16i);
}

/// For up to sixteen rows of sums, `stride` elements apart: t in place of the sums, and what their
/// levels need of the row: log2 of the sum of 2^t, or its reciprocal. `query` is the token of the
/// first row.
VITQ_INLINE void exponents_of_rows(
    const vitq_attention *attention, const window_bias *b, size_t query, int32_t *sums,
    size_t stride, size_t rows, float totals[VITQ_LANES]) {
  for (size_t r = 0; r < VITQ_LANES; r++) totals[r] = 1.0f;
  for (size_t r = 0; r < rows; r++) {
    int32_t *row = sums + r * stride;
    float *t = (float *)(void *)row;
    totals[r] =
        b->bias ? exponents_of_biased_sums(attention, b, query + r, row, t)
                : exponents_of_sums(
                      row, t, attention->tokens, maximum_of_sums(row, attention->tokens),
                      attention->logit_factor);
  }
  const v16f total = v16_load(totals);
  const int is_uniform = attention->probabilities == VITQ_PROBABILITIES_UNIFORM;
  v16_store(totals, is_uniform ? v16_set(1.0f) / total : v16_log2(total));
}

/// The low and the high byte of each level, for byte shuffles.
typedef struct {
  uint8_t low[16];
  uint8_t high[16];
} level_tables;

VITQ_INLINE level_tables tables_of_levels(const vitq_attention *attention) {
  level_tables tables;
  for (size_t i = 0; i < 16; i++) {
    tables.low[i] = (uint8_t)attention->levels[i];
    tables.high[i] = (uint8_t)(attention->levels[i] >> 8);
  }
  return tables;
}

/// For each code of a table the low and the high byte of its level.
typedef struct {
  _Alignas(64) uint8_t low[256];
  _Alignas(64) uint8_t high[256];
} code_tables;

VITQ_INLINE code_tables tables_of_codes(const vitq_attention *attention) {
  code_tables tables;
  size_t index = 0;
  for (size_t code = 0; code < 256; code++) {
    while (index + 1 < attention->level_count && attention->thresholds[index] <= code) index++;
    tables.low[code] = (uint8_t)attention->levels[index];
    tables.high[code] = (uint8_t)(attention->levels[index] >> 8);
  }
  return tables;
}

/// Where the results of head `head` start in the first row of the target.
VITQ_INLINE uint8_t *head_of_target(
    const vitq_attention *attention, size_t head, uint8_t *target) {
  return target + head * attention->head_width * (attention->is_real ? sizeof(float) : 1);
}

/// Writes sixteen results of sums of products of levels and values from column `d` of a head on;
/// `target` is where the head starts.
VITQ_INLINE void store_results(
    const vitq_attention *attention, v16i sums, size_t d, uint8_t *target) {
  const v16f y = v16_from_integers(sums) * v16_set(attention->value_factor);
  const size_t rest = attention->head_width - d;
  if (attention->is_real) {
    float *real = (float *)(void *)target;
    v16_store_part(real + d, y, rest < VITQ_LANES ? rest : VITQ_LANES);
  } else {
    v16_store_bytes(target + d, v16_bytes(y, &attention->quantizer), rest);
  }
}

#endif

// The float steps of attention: a row of exact sums to a row of levels, and sums to codes.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_ATTENTION_ROWS_H
#define VITQ_INTEGER_ATTENTION_ROWS_H

#include "attention_windows.h"

/// How many rows are taken side by side at most, which hides the latency of their exponentials.
enum { MAXIMUM_TOGETHER = 4 };

/// All ones in the lanes of the group from element j on that lie in a row.
VITQ_INLINE v16i lanes_inside(size_t j, size_t tokens) {
  const v16i lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < v16i_set((int32_t)(tokens - j));
}

/// The largest of each of `count` rows of sums, `stride` elements apart.
VITQ_INLINE void maxima_of_sums(
    const int count, const int32_t *sums, size_t stride, size_t tokens, int32_t *maxima) {
  const size_t whole = tokens / VITQ_LANES * VITQ_LANES;
  v16i largest[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) largest[r] = v16i_set(sums[(size_t)r * stride]);
  for (size_t j = 0; j < whole; j += VITQ_LANES) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      largest[r] =
          __builtin_elementwise_max(largest[r], v16i_load(sums + (size_t)r * stride + j));
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    if (whole < tokens) {
      const v16i inside = lanes_inside(whole, tokens);
      const v16i last = v16i_load(sums + (size_t)r * stride + whole);
      largest[r] =
          __builtin_elementwise_max(largest[r], (last & inside) | (largest[r] & ~inside));
    }
    maxima[r] = __builtin_reduce_max(largest[r]);
  }
}

/// t = (S - max S) factor in place of S for `count` rows, and the sums of 2^t in the order of
/// v16_row_exponents.
///
/// Reads and writes whole groups of sixteen; lanes past the row add nothing.
VITQ_INLINE void exponents_of_sums(
    const int count, int32_t *sums, size_t stride, size_t tokens, float factor, float *totals) {
  const size_t whole = tokens / VITQ_LANES * VITQ_LANES;
  int32_t maxima[MAXIMUM_TOGETHER];
  maxima_of_sums(count, sums, stride, tokens, maxima);
  float *t = (float *)(void *)sums;
  v16f total[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) total[r] = v16_set(0.0f);
  for (size_t j = 0; j < whole; j += VITQ_LANES) {
    v16f s[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      const v16i differences = v16i_load(sums + (size_t)r * stride + j) - maxima[r];
      s[r] = v16_from_integers(differences) * v16_set(factor);
      v16_store(t + (size_t)r * stride + j, s[r]);
    }
    v16_exp2_each(s, count);
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) total[r] += s[r];
  }
  if (whole < tokens) {
    const v16i inside = lanes_inside(whole, tokens);
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      const v16i last = v16i_load(sums + (size_t)r * stride + whole);
      const v16f s = v16_from_integers((last - maxima[r]) & inside) * v16_set(factor);
      v16_store(t + (size_t)r * stride + whole, s);
      total[r] += v16_select(inside, v16_exp2(s), v16_set(0.0f));
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) totals[r] = v16_sum(total[r]);
}

/// The same for x = fma(S, score step, bias + penalty) of the queries of tokens from `query` on.
VITQ_INLINE void exponents_of_biased_sums(
    const int count, const vitq_attention *attention, const window_bias *b, size_t query,
    int32_t *sums, size_t stride, float *totals) {
  const size_t tokens = attention->tokens;
  const float *bias[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) bias[r] = bias_of_query(b, query + (size_t)r);
  const v16f penalty = v16_set(attention->windows.penalty);
  // No exponential is left of the lanes past the row.
  const v16f least = v16_set(-0x1p127f);
  float *t = (float *)(void *)sums;
  v16f largest[MAXIMUM_TOGETHER], maximum[MAXIMUM_TOGETHER], total[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) largest[r] = least;
  for (size_t j = 0; j < tokens; j += VITQ_LANES) {
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      v16f added = v16_load(bias[r] + j);
      if (b->has_penalty) {
        const v16i differs =
            v16i_load(b->regions + j) != v16i_set(b->regions[query + (size_t)r]);
        added += v16_select(differs, penalty, v16_set(0.0f));
      }
      v16f x = v16_fma(
          v16_from_integers(v16i_load(sums + (size_t)r * stride + j)),
          v16_set(attention->windows.score_step), added);
      if (tokens - j < VITQ_LANES) x = v16_select(lanes_inside(j, tokens), x, least);
      v16_store(t + (size_t)r * stride + j, x);
      largest[r] = v16_max(largest[r], x);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    maximum[r] = v16_set(v16_maximum(largest[r]));
    total[r] = v16_set(0.0f);
  }
  for (size_t j = 0; j < tokens; j += VITQ_LANES) {
    v16f s[MAXIMUM_TOGETHER];
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) {
      float *at = t + (size_t)r * stride + j;
      s[r] = (v16_load(at) - maximum[r]) * v16_set(attention->logit_factor);
      v16_store(at, s[r]);
    }
    v16_exp2_each(s, count);
#pragma clang loop unroll(full)
    for (int r = 0; r < count; r++) total[r] += s[r];
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) totals[r] = v16_sum(total[r]);
}

/// Codes 0 ... 16, or 0 ... 255 of a table, of sixteen logarithms t - L, before they are rounded to
/// whole numbers.
VITQ_INLINE v16f log_codes(
    const vitq_probabilities probabilities, const vitq_attention *attention, v16f t,
    v16f logarithm) {
  const float largest = probabilities == VITQ_PROBABILITIES_TABLE ? 255.0f : 16.0f;
  const v16f code = v16_fma(
      v16_set(-attention->steps_per_octave), t - logarithm, v16_set(attention->level_offset));
  return v16_min(v16_max(code, v16_set(0.0f)), v16_set(largest));
}

/// The same of p = 2^t / sum.
VITQ_INLINE v16f uniform_codes(const vitq_attention *attention, v16f t, v16f reciprocal) {
  const vitq_quantizer *q = &attention->probability_quantizer;
  return v16_code_before_rounding(
      v16_exp2(t) * reciprocal, q->inverse_step, q->zero_point, q->low, q->high);
}

/// The codes of sixteen probabilities before they are rounded. `shared` is what exponents_of_rows
/// gives for their row.
VITQ_INLINE v16f probability_codes(
    const vitq_probabilities probabilities, const vitq_attention *attention, v16f t,
    v16f shared) {
  return probabilities == VITQ_PROBABILITIES_UNIFORM
             ? uniform_codes(attention, t, shared)
             : log_codes(probabilities, attention, t, shared);
}

/// exponents_of_sums or exponents_of_biased_sums, as the attention has it.
VITQ_INLINE void exponents(
    const int count, const vitq_attention *attention, const window_bias *b, size_t query,
    int32_t *sums, size_t stride, float *totals) {
  if (b->bias) {
    exponents_of_biased_sums(count, attention, b, query, sums, stride, totals);
  } else {
    exponents_of_sums(
        count, sums, stride, attention->tokens, attention->logit_factor, totals);
  }
}

/// For rows of sums, `stride` elements apart, `together` at a time: t in place of sums, and what
/// their levels need of the row: log2 of the sum of 2^t, or its reciprocal. `query` is the token of
/// the first row; `totals` are as many as the rows rounded up to sixteen.
VITQ_INLINE void exponents_of_rows(
    const int together, const vitq_attention *attention, const window_bias *b, size_t query,
    int32_t *sums, size_t stride, size_t rows, float *totals) {
  size_t r = 0;
  for (; r + (size_t)together <= rows; r += (size_t)together) {
    exponents(together, attention, b, query + r, sums + r * stride, stride, totals + r);
  }
  if (together > 2 && r + 2 <= rows) {
    exponents(2, attention, b, query + r, sums + r * stride, stride, totals + r);
    r += 2;
  }
  for (; together > 1 && r < rows; r++) {
    exponents(1, attention, b, query + r, sums + r * stride, stride, totals + r);
  }
  for (; r % VITQ_LANES != 0; r++) totals[r] = 1.0f;
  const int is_uniform = attention->probabilities == VITQ_PROBABILITIES_UNIFORM;
  for (size_t i = 0; i < r; i += VITQ_LANES) {
    const v16f total = v16_load(totals + i);
    v16_store(totals + i, is_uniform ? v16_set(1.0f) / total : v16_log2(total));
  }
}

/// How many bytes the largest level takes: planes of levels.
VITQ_INLINE int plane_count(const vitq_attention *attention) {
  switch (attention->probabilities) {
    case VITQ_PROBABILITIES_UNIFORM: return 1;
    case VITQ_PROBABILITIES_TABLE: return attention->levels[0] > 255 ? 2 : 1;
    case VITQ_PROBABILITIES_LOG: return 2;
  }
}

/// For each code the low and the high byte of its level.
typedef struct {
  _Alignas(64) uint8_t low[256];
  _Alignas(64) uint8_t high[256];
} level_tables;

/// Of uniform probabilities the code itself is the level.
static level_tables tables_of_levels(const vitq_attention *attention) {
  level_tables tables;
  size_t index = 0;
  for (size_t code = 0; code < 256; code++) {
    uint16_t level = (uint16_t)code;
    if (attention->probabilities == VITQ_PROBABILITIES_LOG) {
      level = code < 16 ? attention->levels[code] : 0;
    } else if (attention->probabilities == VITQ_PROBABILITIES_TABLE) {
      while (index + 1 < attention->level_count && attention->thresholds[index] <= code) index++;
      level = attention->levels[index];
    }
    tables.low[code] = (uint8_t)level;
    tables.high[code] = (uint8_t)(level >> 8);
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
    v16_store_part(real + d, y, rest);
  } else {
    v16_store_bytes(target + d, v16_bytes(y, &attention->quantizer), rest);
  }
}

#endif

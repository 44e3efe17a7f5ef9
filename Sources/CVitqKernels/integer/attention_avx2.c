// Attention with AVX2: levels and values widened to 16 bits, products by vpmaddwd.
//
// A level reaches 2^15, one more than a signed lane holds, so lanes carry level - LEVEL_BIAS and
// the sums start at LEVEL_BIAS times the column sums of the values. Queries and keys are widened
// too, unless their codes are so small that a whole head adds up in 16 bits: then vpmaddubsw
// multiplies bytes, and the query zero point becomes an offset of each key.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../target.h"
#include "declarations.h"
#include "registers.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
#include "attention_keys.h"
#include "attention_rows.h"

/// Six queries by sixteen keys, or six queries by sixteen columns: twelve accumulators.
enum { BLOCK_ROWS = 6, TILE = 16, LEVEL_BIAS = 16384 };
#include "attention_tables_avx2.h"

/// The operands of one head, packed, and the working rows of a block of queries.
typedef struct {
  size_t tokens;         // a multiple of 64
  size_t width;          // head width rounded up to TILE
  size_t value_steps;    // pairs of tokens
  int has_byte_keys;     // whether sums of products of bytes fit 16 bits
  void *keys;            // [tokens / TILE][width / 2][TILE][2] of 16 bits, or
                         // [tokens / TILE][width / 4][TILE][4] of bytes
  int32_t *key_offsets;  // [tokens], of byte keys: minus zero point times the sum of the key
  int16_t *values;       // [width / TILE][value_steps][TILE][2]
  int32_t *value_sums;   // [width], times LEVEL_BIAS
  int16_t *queries;      // [BLOCK_ROWS][width]; unused with byte keys
  int32_t *sums;         // [BLOCK_ROWS][tokens]
  int16_t *levels;       // [BLOCK_ROWS][tokens]
} head;

static head lay_out(const vitq_attention *attention, void *scratch) {
  const size_t tokens = padded_tokens(attention->tokens);
  const size_t width = (attention->head_width + TILE - 1) / TILE * TILE;
  const size_t pair = 2 * (size_t)attention->maximum_query * attention->maximum_key;
  head h = {
      .tokens = tokens,
      .width = width,
      .value_steps = (attention->tokens + 1) / 2,
      // Byte steps read queries in place, so they must not reach into the next head.
      .has_byte_keys = pair * (width / 4) <= INT16_MAX && width == attention->head_width,
      .keys = scratch};
  h.values = (int16_t *)scratch + tokens * width;
  h.sums = (int32_t *)(void *)(h.values + tokens * width);
  h.levels = (int16_t *)(void *)(h.sums + BLOCK_ROWS * tokens);
  h.queries = h.levels + BLOCK_ROWS * tokens;
  h.value_sums = (int32_t *)(void *)(h.queries + BLOCK_ROWS * width);
  h.key_offsets = h.value_sums + width;
  return h;
}

static void pack_keys(
    const head *h, const vitq_attention *attention, const int8_t *keys, size_t stride) {
  if (h->has_byte_keys) {
    pack_key_lanes(
        4, attention, h->tokens, h->width / 4, keys, stride, h->keys, h->key_offsets);
  } else {
    pack_key_lanes(
        2, attention, h->tokens, h->width / 2, keys, stride, h->keys, h->key_offsets);
  }
}

/// Sixteen elements of a row of values from column d on, widened; 0 past the width.
VITQ_INLINE __m256i value_lanes(const int8_t *row, size_t d, size_t width) {
  __m128i bytes = _mm_setzero_si128();
  memcpy(&bytes, row + d, width - d < TILE ? width - d : TILE);
  return _mm256_cvtepi8_epi16(bytes);
}

static void pack_values(
    const head *h, size_t tokens, size_t width, const int8_t *values, size_t stride) {
  int16_t *out = h->values;
  for (size_t d = 0; d < width; d += TILE) {
    __m256i low_sums = _mm256_setzero_si256(), high_sums = low_sums;
    for (size_t step = 0; step < h->value_steps; step++, out += 2 * TILE) {
      const int8_t *row = values + 2 * step * stride;
      const __m256i a = value_lanes(row, d, width);
      const __m256i b = 2 * step + 1 < tokens ? value_lanes(row + stride, d, width)
                                              : _mm256_setzero_si256();
      const __m256i even = _mm256_unpacklo_epi16(a, b), odd = _mm256_unpackhi_epi16(a, b);
      const __m256i low = _mm256_permute2x128_si256(even, odd, 0x20);
      const __m256i high = _mm256_permute2x128_si256(even, odd, 0x31);
      _mm256_store_si256((__m256i *)(void *)out, low);
      _mm256_store_si256((__m256i *)(void *)(out + TILE), high);
      const __m256i bias = _mm256_set1_epi16(LEVEL_BIAS);
      low_sums = _mm256_add_epi32(low_sums, _mm256_madd_epi16(low, bias));
      high_sums = _mm256_add_epi32(high_sums, _mm256_madd_epi16(high, bias));
    }
    _mm256_storeu_si256((__m256i *)(void *)(h->value_sums + d), low_sums);
    _mm256_storeu_si256((__m256i *)(void *)(h->value_sums + d + 8), high_sums);
  }
}

/// The rows of a block of queries; a short block repeats its last, so that one kernel serves all.
VITQ_INLINE const uint8_t *query_row(
    const uint8_t *queries, size_t stride, size_t rows, size_t row) {
  return queries + (row < rows ? row : rows - 1) * stride;
}

static void pack_queries(
    const head *h, const vitq_attention *attention, size_t rows, const uint8_t *queries,
    size_t stride) {
  const __m256i zero_point = _mm256_set1_epi16((int16_t)attention->query_zero_point);
  for (size_t r = 0; r < BLOCK_ROWS; r++) {
    const uint8_t *q = query_row(queries, stride, rows, r);
    for (size_t d = 0; d < attention->head_width; d += TILE) {
      const size_t left = attention->head_width - d;
      // Lanes past the width meet zero keys.
      const __m128i bytes =
          _mm256_castsi256_si128(row_bytes(q + d, left < TILE ? left : TILE));
      _mm256_storeu_si256(
          (__m256i *)(void *)(h->queries + r * h->width + d),
          _mm256_sub_epi16(_mm256_cvtepu8_epi16(bytes), zero_point));
    }
  }
}

/// sums[r] = start + left[r] right: six rows of pairs by one tile of sixteen columns of pairs.
VITQ_INLINE void multiply_tile(
    const int16_t *left, size_t left_stride, const int16_t *right, size_t steps,
    __m256i start_low, __m256i start_high, __m256i low[BLOCK_ROWS], __m256i high[BLOCK_ROWS]) {
  const int16_t *rows[2] = {left, left + 3 * left_stride};
#pragma clang loop unroll(full)
  for (int i = 0; i < BLOCK_ROWS; i++) low[i] = start_low, high[i] = start_high;
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < steps; k++) {
    const __m256i w0 = _mm256_load_si256((const __m256i *)(const void *)right);
    const __m256i w1 = _mm256_load_si256((const __m256i *)(const void *)(right + TILE));
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_ROWS; i++) {
      int32_t two;
      memcpy(&two, rows[i / 3] + (size_t)(i % 3) * left_stride, sizeof two);
      const __m256i x = _mm256_set1_epi32(two);
      low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(x, w0));
      high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(x, w1));
      VITQ_KEEP_IN_REGISTER(low[i]);
      VITQ_KEEP_IN_REGISTER(high[i]);
    }
    rows[0] += 2;
    rows[1] += 2;
    right += 2 * TILE;
  }
}

VITQ_INLINE void store_sums(const head *h, size_t row, size_t j, __m256i low, __m256i high) {
  int32_t *sums = h->sums + row * h->tokens + j;
  _mm256_storeu_si256((__m256i *)(void *)sums, low);
  _mm256_storeu_si256((__m256i *)(void *)(sums + 8), high);
}

static void multiply_wide_keys(const head *h, size_t tokens) {
  const __m256i zero = _mm256_setzero_si256();
  for (size_t j = 0; j < tokens; j += TILE) {
    __m256i low[BLOCK_ROWS], high[BLOCK_ROWS];
    multiply_tile(
        h->queries, h->width, (const int16_t *)h->keys + j * h->width, h->width / 2, zero, zero,
        low, high);
    for (size_t r = 0; r < BLOCK_ROWS; r++) store_sums(h, r, j, low[r], high[r]);
  }
}

static void multiply_byte_keys(
    const head *h, size_t tokens, size_t rows, const uint8_t *queries, size_t stride) {
  const __m256i ones = _mm256_set1_epi16(1);
  const uint8_t *q[BLOCK_ROWS];
  for (size_t r = 0; r < BLOCK_ROWS; r++) q[r] = query_row(queries, stride, rows, r);
  const int8_t *key = h->keys;
  for (size_t j = 0; j < tokens; j += TILE) {
    __m256i low[BLOCK_ROWS], high[BLOCK_ROWS];
#pragma clang loop unroll(full)
    for (int r = 0; r < BLOCK_ROWS; r++) low[r] = high[r] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
    for (size_t d = 0; d < h->width; d += 4, key += 4 * TILE) {
      const __m256i w0 = _mm256_load_si256((const __m256i *)(const void *)key);
      const __m256i w1 = _mm256_load_si256((const __m256i *)(const void *)(key + 2 * TILE));
#pragma clang loop unroll(full)
      for (int r = 0; r < BLOCK_ROWS; r++) {
        int32_t four;
        memcpy(&four, q[r] + d, sizeof four);
        const __m256i x = _mm256_set1_epi32(four);
        low[r] = _mm256_add_epi16(low[r], _mm256_maddubs_epi16(x, w0));
        high[r] = _mm256_add_epi16(high[r], _mm256_maddubs_epi16(x, w1));
        VITQ_KEEP_IN_REGISTER(low[r]);
        VITQ_KEEP_IN_REGISTER(high[r]);
      }
    }
    const __m256i *offsets = (const __m256i *)(const void *)(h->key_offsets + j);
    const __m256i o0 = _mm256_loadu_si256(offsets), o1 = _mm256_loadu_si256(offsets + 1);
#pragma clang loop unroll(full)
    for (int r = 0; r < BLOCK_ROWS; r++) {
      store_sums(
          h, (size_t)r, j, _mm256_add_epi32(o0, _mm256_madd_epi16(low[r], ones)),
          _mm256_add_epi32(o1, _mm256_madd_epi16(high[r], ones)));
    }
  }
}

static void queries_to_sums(
    const head *h, const vitq_attention *attention, size_t rows, const uint8_t *queries,
    size_t stride) {
  if (h->has_byte_keys) {
    multiply_byte_keys(h, attention->tokens, rows, queries, stride);
  } else {
    pack_queries(h, attention, rows, queries, stride);
    multiply_wide_keys(h, attention->tokens);
  }
}

static void sums_to_levels(
    const vitq_attention *attention, const level_lookup *lookup, const head *h,
    const window_bias *bias, size_t query, size_t rows) {
  const size_t tokens = attention->tokens;
  float totals[VITQ_LANES];
  exponents_of_rows(2, attention, bias, query, h->sums, h->tokens, rows, totals);
  if (attention->probabilities != VITQ_PROBABILITIES_UNIFORM) {
    biased_levels(attention, lookup, totals, rows, h->tokens, h->sums, h->levels);
    return;
  }
  for (size_t r = 0; r < rows; r++) {
    const float *t = (const float *)(const void *)(h->sums + r * h->tokens);
    int16_t *levels = h->levels + r * h->tokens;
    for (size_t j = 0; j < tokens; j += VITQ_LANES) {
      const v16u8 codes =
          v16_rounded_bytes(uniform_codes(attention, v16_load(t + j), v16_set(totals[r])));
      __m128i bytes;
      memcpy(&bytes, &codes, sizeof bytes);
      _mm256_storeu_si256((__m256i *)(void *)(levels + j), _mm256_cvtepu8_epi16(bytes));
    }
  }
}

static void multiply_values(
    const vitq_attention *attention, const head *h, size_t rows, uint8_t *target,
    size_t stride) {
  const size_t width = attention->head_width;
  const int is_biased = attention->probabilities != VITQ_PROBABILITIES_UNIFORM;
  const __m256i zero = _mm256_setzero_si256();
  for (size_t d = 0; d < width; d += TILE) {
    const __m256i *start = (const __m256i *)(const void *)(h->value_sums + d);
    __m256i sums[2][BLOCK_ROWS];
    multiply_tile(
        h->levels, h->tokens, h->values + d * h->value_steps * 2, h->value_steps,
        is_biased ? _mm256_loadu_si256(start) : zero,
        is_biased ? _mm256_loadu_si256(start + 1) : zero, sums[0], sums[1]);
    for (size_t r = 0; r < rows; r++) {
      int32_t results[TILE];
      _mm256_storeu_si256((__m256i *)(void *)results, sums[0][r]);
      _mm256_storeu_si256((__m256i *)(void *)(results + 8), sums[1][r]);
      store_results(attention, v16i_load(results), d, target + r * stride);
    }
  }
}

void vitq_u8_s8_attention__avx2(
    const vitq_attention *attention, size_t first_row, size_t rows, vitq_code_matrix queries,
    vitq_code_matrix keys, vitq_code_matrix values, uint8_t *target, size_t target_stride,
    void *scratch) {
  const size_t tokens = attention->tokens, width = attention->head_width;
  const level_lookup lookup = level_lookup_of(attention);
  window_bias bias = lay_out_bias(attention, &scratch);
  const head h = lay_out(attention, scratch);
  // Tokens past the last pair it shares have value 0 but levels are read to the pair's end.
  memset(h.levels, 0, BLOCK_ROWS * h.tokens * sizeof *h.levels);
  for (size_t i = 0; i < attention->heads; i++) {
    const int8_t *key = (const int8_t *)keys.rows + i * width;
    const int8_t *value = (const int8_t *)values.rows + i * width;
    const uint8_t *query = (const uint8_t *)queries.rows + i * width;
    spread_bias(attention, i, &bias);
    for (size_t first = 0; first < rows;) {
      const window_rows window = rows_of_window(attention, first_row, rows, first);
      const size_t first_key = window.window * tokens;
      take_regions(attention, window.window, &bias);
      pack_keys(&h, attention, key + first_key * keys.stride, keys.stride);
      pack_values(&h, tokens, width, value + first_key * values.stride, values.stride);
      for (size_t r = 0; r < window.count; r += BLOCK_ROWS) {
        const size_t count = window.count - r < BLOCK_ROWS ? window.count - r : BLOCK_ROWS;
        const size_t row = first + r;
        queries_to_sums(&h, attention, count, query + row * queries.stride, queries.stride);
        sums_to_levels(attention, &lookup, &h, &bias, window.token + r, count);
        multiply_values(
            attention, &h, count, head_of_target(attention, i, target) + row * target_stride,
            target_stride);
      }
      first += window.count;
    }
  }
}

VITQ_TARGET_END
#endif

// Attention with AVX-512 VNNI: queries by keys in bytes, levels by values as two planes of bytes.
//
//     sum(level v) = 256 sum(high v) + sum(low v)     sum((q - z) k) = sum(q k) - z sum(k)
#if defined(__x86_64__)
#if !defined(VITQ_EMULATES_AVX512)
#include <immintrin.h>
#endif
#include <string.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_VNNI)
#include "attention_head_avx512.h"
#include "low_bytes_avx512.h"
#include "tables_avx512.h"

/// Six rows by four tiles of sixteen columns: twenty-four accumulators.
enum { BLOCK_ROWS = 6, TILES = 4 };

/// The high and the low bytes of levels by their codes: of the first sixteen codes, and of all.
typedef struct {
  __m512i sixteen[2];
  byte_table all[2];
} level_lookup;

VITQ_INLINE level_lookup level_lookup_of(const vitq_attention *attention) {
  const level_tables tables = tables_of_levels(attention);
  const uint8_t *const planes[2] = {tables.high, tables.low};
  level_lookup lookup;
  for (size_t i = 0; i < 2; i++) {
    lookup.sixteen[i] =
        _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)(const void *)planes[i]));
    lookup.all[i] = byte_table_of(planes[i]);
  }
  return lookup;
}

/// sums[r][t] += left[r] right[t] for `rows` rows and `tiles` tiles, `tile_stride` bytes apart.
VITQ_INLINE void multiply(
    const int rows, const int tiles, const uint8_t *const left[BLOCK_ROWS], const int8_t *right,
    size_t tile_stride, size_t steps, __m512i sums[BLOCK_ROWS][TILES]) {
  for (size_t k = 0; k < steps; k++) {
    __m512i w[TILES];
#pragma clang loop unroll(full)
    for (int t = 0; t < tiles; t++) {
      w[t] = _mm512_loadu_si512(right + (size_t)t * tile_stride + k * 4 * TILE);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      int32_t four;
      memcpy(&four, left[r] + 4 * k, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
      for (int t = 0; t < tiles; t++) sums[r][t] = _mm512_dpbusd_epi32(sums[r][t], x, w[t]);
    }
  }
}

VITQ_INLINE void multiply_keys(
    const int rows, const int tiles, const head *h, size_t j,
    const uint8_t *const queries[BLOCK_ROWS], int32_t *target) {
  __m512i sums[BLOCK_ROWS][TILES];
  for (int r = 0; r < rows; r++) {
    for (int t = 0; t < tiles; t++) {
      sums[r][t] = _mm512_loadu_si512(h->key_offsets + j + (size_t)t * TILE);
    }
  }
  const size_t tile_stride = h->key_steps * 4 * TILE;
  multiply(
      rows, tiles, queries, h->keys + j / TILE * tile_stride, tile_stride, h->key_steps, sums);
  for (int r = 0; r < rows; r++) {
    for (int t = 0; t < tiles; t++) {
      _mm512_storeu_si512(
          target + (size_t)r * h->tokens + j + (size_t)t * TILE, sums[r][t]);
    }
  }
}

VITQ_INLINE void queries_to_sums(
    const int rows, const head *h, size_t tokens, const uint8_t *queries, size_t stride,
    int32_t *sums) {
  const uint8_t *row[BLOCK_ROWS];
  for (int r = 0; r < rows; r++) row[r] = queries + (size_t)r * stride;
  for (size_t j = 0; j < tokens; j += TILE * TILES) {
    if (tokens - j > TILE * (TILES - 1)) {
      multiply_keys(rows, TILES, h, j, row, sums);
    } else {
      for (size_t i = j; i < tokens; i += TILE) multiply_keys(rows, 1, h, i, row, sums);
    }
  }
}

/// The codes of `tiles` times sixteen probabilities, at most 64; 0 past them.
VITQ_INLINE __m512i codes_of_tiles(
    const int tiles, const vitq_probabilities probabilities, const vitq_attention *attention,
    const float *t, v16f shared) {
  v16i codes[TILES];
#pragma clang loop unroll(full)
  for (int i = 0; i < TILES; i++) {
    codes[i] = v16i_set(0);
    if (i >= tiles) continue;
    const v16f code =
        probability_codes(probabilities, attention, v16_load(t + i * TILE), shared);
    codes[i] = (v16i)(code + v16_set(VITQ_ROUNDING));
  }
  return _mm512_inserti64x4(
      _mm512_castsi256_si512(low_bytes_of_both(codes[0], codes[1])),
      low_bytes_of_both(codes[2], codes[3]), 1);
}

VITQ_INLINE void store_levels(
    const vitq_probabilities probabilities, const int planes, const level_lookup *lookup,
    const head *h, size_t at, __m512i codes) {
  __m512i high = codes, low = codes;
  if (probabilities == VITQ_PROBABILITIES_LOG) {
    // Saturation sets the top bit of code 16 alone, and a shuffle gives 0 for it.
    const __m512i index = _mm512_adds_epu8(codes, _mm512_set1_epi8(0x70));
    high = _mm512_shuffle_epi8(lookup->sixteen[0], index);
    low = _mm512_shuffle_epi8(lookup->sixteen[1], index);
  } else if (probabilities == VITQ_PROBABILITIES_TABLE) {
    if (planes == 2) high = look_up(&lookup->all[0], codes);
    low = look_up(&lookup->all[1], codes);
  }
  if (planes == 2) _mm512_storeu_si512(h->levels[0] + at, high);
  _mm512_storeu_si512(h->levels[1] + at, low);
}

VITQ_INLINE void levels_of_rows(
    const vitq_probabilities probabilities, const int planes, const vitq_attention *attention,
    const level_lookup *lookup, const head *h, size_t rows, const float *totals) {
  // Copies, which no store of levels can change.
  const vitq_attention own = *attention;
  const head working = *h;
  const level_lookup tables = *lookup;
  for (size_t r = 0; r < rows; r++) {
    const float *t = (const float *)(const void *)(working.sums + r * working.tokens);
    const v16f shared = v16_set(totals[r]);
    size_t j = 0;
    for (; j + TILE * (TILES - 1) < own.tokens; j += TILE * TILES) {
      const __m512i codes = codes_of_tiles(TILES, probabilities, &own, t + j, shared);
      store_levels(probabilities, planes, &tables, &working, r * working.tokens + j, codes);
    }
    if (j >= own.tokens) continue;
    __m512i codes;
    switch ((own.tokens - j + TILE - 1) / TILE) {
      case 1: codes = codes_of_tiles(1, probabilities, &own, t + j, shared); break;
      case 2: codes = codes_of_tiles(2, probabilities, &own, t + j, shared); break;
      default: codes = codes_of_tiles(3, probabilities, &own, t + j, shared); break;
    }
    store_levels(probabilities, planes, &tables, &working, r * working.tokens + j, codes);
  }
}

static void sums_to_levels(
    const vitq_attention *attention, const level_lookup *lookup, const head *h,
    const window_bias *bias, size_t query, size_t rows) {
  float totals[MOST_CHUNK_ROWS / VITQ_LANES * VITQ_LANES + VITQ_LANES];
  exponents_of_rows(3, attention, bias, query, h->sums, h->tokens, rows, totals);
  switch (attention->probabilities) {
    case VITQ_PROBABILITIES_LOG:
      levels_of_rows(VITQ_PROBABILITIES_LOG, 2, attention, lookup, h, rows, totals);
      break;
    case VITQ_PROBABILITIES_UNIFORM:
      levels_of_rows(VITQ_PROBABILITIES_UNIFORM, 1, attention, lookup, h, rows, totals);
      break;
    case VITQ_PROBABILITIES_TABLE:
      if (h->planes == 1) {
        levels_of_rows(VITQ_PROBABILITIES_TABLE, 1, attention, lookup, h, rows, totals);
      } else {
        levels_of_rows(VITQ_PROBABILITIES_TABLE, 2, attention, lookup, h, rows, totals);
      }
      break;
  }
}

VITQ_INLINE void multiply_values(
    const int rows, const int tiles, const vitq_attention *attention, const head *h, size_t row,
    size_t d, uint8_t *target, size_t stride) {
  const size_t tile_stride = h->value_steps * 4 * TILE;
  __m512i sums[BLOCK_ROWS][TILES];
  for (int r = 0; r < rows; r++) {
    for (int t = 0; t < tiles; t++) sums[r][t] = _mm512_setzero_si512();
  }
  for (int plane = 2 - h->planes; plane < 2; plane++) {
    const uint8_t *levels[BLOCK_ROWS];
    for (int r = 0; r < rows; r++) {
      levels[r] = h->levels[plane] + (row + (size_t)r) * h->tokens;
      for (int t = 0; t < tiles; t++) sums[r][t] = _mm512_slli_epi32(sums[r][t], 8);
    }
    multiply(
        rows, tiles, levels, h->values + d / TILE * tile_stride, tile_stride, h->value_steps, sums);
  }
  for (int r = 0; r < rows; r++) {
    for (int t = 0; t < tiles; t++) {
      const size_t column = d + (size_t)t * TILE;
      store_results(attention, as_integers(sums[r][t]), column, target + (size_t)r * stride);
    }
  }
}

VITQ_INLINE void levels_to_results(
    const int rows, const vitq_attention *attention, const head *h, size_t row, uint8_t *target,
    size_t stride) {
  const size_t width = attention->head_width;
  for (size_t d = 0; d < width; d += TILE * TILES) {
    switch ((width - d + TILE - 1) / TILE) {
      case 1: multiply_values(rows, 1, attention, h, row, d, target, stride); break;
      case 2: multiply_values(rows, 2, attention, h, row, d, target, stride); break;
      case 3: multiply_values(rows, 3, attention, h, row, d, target, stride); break;
      default: multiply_values(rows, TILES, attention, h, row, d, target, stride); break;
    }
  }
}

/// Everything that the queries of a head go through.
typedef struct {
  const vitq_attention *attention;
  const level_lookup *lookup;
  const head *head;
  const window_bias *bias;
  vitq_code_matrix queries;  // of a head
  uint8_t *target;           // of a head
  size_t target_stride;
} query_path;

/// Scores of the queries of a block, or values blended by their levels; `row` is that of the call,
/// `place` that of the chunk.
typedef void (*block_function)(const query_path *path, size_t row, size_t place);

#define VITQ_BLOCK(count)                                                                      \
  static __attribute__((noinline)) void score_##count(                                         \
      const query_path *path, size_t row, size_t place) {                                      \
    const uint8_t *queries = (const uint8_t *)path->queries.rows + row * path->queries.stride; \
    queries_to_sums(                                                                           \
        count, path->head, path->attention->tokens, queries, path->queries.stride,             \
        path->head->sums + place * path->head->tokens);                                        \
  }                                                                                            \
  static __attribute__((noinline)) void blend_##count(                                         \
      const query_path *path, size_t row, size_t place) {                                      \
    levels_to_results(                                                                         \
        count, path->attention, path->head, place, path->target + row * path->target_stride,   \
        path->target_stride);                                                                  \
  }
VITQ_BLOCK(1)
VITQ_BLOCK(2)
VITQ_BLOCK(3)
VITQ_BLOCK(4)
VITQ_BLOCK(5)
VITQ_BLOCK(6)
static const block_function scores[BLOCK_ROWS + 1] = {
    NULL, score_1, score_2, score_3, score_4, score_5, score_6};
static const block_function blends[BLOCK_ROWS + 1] = {
    NULL, blend_1, blend_2, blend_3, blend_4, blend_5, blend_6};

/// The queries of `rows` rows from `row` on, a chunk at most, the first of which is token `token`
/// of its window. Each step is taken by all of them before the next one, so that what one row
/// waits for is hidden behind the others.
static void attend(const query_path *path, size_t row, size_t rows, size_t token) {
  const row_blocks blocks = blocks_of_rows(rows, BLOCK_ROWS);
  for (size_t b = 0, place = 0; b < blocks.count; place += rows_in_block(blocks, b++)) {
    scores[rows_in_block(blocks, b)](path, row + place, place);
  }
  sums_to_levels(path->attention, path->lookup, path->head, path->bias, token, rows);
  for (size_t b = 0, place = 0; b < blocks.count; place += rows_in_block(blocks, b++)) {
    blends[rows_in_block(blocks, b)](path, row + place, place);
  }
}

void vitq_u8_s8_attention__avx512vnni(
    const vitq_attention *attention, size_t first_row, size_t rows, vitq_code_matrix queries,
    vitq_code_matrix keys, vitq_code_matrix values, uint8_t *target, size_t target_stride,
    void *scratch) {
  const size_t tokens = attention->tokens, width = attention->head_width;
  const level_lookup lookup = level_lookup_of(attention);
  window_bias bias = lay_out_bias(attention, &scratch);
  const head h = lay_out(attention, scratch);
  for (size_t i = 0; i < attention->heads; i++) {
    const int8_t *key = (const int8_t *)keys.rows + i * width;
    const int8_t *value = (const int8_t *)values.rows + i * width;
    const query_path path = {
        .attention = attention,
        .lookup = &lookup,
        .head = &h,
        .bias = &bias,
        .queries = {(const uint8_t *)queries.rows + i * width, queries.stride},
        .target = head_of_target(attention, i, target),
        .target_stride = target_stride,
    };
    spread_bias(attention, i, &bias);
    for (size_t first = 0; first < rows;) {
      const window_rows window = rows_of_window(attention, first_row, rows, first);
      const size_t first_key = window.window * tokens;
      take_regions(attention, window.window, &bias);
      pack_keys(&h, attention, key + first_key * keys.stride, keys.stride);
      pack_values(&h, attention, value + first_key * values.stride, values.stride);
      const row_blocks chunks = blocks_of_rows(window.count, h.chunk_rows);
      for (size_t c = 0, r = 0; c < chunks.count; r += rows_in_block(chunks, c++)) {
        attend(&path, first + r, rows_in_block(chunks, c), window.token + r);
      }
      first += window.count;
    }
  }
}

VITQ_TARGET_END
#endif

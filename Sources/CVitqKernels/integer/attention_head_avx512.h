// The operands of one head of attention, packed for products of bytes with AVX-512 VNNI.
//
// Include it where the target attribute of AVX-512 VNNI is in force.
#ifndef VITQ_INTEGER_ATTENTION_HEAD_AVX512_H
#define VITQ_INTEGER_ATTENTION_HEAD_AVX512_H

#include "attention_rows.h"
#include "row_blocks.h"
#include "row_bytes_avx2.h"

/// The columns of a register of sums.
enum { TILE = 16 };

/// The operands of one head, packed, and the working rows of a chunk of queries.
typedef struct {
  size_t tokens;         // a multiple of 64
  size_t key_steps;      // groups of four elements of a head
  size_t value_steps;    // groups of four tokens
  int8_t *keys;          // [tokens / TILE][key_steps][TILE][4]
  int8_t *values;        // [head width / TILE, rounded up][value_steps][TILE][4]
  int32_t *key_offsets;  // [tokens], minus the query zero point times the sum of a key
  int32_t *sums;         // [chunk rows][tokens]
  uint8_t *levels[2];    // high and low bytes, [chunk rows][tokens]
  size_t chunk_rows;
  int planes;            // of levels: 1 if all high bytes are 0
} head;

static head lay_out(const vitq_attention *attention, void *scratch) {
  const size_t tokens = padded_tokens(attention->tokens);
  const size_t width = (attention->head_width + TILE - 1) / TILE * TILE;
  head h = {
      .tokens = tokens,
      .key_steps = (attention->head_width + 3) / 4,
      .value_steps = (attention->tokens + 3) / 4,
      .chunk_rows = rows_of_chunk(tokens),
      .planes = plane_count(attention)};
  h.keys = scratch;
  h.values = h.keys + tokens * width;
  h.key_offsets = (int32_t *)(void *)(h.values + tokens * width);
  h.sums = h.key_offsets + tokens;
  h.levels[0] = (uint8_t *)(void *)(h.sums + h.chunk_rows * tokens);
  h.levels[1] = h.levels[0] + h.chunk_rows * tokens;
  return h;
}

/// Thirty-two elements of a token from column d on; 0 past the width and the last token.
VITQ_INLINE __m256i token_bytes(
    const vitq_attention *attention, const int8_t *rows, size_t stride, size_t token, size_t d) {
  if (token >= attention->tokens) return _mm256_setzero_si256();
  return row_bytes(rows + token * stride + d, attention->head_width - d);
}

VITQ_INLINE __m512i two_tokens(
    const vitq_attention *attention, const int8_t *rows, size_t stride, size_t first,
    size_t second, size_t d) {
  return _mm512_inserti64x4(
      _mm512_castsi256_si512(token_bytes(attention, rows, stride, first, d)),
      token_bytes(attention, rows, stride, second, d), 1);
}

/// Quarters 0 and 2 of a and of b in turn, or 1 and 3.
VITQ_INLINE __m512i even_quarters(__m512i a, __m512i b) {
  return _mm512_permutex2var_epi64(a, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), b);
}
VITQ_INLINE __m512i odd_quarters(__m512i a, __m512i b) {
  return _mm512_permutex2var_epi64(a, _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), b);
}

/// Tiles past the last token are left as they are.
static void pack_keys(
    const head *h, const vitq_attention *attention, const int8_t *keys, size_t stride) {
  const __m512i ones = _mm512_set1_epi8(1);
  for (size_t j = 0; j < attention->tokens; j += TILE) {
    __m512i *out = (__m512i *)(void *)(h->keys + j * 4 * h->key_steps);
    __m512i sums = _mm512_setzero_si512();
    for (size_t step = 0; step < h->key_steps; step += 8) {
      // Of keys 0 ... 3 and 8 ... 11 steps 0 and 4, 1 and 5 and so on; then of keys 4 ... 7 and on.
      __m512i r[8], t[8];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 8; i++) {
        r[i] = two_tokens(attention, keys, stride, j + i, j + 8 + i, 4 * step);
      }
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
      }
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 8; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
      }
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 8; i++) {
        if (step + i >= h->key_steps) break;
        const __m512i lanes = i < 4 ? even_quarters(r[i], r[i + 4]) : odd_quarters(r[i - 4], r[i]);
        _mm512_store_si512(out + step + i, lanes);
        sums = _mm512_dpbusd_epi32(sums, ones, lanes);
      }
    }
    const __m512i zero_point = _mm512_set1_epi32(-attention->query_zero_point);
    _mm512_store_si512(h->key_offsets + j, _mm512_mullo_epi32(sums, zero_point));
  }
}

static void pack_values(
    const head *h, const vitq_attention *attention, const int8_t *values, size_t stride) {
  for (size_t d = 0; d < attention->head_width; d += 2 * TILE) {
    const int has_second = d + TILE < attention->head_width;
    __m512i *first = (__m512i *)(void *)h->values + d / TILE * h->value_steps;
    __m512i *second = first + h->value_steps;
    for (size_t step = 0; step < h->value_steps; step += 2) {
      // Tokens 0 ... 3 of columns 0 ... 15 and 16 ... 31, then tokens 4 ... 7.
      __m512i r[4];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 4; i++) {
        r[i] = two_tokens(attention, values, stride, 4 * step + i, 4 * step + 4 + i, d);
      }
      const __m512i low01 = _mm512_unpacklo_epi8(r[0], r[1]);
      const __m512i high01 = _mm512_unpackhi_epi8(r[0], r[1]);
      const __m512i low23 = _mm512_unpacklo_epi8(r[2], r[3]);
      const __m512i high23 = _mm512_unpackhi_epi8(r[2], r[3]);
      // Columns 0 ... 3, 4 ... 7 and so on.
      r[0] = _mm512_unpacklo_epi16(low01, low23);
      r[1] = _mm512_unpackhi_epi16(low01, low23);
      r[2] = _mm512_unpacklo_epi16(high01, high23);
      r[3] = _mm512_unpackhi_epi16(high01, high23);
      const __m512i even01 = even_quarters(r[0], r[1]), odd01 = odd_quarters(r[0], r[1]);
      const __m512i even23 = even_quarters(r[2], r[3]), odd23 = odd_quarters(r[2], r[3]);
      const int has_next = step + 1 < h->value_steps;
      _mm512_store_si512(first + step, _mm512_shuffle_i32x4(even01, even23, 0x44));
      if (has_next) {
        _mm512_store_si512(first + step + 1, _mm512_shuffle_i32x4(even01, even23, 0xEE));
      }
      if (!has_second) continue;
      _mm512_store_si512(second + step, _mm512_shuffle_i32x4(odd01, odd23, 0x44));
      if (has_next) {
        _mm512_store_si512(second + step + 1, _mm512_shuffle_i32x4(odd01, odd23, 0xEE));
      }
    }
  }
}

#endif

// Linear layers with AVX2: products of bytes summed in chains of 16-bit lanes.
//
// vpmaddubsw adds pairs of products in 16 bits with saturation. With weights of 4 bits a pair is
// at most 2 * 8 * maximum_input, so a chain of 32767 / that many steps can neither saturate nor
// wrap. 8-bit weights are split into a signed high and an unsigned low nibble, two exact planes.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../target.h"
#include "declarations.h"
#include "registers.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
#include "linear_halves.h"

/// One nibble of the weights of sixteen outputs, widened to bytes: for each step of four inputs
/// 32 bytes for outputs 8h ... 8h + 7 of the panel's half h, and 32 for 16 + 8h ... 16 + 8h + 7.
typedef struct {
  const int8_t *bytes;
  size_t steps;
  size_t chain;
} plane;

/// sums[r] = 16 sums[r] + the products of row r and the plane; without the first term if
/// `is_first`.
VITQ_INLINE void accumulate(
    const int rows, const uint8_t *source, size_t stride, const plane *weights, int is_first,
    __m256i sums[][2]) {
  const __m256i ones = _mm256_set1_epi16(1);
  // Two base pointers and the strides 0, 1, 2 reach six rows with x86 addressing.
  const uint8_t *a[2] = {source, source + 3 * stride};
  const int8_t *w = weights->bytes;
  for (size_t done = 0; done < weights->steps;) {
    const size_t left = weights->steps - done;
    const size_t length = left < weights->chain ? left : weights->chain;
    __m256i low[BLOCK_ROWS], high[BLOCK_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) low[i] = high[i] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < length; k++) {
      const __m256i w0 = _mm256_load_si256((const __m256i *)(const void *)w);
      const __m256i w1 = _mm256_load_si256((const __m256i *)(const void *)(w + 32));
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        int32_t four;
        memcpy(&four, a[i / 3] + (size_t)(i % 3) * stride, sizeof four);
        const __m256i x = _mm256_set1_epi32(four);
        low[i] = _mm256_add_epi16(low[i], _mm256_maddubs_epi16(x, w0));
        high[i] = _mm256_add_epi16(high[i], _mm256_maddubs_epi16(x, w1));
        VITQ_KEEP_IN_REGISTER(low[i]);
        VITQ_KEEP_IN_REGISTER(high[i]);
      }
      a[0] += 4;
      a[1] += 4;
      w += 64;
    }
    const int is_fresh = is_first && done == 0;
    const int shift = done == 0 ? 4 : 0;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      __m256i s0 = _mm256_madd_epi16(low[i], ones), s1 = _mm256_madd_epi16(high[i], ones);
      if (!is_fresh) {
        s0 = _mm256_add_epi32(s0, _mm256_slli_epi32(sums[i][0], shift));
        s1 = _mm256_add_epi32(s1, _mm256_slli_epi32(sums[i][1], shift));
      }
      sums[i][0] = s0;
      sums[i][1] = s1;
    }
    done += length;
  }
}

typedef void (*accumulate_function)(
    const uint8_t *source, size_t stride, const plane *weights, int is_first, __m256i sums[][2]);

#define VITQ_ACCUMULATE(rows)                                                                   \
  static __attribute__((noinline)) void accumulate_##rows(                                      \
      const uint8_t *source, size_t stride, const plane *weights, int is_first,                 \
      __m256i sums[][2]) {                                                                      \
    accumulate(rows, source, stride, weights, is_first, sums);                                  \
  }
VITQ_ACCUMULATE(1)
VITQ_ACCUMULATE(2)
VITQ_ACCUMULATE(3)
VITQ_ACCUMULATE(4)
VITQ_ACCUMULATE(5)
VITQ_ACCUMULATE(6)
static const accumulate_function accumulate_rows[BLOCK_ROWS + 1] = {
    NULL,         accumulate_1, accumulate_2, accumulate_3,
    accumulate_4, accumulate_5, accumulate_6};

/// The signed value of each nibble.
VITQ_INLINE __m256i signed_nibbles(__m256i nibbles) {
  const __m256i values = _mm256_setr_epi8(
      0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6,
      -5, -4, -3, -2, -1);
  return _mm256_shuffle_epi8(values, nibbles);
}
VITQ_INLINE __m256i low_nibbles(__m256i bytes) {
  return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}
VITQ_INLINE __m256i high_nibbles(__m256i bytes) {
  return low_nibbles(_mm256_srli_epi16(bytes, 4));
}
VITQ_INLINE void store_bytes(int8_t *p, __m256i v) {
  _mm256_store_si256((__m256i *)(void *)p, v);
}

/// Half `half` of a 4-bit panel as one plane.
static void widen_s4(const uint8_t *panel, size_t half, size_t steps, int8_t *bytes) {
  for (size_t k = 0; k < steps; k++) {
    const __m256i w =
        _mm256_load_si256((const __m256i *)(const void *)(panel + 64 * k + 32 * half));
    store_bytes(bytes + 64 * k, signed_nibbles(low_nibbles(w)));
    store_bytes(bytes + 64 * k + 32, signed_nibbles(high_nibbles(w)));
  }
}

/// Half `half` of an 8-bit panel as two planes: w = 16 high + low.
static void split_s8(
    const uint8_t *panel, size_t half, size_t steps, int8_t *high, int8_t *low) {
  for (size_t k = 0; k < steps; k++) {
    for (size_t side = 0; side < 2; side++) {
      const __m256i w = _mm256_load_si256(
          (const __m256i *)(const void *)(panel + 128 * k + 64 * side + 32 * half));
      store_bytes(high + 64 * k + 32 * side, signed_nibbles(high_nibbles(w)));
      store_bytes(low + 64 * k + 32 * side, low_nibbles(w));
    }
  }
}

/// The planes of half a panel, counted from the most significant nibble.
typedef struct {
  plane planes[2];
  size_t count;
} half_weights;

VITQ_INLINE void sum_planes(
    const void *weights, size_t rows, const uint8_t *source, size_t stride, __m256i sums[][2]) {
  const half_weights *half = weights;
  for (size_t p = 0; p < half->count; p++) {
    accumulate_rows[rows](source, stride, &half->planes[p], p == 0, sums);
  }
}

static void half_of_rows(
    const vitq_linear *layer, size_t first_output, const half_weights *weights, size_t rows,
    const uint8_t *source, size_t source_stride, uint8_t *columns, size_t target_stride,
    const int32_t *row_sum, const uint8_t *next, size_t next_byte_count) {
  half_panel(
      layer, first_output, sum_planes, weights, rows, source, source_stride, columns,
      target_stride, row_sum, next, next_byte_count);
}

VITQ_INLINE void linear(
    const vitq_linear *layer, const int bits, size_t rows, const uint8_t *source,
    size_t source_stride, uint8_t *target, size_t target_stride, void *scratch) {
  const size_t depth = (layer->inputs + 31) / 32 * 32, steps = depth / 4;
  const size_t panel_byte_count = depth * 32 * (size_t)bits / 8;
  const size_t element_bytes = layer->epilogue <= VITQ_EPILOGUE_ACCUMULATE ? sizeof(float) : 1;
  int32_t *row_sum = scratch;
  int8_t *bytes = (int8_t *)scratch + (rows * sizeof(int32_t) + 63) / 64 * 64;
  if (layer->zero_points) {
    row_sums(source, source_stride, rows, layer->inputs, row_sum);
  } else {
    memset(row_sum, 0, rows * sizeof *row_sum);
  }
  const half_weights weights = {
      .planes = {{bytes, steps, 32767 / (2 * 8 * layer->maximum_input)},
                 {bytes + HALF_COLUMNS * depth, steps, 32767 / (2 * 15 * layer->maximum_input)}},
      .count = bits == 4 ? 1 : 2,
  };
  const uint8_t *panel = layer->panels;
  for (size_t n = 0; n < layer->outputs; n += 32, panel += panel_byte_count) {
    const size_t ahead = n + 32 < layer->outputs ? panel_byte_count / 2 : 0;
    for (size_t half = 0; half < 2; half++) {
      if (bits == 4) {
        widen_s4(panel, half, steps, bytes);
      } else {
        split_s8(panel, half, steps, bytes, bytes + HALF_COLUMNS * depth);
      }
      half_of_rows(
          layer, n + 8 * half, &weights, rows, source, source_stride,
          target + (n + 8 * half) * element_bytes, target_stride, row_sum,
          panel + panel_byte_count + half * ahead, ahead);
    }
  }
}

void vitq_u8_s4_linear__avx2(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 4, rows, source, source_stride, target, target_stride, scratch);
}

void vitq_u8_s8_linear__avx2(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 8, rows, source, source_stride, target, target_stride, scratch);
}

VITQ_TARGET_END
#endif

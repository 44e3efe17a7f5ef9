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
#include "linear_rows.h"

/// Six rows and sixteen columns: twelve accumulators, two weights, an activation and a product.
enum { BLOCK_ROWS = 6, HALF_COLUMNS = 16 };

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

VITQ_INLINE v16f load_halves(const float *p) {
  v16f v;
  memcpy(&v, p, 32);
  memcpy((char *)&v + 32, p + 16, 32);
  return v;
}
VITQ_INLINE void store_halves(float *p, v16f v) {
  memcpy(p, &v, 32);
  memcpy(p + 16, (const char *)&v + 32, 32);
}

/// Finishes `count` rows, at most three; each of `columns` is the first byte or float of the half
/// panel, or null for a row without target.
VITQ_INLINE void finish_rows(
    const vitq_epilogue epilogue, const int count, const vitq_quantizer *quantizer,
    const v16_scaling *scaling, const __m256i sums[][2], const int32_t *row_sum,
    uint8_t *const columns[]) {
  v16f y[3];
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    v16i sum;
    memcpy(&sum, sums[r], sizeof sum);
    y[r] = scaled(scaling, sum, row_sum[r]);
  }
  if (epilogue == VITQ_EPILOGUE_GELU_QUANTIZE) v16_gelu_polynomial_each(y, count);
#pragma clang loop unroll(full)
  for (int r = 0; r < count; r++) {
    float *floats = (float *)(void *)columns[r];
    if (epilogue == VITQ_EPILOGUE_ACCUMULATE && floats == NULL) continue;
    if (epilogue == VITQ_EPILOGUE_STORE) {
      store_halves(floats, y[r]);
    } else if (epilogue == VITQ_EPILOGUE_ACCUMULATE) {
      store_halves(floats, load_halves(floats) + y[r]);
    } else {
      const v16u8 bytes = v16_bytes(y[r], quantizer);
      memcpy(columns[r], &bytes, 8);
      memcpy(columns[r] + 16, (const char *)&bytes + 8, 8);
    }
  }
}

VITQ_INLINE void finish(
    const vitq_epilogue epilogue, const vitq_quantizer *quantizer, const v16_scaling *scaling,
    size_t rows, const __m256i sums[][2], const int32_t *row_sum, uint8_t *const columns[]) {
  size_t r = 0;
  for (; r + 3 <= rows; r += 3) {
    finish_rows(epilogue, 3, quantizer, scaling, sums + r, row_sum + r, columns + r);
  }
  for (; r < rows; r++) {
    finish_rows(epilogue, 1, quantizer, scaling, sums + r, row_sum + r, columns + r);
  }
}

static void finish_block(
    const vitq_linear *layer, const v16_scaling *scaling, size_t rows, const __m256i sums[][2],
    const int32_t *row_sum, uint8_t *const columns[]) {
  const vitq_quantizer *q = &layer->quantizer;
  switch (layer->epilogue) {
    case VITQ_EPILOGUE_STORE:
      finish(VITQ_EPILOGUE_STORE, q, scaling, rows, sums, row_sum, columns);
      break;
    case VITQ_EPILOGUE_ACCUMULATE:
      finish(VITQ_EPILOGUE_ACCUMULATE, q, scaling, rows, sums, row_sum, columns);
      break;
    case VITQ_EPILOGUE_QUANTIZE:
      finish(VITQ_EPILOGUE_QUANTIZE, q, scaling, rows, sums, row_sum, columns);
      break;
    case VITQ_EPILOGUE_GELU_QUANTIZE:
      finish(VITQ_EPILOGUE_GELU_QUANTIZE, q, scaling, rows, sums, row_sum, columns);
      break;
  }
}

/// Half a panel: sixteen outputs of all rows. The planes count from the most significant nibble.
static void half_panel(
    const vitq_linear *layer, size_t first_output, const plane *planes, size_t plane_count,
    size_t rows, const uint8_t *source, size_t source_stride, uint8_t *columns,
    size_t target_stride, const int32_t *row_sum, const uint8_t *next, size_t next_byte_count) {
  const v16_scaling scaling = {
      .multipliers = load_halves(layer->multipliers + first_output),
      .offsets = load_halves(layer->offsets + first_output),
      .zero_points =
          layer->zero_points ? v16i_from_bytes(layer->zero_points + first_output,
                                               layer->zero_points + first_output + 16)
                             : v16i_set(0),
  };
  const row_blocks blocks = blocks_of_rows(rows, BLOCK_ROWS);
  const size_t slice = (next_byte_count / blocks.count + 63) / 64 * 64;
  size_t row = 0;
  for (size_t b = 0; b < blocks.count; b++) {
    const size_t block_rows = rows_in_block(blocks, b);
    for (size_t i = b * slice; i < (b + 1) * slice && i < next_byte_count; i += 64) {
      _mm_prefetch((const char *)next + i, _MM_HINT_T1);
    }
    __m256i sums[BLOCK_ROWS][2];
    for (size_t p = 0; p < plane_count; p++) {
      accumulate_rows[block_rows](source, source_stride, &planes[p], p == 0, sums);
    }
    uint8_t *targets[BLOCK_ROWS];
    for (size_t r = 0; r < block_rows; r++) {
      targets[r] = target_row(layer->target_rows, columns, target_stride, row + r);
    }
    finish_block(
        layer, &scaling, block_rows, (const __m256i(*)[2])sums, row_sum + row, targets);
    source += block_rows * source_stride;
    row += block_rows;
  }
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
  const plane planes[2] = {
      {bytes, steps, 32767 / (2 * 8 * layer->maximum_input)},
      {bytes + HALF_COLUMNS * depth, steps,
       32767 / (2 * 15 * layer->maximum_input)},
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
      half_panel(
          layer, n + 8 * half, planes, bits == 4 ? 1 : 2, rows, source, source_stride,
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

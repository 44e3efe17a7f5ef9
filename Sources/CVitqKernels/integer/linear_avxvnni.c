// Linear layers with AVX-VNNI: four products of bytes added to 32-bit lanes by one vpdpbusd.
//
// A 4-bit weight is used as 16 w, its nibble at the top of a byte; sums are divided by 16 exactly.
#if defined(__x86_64__)
#if defined(VITQ_EMULATES_AVX_VNNI)
#undef _mm256_dpbusd_avx_epi32
#define _mm256_dpbusd_avx_epi32 simde_mm256_dpbusd_epi32
#else
#include <immintrin.h>
#endif
#include <string.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX_VNNI)
#include "linear_halves.h"

/// Half a panel where it lies: 32 bytes of each step of four inputs, for 8-bit weights two times 32.
typedef struct {
  const uint8_t *bytes;
  size_t steps;
} half_weights;

VITQ_INLINE __m256i load_bytes(const uint8_t *p) {
  return _mm256_load_si256((const __m256i *)(const void *)p);
}

VITQ_INLINE void sum_rows(
    const int rows, const int bits, const half_weights *weights, const uint8_t *source,
    size_t stride, __m256i sums[][2]) {
  const __m256i top = _mm256_set1_epi8((char)0xF0);
  // Two base pointers and the strides 0, 1, 2 reach six rows with x86 addressing.
  const uint8_t *a[2] = {source, source + 3 * stride};
  const uint8_t *w = weights->bytes;
  __m256i low[BLOCK_ROWS], high[BLOCK_ROWS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) low[i] = high[i] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < weights->steps; k++) {
    __m256i w0 = load_bytes(w), w1;
    if (bits == 4) {
      w1 = _mm256_and_si256(w0, top);
      w0 = _mm256_and_si256(_mm256_slli_epi32(w0, 4), top);
      w += 64;
    } else {
      w1 = load_bytes(w + 64);
      w += 128;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      int32_t four;
      memcpy(&four, a[i / 3] + (size_t)(i % 3) * stride, sizeof four);
      const __m256i x = _mm256_set1_epi32(four);
      low[i] = _mm256_dpbusd_avx_epi32(low[i], x, w0);
      high[i] = _mm256_dpbusd_avx_epi32(high[i], x, w1);
    }
    a[0] += 4;
    a[1] += 4;
  }
  const int scale_bits = bits == 4 ? 4 : 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    sums[i][0] = _mm256_srai_epi32(low[i], scale_bits);
    sums[i][1] = _mm256_srai_epi32(high[i], scale_bits);
  }
}

typedef void (*row_function)(
    const half_weights *weights, const uint8_t *source, size_t stride, __m256i sums[][2]);

#define VITQ_SUM(rows, bits)                                                                  \
  static __attribute__((noinline)) void sum_##rows##_s##bits(                                 \
      const half_weights *weights, const uint8_t *source, size_t stride, __m256i sums[][2]) { \
    sum_rows(rows, bits, weights, source, stride, sums);                                      \
  }
#define VITQ_NAME(rows, bits) sum_##rows##_s##bits,
#define VITQ_EACH_ROWS(line, bits) \
  line(1, bits) line(2, bits) line(3, bits) line(4, bits) line(5, bits) line(6, bits)
VITQ_EACH_ROWS(VITQ_SUM, 4)
VITQ_EACH_ROWS(VITQ_SUM, 8)
static const row_function sums_s4[BLOCK_ROWS + 1] = {NULL, VITQ_EACH_ROWS(VITQ_NAME, 4)};
static const row_function sums_s8[BLOCK_ROWS + 1] = {NULL, VITQ_EACH_ROWS(VITQ_NAME, 8)};

VITQ_INLINE void sum_s4(
    const void *weights, size_t rows, const uint8_t *source, size_t stride, __m256i sums[][2]) {
  sums_s4[rows](weights, source, stride, sums);
}
VITQ_INLINE void sum_s8(
    const void *weights, size_t rows, const uint8_t *source, size_t stride, __m256i sums[][2]) {
  sums_s8[rows](weights, source, stride, sums);
}

VITQ_INLINE void linear(
    const vitq_linear *layer, const int bits, const sum_function sum, size_t rows,
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride,
    int32_t *row_sum) {
  const size_t depth = (layer->inputs + 31) / 32 * 32;
  const size_t panel_byte_count = depth * 32 * (size_t)bits / 8;
  const size_t element_bytes = layer->epilogue <= VITQ_EPILOGUE_ACCUMULATE ? sizeof(float) : 1;
  if (layer->zero_points) {
    row_sums(source, source_stride, rows, layer->inputs, row_sum);
  } else {
    memset(row_sum, 0, rows * sizeof *row_sum);
  }
  const uint8_t *panel = layer->panels;
  for (size_t n = 0; n < layer->outputs; n += 32, panel += panel_byte_count) {
    const size_t ahead = n + 32 < layer->outputs ? panel_byte_count / 2 : 0;
    for (size_t half = 0; half < 2; half++) {
      const half_weights weights = {.bytes = panel + 32 * half, .steps = depth / 4};
      half_panel(
          layer, n + 8 * half, sum, &weights, rows, source, source_stride,
          target + (n + 8 * half) * element_bytes, target_stride, row_sum,
          panel + panel_byte_count + half * ahead, ahead);
    }
  }
}

void vitq_u8_s4_linear__avxvnni(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 4, sum_s4, rows, source, source_stride, target, target_stride, scratch);
}

void vitq_u8_s8_linear__avxvnni(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(layer, 8, sum_s8, rows, source, source_stride, target, target_stride, scratch);
}

VITQ_TARGET_END
#endif

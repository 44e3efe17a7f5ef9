// Linear layers with AVX-512 VNNI: four products of bytes added to 32-bit lanes by one vpdpbusd.
//
// A 4-bit weight is used as 16 w, its nibble at the top of a byte; sums are divided by 16 exactly.
#if defined(__x86_64__)
#if !defined(VITQ_EMULATES_AVX512)
#include <immintrin.h>
#endif
#include <string.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_VNNI)
#include "linear_rows.h"
#include "low_bytes_avx512.h"

/// Thirteen rows and thirty-two columns: 26 accumulators, two weights and an activation.
enum { BLOCK_ROWS = 13, PANEL_COLUMNS = 32, FINISHED_ROWS = 4 };

/// One panel and what becomes of its sums.
typedef struct {
  const vitq_linear *layer;
  const uint8_t *weights;
  size_t steps;
  v16f multipliers[2];
  v16f offsets[2];
  v16i zero_points[2];
  size_t source_stride;
  size_t target_stride;
  // What the next block asks for of the panel to come, and how far it goes on with each step.
  const uint8_t *ahead;
  size_t ahead_stride;
} panel;

/// Stores or quantizes `count` rows from `first_row` of a block on, whose results are those of
/// columns 0 ... 15 and 16 ... 31 in turn. GELU takes them side by side, as its chains are long.
VITQ_INLINE void finish(
    const int count, const vitq_epilogue epilogue, const vitq_quantizer *q, size_t first_row,
    v16f *results, const int32_t *target_rows, uint8_t *target, size_t target_stride) {
  if (epilogue == VITQ_EPILOGUE_GELU_QUANTIZE) v16_gelu_polynomial_each(results, 2 * count);
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
    uint8_t *row = target_row(
        epilogue == VITQ_EPILOGUE_ACCUMULATE ? target_rows : NULL, target, target_stride,
        first_row + (size_t)i);
    if (row == NULL) continue;
    const v16f low = results[2 * i], high = results[2 * i + 1];
    float *floats = (float *)(void *)row;
    if (epilogue == VITQ_EPILOGUE_STORE) {
      v16_store(floats, low);
      v16_store(floats + VITQ_LANES, high);
    } else if (epilogue == VITQ_EPILOGUE_ACCUMULATE) {
      v16_store(floats, v16_load(floats) + low);
      v16_store(floats + VITQ_LANES, v16_load(floats + VITQ_LANES) + high);
    } else {
      _mm256_storeu_si256(
          (__m256i *)(void *)row,
          low_bytes_of_both(v16_low_bytes(low, q), v16_low_bytes(high, q)));
    }
  }
}

/// `rows` rows of one panel; all arguments but pointers are constants of the instantiation.
VITQ_INLINE void block(
    const int rows, const int bits, const vitq_epilogue epilogue, const panel *p,
    const uint8_t *source, const int32_t *row_sum, const int32_t *target_rows,
    uint8_t *target) {
  const size_t stride = p->source_stride;
  const __m512i top = _mm512_set1_epi8((char)0xF0);
  // Base pointers three rows apart and the strides 0, 1, 2 reach all rows with x86 addressing.
  const uint8_t *a[5];
#pragma clang loop unroll(full)
  for (int i = 0; i < 5; i++) a[i] = source + (size_t)(3 * i) * stride;
  const uint8_t *w = p->weights, *ahead = p->ahead;
  const size_t ahead_stride = p->ahead_stride;
  __m512i low[BLOCK_ROWS], high[BLOCK_ROWS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) low[i] = high[i] = _mm512_setzero_si512();
  for (size_t k = 0; k < p->steps; k++) {
    __m512i w0 = _mm512_load_si512(w), w1;
    if (bits == 4) {
      w1 = _mm512_and_si512(w0, top);
      w0 = _mm512_and_si512(_mm512_slli_epi32(w0, 4), top);
      w += 64;
    } else {
      w1 = _mm512_load_si512(w + 64);
      w += 128;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      int32_t four;
      memcpy(&four, a[i / 3] + (size_t)(i % 3) * stride, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
      low[i] = _mm512_dpbusd_epi32(low[i], x, w0);
      high[i] = _mm512_dpbusd_epi32(high[i], x, w1);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 5; i++) a[i] += 4;
    // Spread over the steps: many at once would wait for one another, and the loads for them.
    __builtin_prefetch(ahead, 0, 2);
    ahead += ahead_stride;
  }
  // Copies, which no store to the target can change.
  const vitq_quantizer quantizer = p->layer->quantizer;
  const v16f multipliers[2] = {p->multipliers[0], p->multipliers[1]};
  const v16f offsets[2] = {p->offsets[0], p->offsets[1]};
  const size_t target_stride = p->target_stride;
  const int scale_bits = bits == 4 ? 4 : 0;
  v16i sums[2 * BLOCK_ROWS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    sums[2 * i] = as_integers(low[i]) >> scale_bits;
    sums[2 * i + 1] = as_integers(high[i]) >> scale_bits;
  }
  if (p->layer->zero_points != NULL) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * rows; i++) sums[i] -= p->zero_points[i % 2] * row_sum[i / 2];
  }
#pragma clang loop unroll(full)
  for (int first = 0; first < rows; first += FINISHED_ROWS) {
    const int count = rows - first < FINISHED_ROWS ? rows - first : FINISHED_ROWS;
    v16f results[2 * FINISHED_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * count; i++) {
      results[i] = v16_fma(
          v16_from_integers(sums[2 * first + i]), multipliers[i % 2], offsets[i % 2]);
    }
    finish(
        count, epilogue, &quantizer, (size_t)first, results, target_rows, target, target_stride);
  }
}

typedef void (*block_function)(
    const panel *p, const uint8_t *source, const int32_t *row_sum, const int32_t *target_rows,
    uint8_t *target);

#define VITQ_BLOCK(rows, bits, epilogue)                                                       \
  static __attribute__((noinline)) void block_##rows##_s##bits##_##epilogue(                   \
      const panel *p, const uint8_t *source, const int32_t *row_sum,                           \
      const int32_t *target_rows, uint8_t *target) {                                           \
    block(rows, bits, VITQ_EPILOGUE_##epilogue, p, source, row_sum, target_rows, target);      \
  }
#define VITQ_NAME(rows, bits, epilogue) block_##rows##_s##bits##_##epilogue,
#define VITQ_EACH_ROWS(line, bits, epilogue)                                                   \
  line(1, bits, epilogue) line(2, bits, epilogue) line(3, bits, epilogue)                      \
  line(4, bits, epilogue) line(5, bits, epilogue) line(6, bits, epilogue)                      \
  line(7, bits, epilogue) line(8, bits, epilogue) line(9, bits, epilogue)                      \
  line(10, bits, epilogue) line(11, bits, epilogue) line(12, bits, epilogue)                   \
  line(13, bits, epilogue)
#define VITQ_EACH_EPILOGUE(line, bits)                                                         \
  line(bits, STORE) line(bits, ACCUMULATE) line(bits, QUANTIZE) line(bits, GELU_QUANTIZE)
#define VITQ_DEFINE(bits, epilogue) VITQ_EACH_ROWS(VITQ_BLOCK, bits, epilogue)
#define VITQ_LIST(bits, epilogue) {NULL, VITQ_EACH_ROWS(VITQ_NAME, bits, epilogue)},

VITQ_EACH_EPILOGUE(VITQ_DEFINE, 4)
VITQ_EACH_EPILOGUE(VITQ_DEFINE, 8)
static const block_function blocks_s4[4][BLOCK_ROWS + 1] = {VITQ_EACH_EPILOGUE(VITQ_LIST, 4)};
static const block_function blocks_s8[4][BLOCK_ROWS + 1] = {VITQ_EACH_EPILOGUE(VITQ_LIST, 8)};

/// The sums of the first `inputs` bytes of each row.
static void sums_of_rows(
    const uint8_t *source, size_t stride, size_t rows, size_t inputs, int32_t *sums) {
  const __m512i zero = _mm512_setzero_si512(), ones = _mm512_set1_epi8(1);
  for (size_t r = 0; r < rows; r++, source += stride) {
    __m512i sum = zero;
    size_t k = 0;
    for (; k + 64 <= inputs; k += 64) {
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(source + k), ones);
    }
    if (k + 32 <= inputs) {
      const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)(source + k));
      sum = _mm512_dpbusd_epi32(sum, _mm512_inserti64x4(zero, half, 0), ones);
      k += 32;
    }
    if (k < inputs) {
      uint8_t last[64] = {0};
      memcpy(last, source + k, inputs - k);
      sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(last), ones);
    }
    sums[r] = __builtin_reduce_add(as_integers(sum));
  }
}

/// Asks for the scaling of the panel from output n on, which is read once and so is never cached.
VITQ_INLINE void prefetch_scaling(const vitq_linear *layer, size_t n) {
  for (size_t i = 0; i < PANEL_COLUMNS; i += VITQ_LANES) {
    __builtin_prefetch(layer->multipliers + n + i);
    __builtin_prefetch(layer->offsets + n + i);
  }
  if (layer->zero_points != NULL) __builtin_prefetch(layer->zero_points + n);
}

static void linear(
    const vitq_linear *layer, int bits, const block_function *kernels, size_t rows,
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride,
    int32_t *row_sum) {
  const size_t depth = (layer->inputs + 31) / 32 * 32;
  const size_t panel_byte_count = depth * PANEL_COLUMNS * (size_t)bits / 8;
  const size_t element_bytes = layer->epilogue <= VITQ_EPILOGUE_ACCUMULATE ? sizeof(float) : 1;
  const row_blocks blocks = blocks_of_rows(rows, BLOCK_ROWS);
  // A step reads this much of its own panel.
  const size_t step_byte_count = PANEL_COLUMNS * 4 * (size_t)bits / 8;
  const size_t ahead_stride = (step_byte_count + blocks.count - 1) / blocks.count;
  if (layer->zero_points) {
    sums_of_rows(source, source_stride, rows, layer->inputs, row_sum);
  }
  const uint8_t *weights = layer->panels;
  for (size_t n = 0; n < layer->outputs; n += PANEL_COLUMNS, weights += panel_byte_count) {
    panel p = {
        .layer = layer,
        .weights = weights,
        .steps = depth / 4,
        .source_stride = source_stride,
        .target_stride = target_stride,
        .ahead = weights,
    };
    for (size_t i = 0; i < 2; i++) {
      const size_t first = n + i * VITQ_LANES;
      p.multipliers[i] = v16_load(layer->multipliers + first);
      p.offsets[i] = v16_load(layer->offsets + first);
      if (layer->zero_points == NULL) continue;
      p.zero_points[i] =
          v16i_from_bytes(layer->zero_points + first, layer->zero_points + first + 8);
    }
    if (n + PANEL_COLUMNS < layer->outputs) {
      prefetch_scaling(layer, n + PANEL_COLUMNS);
      p.ahead = weights + panel_byte_count;
      p.ahead_stride = ahead_stride;
    }
    size_t row = 0;
    for (size_t b = 0; b < blocks.count; b++) {
      const size_t count = rows_in_block(blocks, b);
      const int32_t *target_rows = layer->target_rows ? layer->target_rows + row : NULL;
      kernels[count](
          &p, source + row * source_stride, row_sum + row, target_rows,
          target + (target_rows ? 0 : row * target_stride) + n * element_bytes);
      row += count;
      p.ahead += p.steps * p.ahead_stride;
    }
  }
}

void vitq_u8_s4_linear__avx512vnni(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(
      layer, 4, blocks_s4[layer->epilogue], rows, source, source_stride, target, target_stride,
      scratch);
}

void vitq_u8_s8_linear__avx512vnni(
    const vitq_linear *layer, size_t rows, const uint8_t *source, size_t source_stride,
    void *target, size_t target_stride, void *scratch) {
  linear(
      layer, 8, blocks_s8[layer->epilogue], rows, source, source_stride, target, target_stride,
      scratch);
}

VITQ_TARGET_END
#endif

// Compares the AVX-512 VNNI and AVX-VNNI integer kernels with the scalar reference, bit for bit.
//
// `simde-check` compiles their sources for any x86-64 by emulating the instructions, so that they
// are tested where no machine can run them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CVitqKernels/integer/declarations.h"

static uint64_t state;
static int failures;
static int comparisons;

/// SplitMix64.
static uint64_t next(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
static int between(int low, int high) {
  return low + (int)(next() % (uint64_t)(high - low + 1));
}
static float real(void) { return (float)(int64_t)(next() >> 40) / (float)(1 << 23) - 1.0f; }

static void *zeros(size_t byte_count) {
  void *p = aligned_alloc(64, (byte_count + 127) / 64 * 64);
  if (p == NULL) abort();
  memset(p, 0, (byte_count + 127) / 64 * 64);
  return p;
}
static float *reals(size_t count) {
  float *p = zeros(count * sizeof(float));
  for (size_t i = 0; i < count; i++) p[i] = real();
  return p;
}
static uint8_t *codes(size_t count, int low, int high) {
  uint8_t *p = zeros(count);
  for (size_t i = 0; i < count; i++) p[i] = (uint8_t)between(low, high);
  return p;
}
static size_t padded(size_t count) { return (count + 31) / 32 * 32; }

/// Compares `columns` bytes of each row; the padding of rows may differ.
static void compare(
    const char *what, const void *found, const void *expected, size_t rows, size_t columns,
    size_t stride) {
  comparisons++;
  for (size_t r = 0; r < rows; r++) {
    if (memcmp((const char *)found + r * stride, (const char *)expected + r * stride, columns)) {
      printf("%s: row %zu of %zu differs from the scalar reference\n", what, r, rows);
      failures++;
      return;
    }
  }
}

static void check_linear(size_t rows, size_t outputs, size_t inputs, int bits, int epilogue) {
  const size_t n = padded(outputs), k = padded(inputs);
  uint8_t *panels = zeros(n * k);
  for (size_t i = 0; i < n * k * (size_t)bits / 8; i++) panels[i] = (uint8_t)next();
  int8_t *zero_points = zeros(n);
  for (size_t i = 0; i < n; i++) zero_points[i] = (int8_t)between(-9, 9);
  float *multipliers = reals(n), *offsets = reals(n);
  for (size_t i = 0; i < n; i++) multipliers[i] *= 1e-3f;
  // The padding of panels is zero in files: clear every weight past the inputs.
  for (size_t p = 0; p < n / 32; p++) {
    for (size_t i = 0; i < k * 32; i++) {
      const size_t input = i / 128 * 4 + i % 4;
      const size_t byte = bits == 8 ? i : i / 128 * 64 + i % 64;
      if (input >= inputs) panels[p * k * 32 * (size_t)bits / 8 + byte] = 0;
    }
  }
  const int maximum = between(0, 1) ? 15 : 255;
  uint8_t *source = codes(rows * k, 0, maximum);
  // Every third row of the source has no row of the target.
  int32_t *target_rows = zeros(rows * sizeof *target_rows);
  for (size_t i = 0; i < rows; i++) target_rows[i] = i % 3 == 1 ? -1 : (int32_t)(rows - 1 - i);
  const int scatters = epilogue == VITQ_EPILOGUE_ACCUMULATE && between(0, 1);
  const vitq_linear layer = {
      .panels = panels, .multipliers = multipliers, .offsets = offsets,
      .zero_points = between(0, 1) ? zero_points : NULL, .outputs = outputs, .inputs = inputs,
      .maximum_input = (uint32_t)maximum, .epilogue = (vitq_epilogue)epilogue,
      .quantizer = {16.0f, 8.0f, 0.0f, 255.0f, between(0, 1) ? 8 : 0},
      .target_rows = scatters ? target_rows : NULL};
  const size_t element = epilogue <= VITQ_EPILOGUE_ACCUMULATE ? 4 : 1, stride = n * element;
  float *start = reals(rows * n);
  void *a = zeros(rows * stride), *b = zeros(rows * stride), *c = zeros(rows * stride);
  memcpy(a, start, rows * stride);
  memcpy(b, start, rows * stride);
  memcpy(c, start, rows * stride);
  void *scratch = zeros(vitq_linear_scratch_bytes(&layer, rows));
  if (bits == 4) {
    vitq_u8_s4_linear__scalar(&layer, rows, source, k, a, stride, scratch);
    vitq_u8_s4_linear__avx512vnni(&layer, rows, source, k, b, stride, scratch);
    vitq_u8_s4_linear__avxvnni(&layer, rows, source, k, c, stride, scratch);
  } else {
    vitq_u8_s8_linear__scalar(&layer, rows, source, k, a, stride, scratch);
    vitq_u8_s8_linear__avx512vnni(&layer, rows, source, k, b, stride, scratch);
    vitq_u8_s8_linear__avxvnni(&layer, rows, source, k, c, stride, scratch);
  }
  char what[64];
  snprintf(what, sizeof what, "u8_s%d_linear %zux%zu.%zu", bits, rows, inputs, outputs);
  compare(what, b, a, rows, outputs * element, stride);
  compare(what, c, a, rows, outputs * element, stride);
  free(panels), free(zero_points), free(multipliers), free(offsets), free(source), free(start);
  free(a), free(b), free(c), free(scratch), free(target_rows);
}

/// Attention over `windows` windows of tokens / 7 x 7 tokens each, or without windows if 0.
static void check_attention(
    size_t rows, size_t tokens, size_t heads, size_t width, vitq_probabilities probabilities,
    size_t windows) {
  const size_t stride = padded(heads * width), key_rows = tokens * (windows ? windows : 1);
  const size_t first_row = windows ? (size_t)between(0, (int)(key_rows - rows)) : 0;
  vitq_attention attention = {
      .tokens = tokens, .heads = heads, .head_width = width,
      .query_zero_point = between(0, 255), .maximum_query = 255, .maximum_key = 128,
      .logit_factor = 3e-5f * (float)between(1, 40), .probabilities = probabilities,
      .steps_per_octave = (float)between(1, 2), .level_offset = real(),
      .probability_quantizer = {255.0f, 0.0f, 0.0f, 255.0f, 0}, .value_factor = 1e-6f,
      .quantizer = {20.0f, 128.0f, 0.0f, 255.0f, 0}};
  for (int i = 0; i < 16; i++) attention.levels[i] = (uint16_t)(i == 0 ? 32768 : between(0, 32768));
  if (probabilities == VITQ_PROBABILITIES_UNIFORM) attention.value_factor = 1e-4f;
  if (probabilities == VITQ_PROBABILITIES_TABLE) {
    attention.steps_per_octave = 16.0f;
    attention.level_count = (uint32_t)between(1, VITQ_MAXIMUM_LEVELS);
    for (uint32_t i = 0; i < attention.level_count; i++) {
      attention.levels[i] = (uint16_t)(32768 - 500 * i - (uint32_t)between(0, 400));
      attention.thresholds[i] = (uint8_t)(1 + 3 * i + (uint32_t)between(0, 2));
    }
  }
  const size_t offsets = windows ? (2 * tokens / 7 - 1) * 13 : 0;
  float *bias = reals(heads * offsets);
  uint8_t *regions = codes(key_rows, 0, 2);
  if (windows) {
    attention.windows =
        (vitq_windows){tokens / 7, 7, attention.logit_factor, bias, regions, -100.0f};
    attention.logit_factor = 1.442695f;
  }
  uint8_t *q = codes(rows * stride, 0, 255), *k = codes(key_rows * stride, 0, 255);
  uint8_t *v = codes(key_rows * stride, 0, 255);
  uint8_t *a = zeros(rows * stride), *b = zeros(rows * stride);
  void *scratch = zeros(vitq_attention_scratch_bytes(&attention));
  const vitq_code_matrix queries = {q, stride}, keys = {k, stride}, values = {v, stride};
  vitq_u8_s8_attention__scalar(
      &attention, first_row, rows, queries, keys, values, a, stride, scratch);
  vitq_u8_s8_attention__avx512vnni(
      &attention, first_row, rows, queries, keys, values, b, stride, scratch);
  char what[64];
  snprintf(what, sizeof what, "u8_s8_attention %zux%zu.%zux%zu", rows, tokens, heads, width);
  compare(what, b, a, rows, heads * width, stride);
  free(q), free(k), free(v), free(a), free(b), free(scratch), free(bias), free(regions);
}

static void check_codebook(size_t rows, size_t width) {
  const size_t stride = padded(width);
  uint8_t *a = codes(rows * stride, 0, 255), *b = zeros(rows * stride);
  memcpy(b, a, rows * stride);
  vitq_codebook codebook = {.level_count = 200};
  for (int i = 0; i < 256; i++) codebook.map[i] = (uint8_t)between(0, 255);
  vitq_u8_codebook__scalar(&codebook, rows, width, a, stride);
  vitq_u8_codebook__avx512vnni(&codebook, rows, width, b, stride);
  compare("u8_codebook", b, a, rows, width, stride);
  free(a), free(b);
}

static void check_rows(size_t rows, size_t width) {
  const size_t columns = padded(width), stride = columns * sizeof(float);
  float *x = reals(rows * columns), *gamma = reals(columns), *beta = reals(columns);
  float *a = zeros(rows * stride), *b = zeros(rows * stride);
  const vitq_normalization n = {gamma, beta, 1e-6f, width};
  const vitq_quantizer q = {30.0f, 120.0f, 0.0f, 255.0f, 0};
  vitq_f32_f32_layer_norm__scalar(&n, rows, x, stride, a, stride);
  vitq_f32_f32_layer_norm__avx512vnni(&n, rows, x, stride, b, stride);
  compare("f32_f32_layer_norm", b, a, rows, width * sizeof(float), stride);
  vitq_f32_u8_layer_norm__scalar(&n, &q, rows, x, stride, (uint8_t *)a, stride);
  vitq_f32_u8_layer_norm__avx512vnni(&n, &q, rows, x, stride, (uint8_t *)b, stride);
  compare("f32_u8_layer_norm", b, a, rows, width, stride);
  vitq_f32_u8_quantize__scalar(&q, rows, width, x, stride, (uint8_t *)a, stride);
  vitq_f32_u8_quantize__avx512vnni(&q, rows, width, x, stride, (uint8_t *)b, stride);
  compare("f32_u8_quantize", b, a, rows, width, stride);
  vitq_f32_mean__scalar(rows, width, x, stride, a);
  vitq_f32_mean__avx512vnni(rows, width, x, stride, b);
  compare("f32_mean", b, a, 1, width * sizeof(float), stride);
  free(x), free(gamma), free(beta), free(a), free(b);
}

int main(void) {
  static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 12, 13, 14, 15, 16, 17, 26, 31, 32, 33, 65};
  enum { SIZES = sizeof sizes / sizeof *sizes };
  for (size_t i = 0; i < SIZES; i++) {
    for (int bits = 4; bits <= 8; bits += 4) {
      for (int epilogue = 0; epilogue < 4; epilogue++) {
        check_linear(sizes[i], sizes[SIZES - 1 - i], sizes[(i * 5) % SIZES], bits, epilogue);
        check_linear(sizes[(i * 7) % SIZES], sizes[i], 192, bits, epilogue);
      }
    }
    for (int probabilities = 0; probabilities < 3; probabilities++) {
      const size_t tokens = sizes[(i * 3) % SIZES];
      check_attention(sizes[i], tokens, 2, sizes[(i * 11) % SIZES], probabilities, 0);
      check_attention(7, sizes[i], 3, 64, probabilities, 0);
      check_attention(sizes[i], 49, 2, 32, probabilities, 3);
      check_attention(sizes[i], 14, 3, sizes[(i * 11) % SIZES], probabilities, 6);
    }
    check_rows(sizes[i], sizes[(i * 5) % SIZES]);
    check_codebook(sizes[i], sizes[(i * 5) % SIZES]);
  }
  check_attention(13, 197, 3, 64, VITQ_PROBABILITIES_LOG, 0);
  check_attention(13, 197, 3, 64, VITQ_PROBABILITIES_TABLE, 0);
  check_codebook(5, 768);
  check_linear(27, 96, 768, 4, VITQ_EPILOGUE_STORE);
  printf("%d comparisons, %d failures\n", comparisons, failures);
  return failures != 0;
}

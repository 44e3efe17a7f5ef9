// Every integer kernel of the list on every instruction set, on random operands of sizes below, at
// and above the tiles.
#include <stdio.h>
#include <string.h>

#include "../../Sources/CVitqKernels/include/vitq_integer.h"
#include "check.h"

/// The instruction sets to check beside the reference.
static const vitq_integer_kernels *variants[VITQ_ISA_COUNT];
static size_t variant_count;

static size_t padded(size_t count) { return (count + 31) / 32 * 32; }

/// Takes the result of variant i, the reference's if i is 0.
static void judge(
    const char *what, size_t i, const void *found, const void *expected, size_t rows,
    size_t columns, size_t stride) {
  if (i == 0) {
    check_digest(expected, rows, columns, stride);
  } else {
    check_equal(
        what, vitq_isa_name(variants[i]->isa), found, expected, rows, columns, stride);
    check_guard(what, vitq_isa_name(variants[i]->isa), found, rows * stride);
  }
}

/// Gives a panel small weights, but one output of it weights of one sign: it alone says how many
/// products fit a sum.
static void make_steep(uint8_t *panel, size_t inputs, int bits, size_t output) {
  const int is_positive = check_between(0, 1);
  for (size_t i = 0; i < inputs * 32; i++) {
    const int weight = i / 4 % 32 != output ? check_between(-1, 1)
                       : is_positive        ? check_between(1, 7)
                                            : check_between(-8, -1);
    const size_t cell = i / 4 % 16 * 4 + i % 4, half = i / 64 % 2;
    uint8_t *byte = panel + i / 128 * 16 * (size_t)bits + cell + (bits == 8 ? 64 * half : 0);
    if (bits == 8) {
      *byte = (uint8_t)weight;
    } else {
      const unsigned nibble = (unsigned)weight & 15u;
      *byte = (uint8_t)(half ? (*byte & 15u) | nibble << 4 : (*byte & 240u) | nibble);
    }
  }
}

static void check_linear(size_t rows, size_t outputs, size_t inputs, int bits, int epilogue) {
  const size_t n = padded(outputs), k = padded(inputs);
  uint8_t *panels = check_zeros(n * k);
  for (size_t i = 0; i < n * k * (size_t)bits / 8; i++) panels[i] = (uint8_t)check_next();
  const size_t steep = (size_t)check_between(0, 31);
  const int is_steep = check_between(0, 1);
  if (is_steep) make_steep(panels, k, bits, steep);
  int8_t *zero_points = check_zeros(n);
  for (size_t i = 0; i < n; i++) zero_points[i] = (int8_t)check_between(-9, 9);
  float *multipliers = check_reals(n), *offsets = check_reals(n);
  for (size_t i = 0; i < n; i++) multipliers[i] *= 1e-3f;
  // The padding of panels is zero in files: clear every weight past the inputs.
  for (size_t p = 0; p < n / 32; p++) {
    for (size_t i = 0; i < k * 32; i++) {
      const size_t input = i / 128 * 4 + i % 4;
      const size_t byte = bits == 8 ? i : i / 128 * 64 + i % 64;
      if (input >= inputs) panels[p * k * 32 * (size_t)bits / 8 + byte] = 0;
    }
  }
  const int maximum = check_between(0, 1) ? 15 : 255;
  uint8_t *source = check_codes(rows * k, 0, maximum);
  // A row whose inputs are at their largest where the weights of one output have one sign, and 0
  // elsewhere, is as far from 0 as these weights allow.
  for (size_t i = 0, is_aligned = (size_t)check_between(0, 1); i < rows * k * is_aligned; i++) {
    const size_t row = i / k, input = i % k, step = 16 * (size_t)bits;
    const size_t output = is_steep ? steep : row / 2 % 32, half = output / 16;
    const size_t cell = input / 4 * step + output % 16 * 4 + input % 4;
    const uint8_t code = bits == 8 ? panels[cell + 64 * half] : (panels[cell] >> 4 * half) & 15;
    const size_t is_negative = code >> (bits - 1) & 1;
    source[i] = is_negative == row % 2 ? (uint8_t)maximum : 0;
  }
  // Every third row of the source has no row of the target.
  int32_t *target_rows = check_zeros(rows * sizeof *target_rows);
  for (size_t i = 0; i < rows; i++) target_rows[i] = i % 3 == 1 ? -1 : (int32_t)(rows - 1 - i);
  const int scatters = epilogue == VITQ_EPILOGUE_ACCUMULATE && check_between(0, 1);
  const vitq_linear layer = {
      .panels = panels, .multipliers = multipliers, .offsets = offsets,
      .zero_points = check_between(0, 1) ? zero_points : NULL, .outputs = outputs, .inputs = inputs,
      .maximum_input = (uint32_t)maximum, .epilogue = (vitq_epilogue)epilogue,
      .quantizer = {16.0f, 8.0f, 0.0f, 255.0f, check_between(0, 1) ? 8 : 0},
      .target_rows = scatters ? target_rows : NULL};
  const size_t element = epilogue <= VITQ_EPILOGUE_ACCUMULATE ? 4 : 1, stride = n * element;
  float *start = check_reals(rows * n);
  void *expected = check_zeros(rows * stride), *found = check_guarded(rows * stride);
  void *scratch = check_guarded(vitq_linear_scratch_bytes(&layer, rows));
  char what[64];
  snprintf(what, sizeof what, "u8_s%d_linear %zux%zu.%zu", bits, rows, inputs, outputs);
  for (size_t i = 0; i <= variant_count; i++) {
    void *target = i == 0 ? expected : found;
    memcpy(target, start, rows * stride);
    const vitq_u8_s4_linear_kernel kernel =
        bits == 4 ? variants[i]->u8_s4_linear : variants[i]->u8_s8_linear;
    kernel(&layer, rows, source, k, target, stride, scratch);
    judge(what, i, found, expected, rows, outputs * element, stride);
    check_guard(
        what, vitq_isa_name(variants[i]->isa), scratch, vitq_linear_scratch_bytes(&layer, rows));
  }
  check_release();
}

/// One of the i-th of `parts` equal parts of 0 ... count - 1.
static int between_parts(int count, int i, int parts) {
  return check_between(count * i / parts, count * (i + 1) / parts - 1);
}

/// Attention over `windows` windows of tokens / 7 x 7 tokens each, or without windows if 0.
static void check_attention(
    size_t rows, size_t tokens, size_t heads, size_t width, vitq_probabilities probabilities,
    size_t windows) {
  const int is_real = check_between(0, 3) == 0;
  const size_t stride = padded(heads * width), key_rows = tokens * (windows ? windows : 1);
  const size_t first_row = windows ? (size_t)check_between(0, (int)(key_rows - rows)) : 0;
  // Small codes let sums of products of bytes fit 16 bits, which some kernels use.
  const int is_small = check_between(0, 1);
  vitq_attention attention = {
      .tokens = tokens, .heads = heads, .head_width = width,
      .query_zero_point = check_between(0, 255), .maximum_query = is_small ? 15 : 255,
      .maximum_key = is_small ? 8 : 128,
      .logit_factor = 3e-5f * (float)check_between(1, 40), .probabilities = probabilities,
      .steps_per_octave = (float)check_between(1, 2), .level_offset = check_real(),
      .probability_quantizer = {255.0f, 0.0f, 0.0f, 255.0f, 0}, .value_factor = 1e-6f,
      .is_real = is_real,
      .quantizer = {20.0f, 128.0f, 0.0f, 255.0f, 0}};
  attention.levels[0] = 32768;
  for (int i = 1; i < 16; i++) attention.levels[i] = (uint16_t)check_between(0, 32768);
  if (probabilities == VITQ_PROBABILITIES_UNIFORM) attention.value_factor = 1e-4f;
  if (probabilities == VITQ_PROBABILITIES_TABLE) {
    attention.steps_per_octave = 16.0f;
    attention.level_count =
        (uint32_t)check_between(1, check_between(0, 1) ? 16 : VITQ_MAXIMUM_LEVELS);
    // The largest level decides whether high bytes count.
    const int fits_byte = check_between(0, 1);
    if (fits_byte) attention.value_factor = 1e-4f;
    const int last = (int)attention.level_count - 1;
    const int largest = fits_byte ? 255 : 32768;
    for (int i = 0; i <= last; i++) {
      attention.levels[i] = (uint16_t)(largest - between_parts(largest + 1, i, last + 1));
      if (i < last) attention.thresholds[i] = (uint8_t)(1 + between_parts(255, i, last));
    }
  }
  const size_t offsets = windows ? (2 * tokens / 7 - 1) * 13 : 0;
  float *bias = check_reals(heads * offsets);
  uint8_t *regions = check_codes(key_rows, 0, 2);
  if (windows) {
    attention.windows =
        (vitq_windows){tokens / 7, 7, attention.logit_factor, bias, regions, -100.0f};
    attention.logit_factor = 1.442695f;
  }
  uint8_t *q = check_codes(rows * stride, 0, (int)attention.maximum_query);
  const int key = (int)attention.maximum_key;
  uint8_t *k = check_codes(key_rows * stride, -key, key - 1);
  uint8_t *v = check_codes(key_rows * stride, 0, 255);
  const size_t element = is_real ? sizeof(float) : 1, out = stride * element;
  uint8_t *expected = check_zeros(rows * out), *found = check_guarded(rows * out);
  void *scratch = check_guarded(vitq_attention_scratch_bytes(&attention));
  const vitq_code_matrix queries = {q, stride}, keys = {k, stride}, values = {v, stride};
  char what[64];
  snprintf(what, sizeof what, "u8_s8_attention %zux%zu.%zux%zu", rows, tokens, heads, width);
  for (size_t i = 0; i <= variant_count; i++) {
    variants[i]->u8_s8_attention(
        &attention, first_row, rows, queries, keys, values, i == 0 ? expected : found, out,
        scratch);
    judge(what, i, found, expected, rows, heads * width * element, out);
    check_guard(
        what, vitq_isa_name(variants[i]->isa), scratch, vitq_attention_scratch_bytes(&attention));
  }
  check_release();
}

static void check_codebook(size_t rows, size_t width) {
  const size_t stride = padded(width);
  uint8_t *source = check_codes(rows * stride, 0, 255);
  uint8_t *expected = check_zeros(rows * stride), *found = check_guarded(rows * stride);
  vitq_codebook codebook = {.level_count = check_between(0, 1) ? 200 : 16};
  for (int i = 0; i < 15; i++) codebook.thresholds[i] = (uint8_t)(16 * i + check_between(1, 16));
  for (int i = 0; i < 16; i++) codebook.levels[i] = (uint8_t)(16 * i + check_between(0, 15));
  size_t index = 0;
  for (int i = 0; i < 256; i++) {
    while (index < 15 && codebook.thresholds[index] <= i) index++;
    codebook.map[i] = codebook.level_count > 16 ? (uint8_t)check_between(0, 255)
                                                : codebook.levels[index];
  }
  for (size_t i = 0; i <= variant_count; i++) {
    uint8_t *target = i == 0 ? expected : found;
    memcpy(target, source, rows * stride);
    variants[i]->u8_codebook(&codebook, rows, width, target, stride);
    judge("u8_codebook", i, found, expected, rows, width, stride);
  }
  check_release();
}

/// Patches of an image of `across` patches in `down` lines, from the second patch on.
static void check_image_patches(size_t side, size_t across, size_t down) {
  const size_t width = side * across, columns = 3 * side * side, rows = across * down - 1;
  const size_t stride = padded(columns);
  uint8_t *image = check_codes(width * side * down * 3, 0, 255);
  uint8_t *expected = check_zeros(rows * stride), *found = check_guarded(rows * stride);
  for (size_t r = 0; r < rows; r++) {
    const size_t y = (r + 1) / across * side, x = (r + 1) % across * side;
    for (size_t e = 0; e < columns; e++) {
      const size_t c = e / (side * side), i = e / side % side, j = e % side;
      expected[r * stride + e] = image[((y + i) * width + x + j) * 3 + c];
    }
  }
  for (size_t i = 0; i <= variant_count; i++) {
    variants[i]->u8_image_patches(image, width, side, 1, rows, found, stride);
    if (i == 0) {
      check_equal("u8_image_patches", "scalar", found, expected, rows, columns, stride);
    }
    judge("u8_image_patches", i, found, expected, rows, columns, stride);
  }
  check_release();
}

/// Codes with scales by rows, and sums rescaled by them with each epilogue.
static void check_row_scales(size_t rows, size_t width) {
  const size_t columns = padded(width), stride = columns * sizeof(float), scale = 64;
  float *x = check_reals(rows * columns), *factors = check_reals(3 * columns);
  for (size_t i = 0; i < columns; i++) x[i] = 0.0f;
  uint8_t *codes = check_zeros(rows * columns), *own_codes = check_guarded(rows * columns);
  uint8_t *scales = check_zeros(rows * scale), *own_scales = check_guarded(rows * scale);
  uint8_t *real = check_zeros(rows * stride), *own_real = check_guarded(rows * stride);
  const float largest = check_between(0, 1) ? 15.0f : 255.0f;
  for (size_t i = 0; i <= variant_count; i++) {
    variants[i]->f32_u8_quantize_rows(
        largest, rows, width, x, stride, i == 0 ? codes : own_codes, columns,
        (float *)(void *)(i == 0 ? scales : own_scales), scale);
    judge("f32_u8_quantize_rows", i, own_codes, codes, rows, width, columns);
    judge("f32_u8_quantize_rows", i, own_scales, scales, rows, 2 * sizeof(float), scale);
  }
  int32_t *target_rows = check_zeros(rows * sizeof *target_rows);
  for (size_t i = 0; i < rows; i++) target_rows[i] = i % 3 == 1 ? -1 : (int32_t)(rows - 1 - i);
  for (int epilogue = 0; epilogue < 4; epilogue++) {
    const int scatters = epilogue == VITQ_ROW_EPILOGUE_ACCUMULATE && check_between(0, 1);
    const vitq_row_scaling scaling = {
        .weight_sums = factors, .weight_steps = factors + columns, .bias = factors + 2 * columns,
        .columns = width, .epilogue = (vitq_row_epilogue)epilogue,
        .quantizer = {16.0f, 8.0f, 0.0f, 255.0f, check_between(0, 1) ? 8 : 0},
        .target_rows = scatters ? target_rows : NULL};
    const int is_code = epilogue == VITQ_ROW_EPILOGUE_QUANTIZE;
    const size_t element = is_code ? 1 : sizeof(float);
    uint8_t *expected = is_code ? codes : real, *found = is_code ? own_codes : own_real;
    for (size_t i = 0; i <= variant_count; i++) {
      uint8_t *target = i == 0 ? expected : found;
      memcpy(target, x, rows * columns * element);
      variants[i]->f32_rescale_rows(
          &scaling, rows, x, stride, (const float *)(const void *)scales, scale, target,
          columns * element);
      judge("f32_rescale_rows", i, found, expected, rows, width * element, columns * element);
    }
  }
  check_release();
}

static void check_rows(size_t rows, size_t width) {
  const size_t columns = padded(width), stride = columns * sizeof(float);
  float *x = check_reals(rows * columns), *gamma = check_reals(columns);
  float *beta = check_reals(columns);
  float *expected = check_zeros(rows * stride), *found = check_guarded(rows * stride);
  const vitq_normalization n = {gamma, beta, 1e-6f, width};
  const vitq_quantizer q = {30.0f, 120.0f, 0.0f, 255.0f, 0};
  for (size_t i = 0; i <= variant_count; i++) {
    float *y = i == 0 ? expected : found;
    variants[i]->f32_f32_layer_norm(&n, rows, x, stride, y, stride);
    judge("f32_f32_layer_norm", i, found, expected, rows, width * sizeof(float), stride);
  }
  for (size_t i = 0; i <= variant_count; i++) {
    uint8_t *y = (uint8_t *)(i == 0 ? expected : found);
    variants[i]->f32_u8_layer_norm(&n, &q, rows, x, stride, y, stride);
    judge("f32_u8_layer_norm", i, found, expected, rows, width, stride);
  }
  for (size_t i = 0; i <= variant_count; i++) {
    uint8_t *y = (uint8_t *)(i == 0 ? expected : found);
    variants[i]->f32_u8_quantize(&q, rows, width, x, stride, y, stride);
    judge("f32_u8_quantize", i, found, expected, rows, width, stride);
  }
  for (size_t i = 0; i <= variant_count; i++) {
    variants[i]->f32_mean(rows, width, x, stride, i == 0 ? expected : found);
    judge("f32_mean", i, found, expected, 1, width * sizeof(float), rows * stride);
  }
  check_release();
}

static void find_variants(void) {
  variants[0] = vitq_integer_kernels_for(VITQ_ISA_SCALAR);
#define VITQ_INTEGER_ISA(instructions, suffix)                                        \
  if (instructions != VITQ_ISA_SCALAR &&                                              \
      check_wants(vitq_isa_name(instructions), vitq_isa_supported(instructions))) {   \
    variants[++variant_count] = vitq_integer_kernels_for(instructions);               \
  }
#include "../../Sources/CVitqKernels/include/integer_isas.def"
#undef VITQ_INTEGER_ISA
}

void check_integer_kernels(void) {
  find_variants();
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
    check_row_scales(sizes[i], sizes[(i * 5) % SIZES]);
    check_codebook(sizes[i], sizes[(i * 5) % SIZES]);
  }
  check_attention(13, 197, 3, 64, VITQ_PROBABILITIES_LOG, 0);
  check_attention(13, 197, 3, 64, VITQ_PROBABILITIES_TABLE, 0);
  check_codebook(5, 768);
  const size_t sides[] = {1, 3, 4, 7, 14, 16, 32, 35};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
    check_image_patches(sides[i], 7, 3);
    check_image_patches(sides[i], 1, 2);
  }
  check_linear(27, 96, 768, 4, VITQ_EPILOGUE_STORE);
}

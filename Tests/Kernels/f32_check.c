// Every float kernel of every table, on random operands of sizes below, at and above sixteen lanes.
#include <stdio.h>
#include <string.h>

#include "../../Sources/CVitqKernels/include/vitq_f32.h"
#include "check.h"

enum { LONGEST = 2048 };

/// The operands of one case, and where its result goes.
typedef struct {
  size_t rows;
  size_t width;
  float *a;    // [rows, width], as are b and p
  float *b;
  float *p;    // probabilities: 0 ... 1
  float *row;  // [width]
  float *y;    // [LONGEST], not zero before
  float *z;    // [LONGEST], a second result
} operands;

/// One call of a kernel.
typedef void (*operation)(const vitq_f32_kernels *k, const operands *o);

#define COUNT (o->rows * o->width)
#define SHAPE o->rows, o->width
#define VITQ_OPERATION(name, ...)                                                 \
  static void name##_operation(const vitq_f32_kernels *k, const operands *o) { \
    __VA_ARGS__;                                                                  \
  }

static const vitq_f32_quantizer quantizer = {0.03125f, 32.0f, 9.0f, 0.0f, 15.0f};
static const vitq_f32_log_quantizer log_quantizer = {
    2.0f, 0.25f, 1.0f / 32768.0f,
    {32768, 23170, 16384, 11585, 8192, 5793, 4096, 2896, 2048, 1448, 1024, 724, 512, 362, 256, 181,
     0}};
static const vitq_f32_adam adam_step = {0.01f, 0.9f, 0.999f, 1e-8f, 0.19f, 0.002f};
static float table[256];

VITQ_OPERATION(add, k->add(COUNT, o->a, o->b, o->y))
VITQ_OPERATION(multiply, k->multiply(COUNT, o->a, o->b, o->y, 1))
VITQ_OPERATION(scale, k->scale(COUNT, 1.7f, o->a, o->y, 1))
VITQ_OPERATION(add_row, k->add_row(SHAPE, o->a, o->row, o->y))
VITQ_OPERATION(multiply_row, k->multiply_row(SHAPE, o->a, o->row, o->y, 1))
VITQ_OPERATION(repeat_row, k->repeat_row(SHAPE, 0.3f, o->row, o->y, 1))
VITQ_OPERATION(column_sums, k->column_sums(SHAPE, 0.3f, o->a, o->y, 1))
VITQ_OPERATION(column_dots, k->column_dots(SHAPE, o->a, o->b, o->y, 1))
VITQ_OPERATION(row_sums, k->row_sums(SHAPE, o->a, o->y))
VITQ_OPERATION(
    sum, const double sum = k->sum(COUNT, o->a); memcpy(o->y, &sum, sizeof sum))
VITQ_OPERATION(
    dot, const double dot = k->dot(COUNT, o->a, o->b); memcpy(o->y, &dot, sizeof dot))
VITQ_OPERATION(magnitude, o->y[0] = k->magnitude(COUNT, o->a))
VITQ_OPERATION(row_magnitude, o->y[0] = k->row_magnitude(SHAPE, o->a))
VITQ_OPERATION(
    move_blocks,
    k->move_blocks(1, o->rows, o->width, o->a, 0, o->width, o->y, 0, o->width + 1, 1))
VITQ_OPERATION(
    gather_rows, const int32_t sources[] = {0, -1}; const size_t rows = o->rows < 2 ? o->rows : 2;
    k->gather_rows(rows, o->width, sources, 0.5f, o->a, o->y, 1))
VITQ_OPERATION(
    layer_norm, k->layer_norm(SHAPE, 1e-6f, o->a, o->row, o->b, o->y, o->z))
VITQ_OPERATION(
    layer_norm_backward, k->layer_norm(SHAPE, 1e-6f, o->a, o->row, o->b, o->y, o->z);
    k->layer_norm_backward(SHAPE, o->a, o->row, o->z, o->b, o->y, 1))
VITQ_OPERATION(
    layer_norm_backward_gamma, k->layer_norm(SHAPE, 1e-6f, o->a, o->row, o->b, o->y, o->z);
    k->layer_norm_backward_gamma(SHAPE, o->a, o->z, o->b, o->y, 1))
VITQ_OPERATION(softmax, k->softmax(SHAPE, 11.0f, o->a, o->y))
VITQ_OPERATION(log_softmax, k->log_softmax(SHAPE, 11.0f, o->a, o->y))
VITQ_OPERATION(softmax_backward, k->softmax_backward(SHAPE, o->p, o->b, o->y, 1))
VITQ_OPERATION(log_softmax_backward, k->log_softmax_backward(SHAPE, o->a, o->b, o->y, 1))
VITQ_OPERATION(attention_bias, k->attention_bias(COUNT, 0.1f, 3.0f, o->a, o->b, o->p, o->y))
VITQ_OPERATION(
    density, const double sum = k->density(COUNT, 0.3f, 2.0f, o->a); memcpy(o->y, &sum, sizeof sum))
VITQ_OPERATION(density_slope, k->density_slope(COUNT, 0.3f, 2.0f, 0.7f, o->a, o->y, 1))
VITQ_OPERATION(gelu_erf, k->gelu_erf(COUNT, o->a, o->y))
VITQ_OPERATION(gelu_tanh, k->gelu_tanh(COUNT, o->a, o->y))
VITQ_OPERATION(gelu_polynomial, k->gelu_polynomial(COUNT, o->a, o->y))
VITQ_OPERATION(gelu_erf_backward, k->gelu_erf_backward(COUNT, o->a, o->b, o->y, 1))
VITQ_OPERATION(gelu_tanh_backward, k->gelu_tanh_backward(COUNT, o->a, o->b, o->y, 1))
VITQ_OPERATION(
    gelu_polynomial_backward, k->gelu_polynomial_backward(COUNT, o->a, o->b, o->y, 1))
VITQ_OPERATION(decode, k->decode(COUNT, 0.1f, 3.0f, o->a, o->y))
VITQ_OPERATION(quantize, k->quantize(COUNT, 0.1f, 3.0f, o->a, quantizer, o->y))
VITQ_OPERATION(fake_quantize, k->fake_quantize(COUNT, 1.0f, 0.0f, o->a, quantizer, o->y))
VITQ_OPERATION(
    fake_quantize_backward, k->fake_quantize_backward(COUNT, o->a, quantizer, o->b, o->y, 1))
VITQ_OPERATION(log_quantize, k->log_quantize(COUNT, o->a, &log_quantizer, o->y))
VITQ_OPERATION(
    log_quantize_backward,
    k->log_quantize_backward(COUNT, o->a, &log_quantizer, o->b, o->y, 1))
VITQ_OPERATION(
    table_quantize, k->table_quantize(COUNT, 1.0f, 0.0f, o->a, -16.0f, 90.0f, table, o->y))
VITQ_OPERATION(
    log_table_quantize_backward,
    k->log_table_quantize_backward(COUNT, o->a, -16.0f, 90.0f, table, o->b, o->y, 1))
VITQ_OPERATION(
    quantize_rows, k->quantize_rows(SHAPE, 0.5f, 0.25f, 15.0f, o->a, o->y, o->z);
    k->quantize_rows(SHAPE, 1.0f, 0.0f, 255.0f, o->b, o->p, NULL))
VITQ_OPERATION(
    rescale_rows, k->rescale_rows(SHAPE, o->a, o->b, o->row, o->p, o->row, o->y))
VITQ_OPERATION(scale_columns, k->scale_columns(SHAPE, o->a, o->row, o->p, o->y))
VITQ_OPERATION(adam, k->adam(COUNT, adam_step, o->a, o->b, o->p, o->y))

#define VITQ_EACH_OPERATION(line)                                                               \
  line(add) line(multiply) line(scale) line(add_row) line(multiply_row) line(repeat_row)        \
  line(column_sums) line(column_dots) line(row_sums) line(sum) line(dot) line(magnitude)        \
  line(row_magnitude) line(move_blocks) line(gather_rows) line(layer_norm)                      \
  line(layer_norm_backward) line(layer_norm_backward_gamma) line(softmax) line(log_softmax)     \
  line(softmax_backward) line(log_softmax_backward) line(attention_bias) line(density)          \
  line(density_slope) line(gelu_erf)                                                            \
  line(gelu_tanh) line(gelu_polynomial) line(gelu_erf_backward) line(gelu_tanh_backward)        \
  line(gelu_polynomial_backward) line(decode) line(quantize) line(fake_quantize)                \
  line(fake_quantize_backward) line(log_quantize) line(log_quantize_backward)                   \
  line(table_quantize) line(log_table_quantize_backward) line(quantize_rows)    \
  line(rescale_rows) line(scale_columns) line(adam)

#define VITQ_LINE(name) {#name, name##_operation},
static const struct {
  const char *name;
  operation run;
} operations[] = {VITQ_EACH_OPERATION(VITQ_LINE)};
enum { OPERATIONS = sizeof operations / sizeof *operations };
// A table is the instruction set, padded to the size of a pointer, and one pointer for each kernel.
_Static_assert(
    OPERATIONS == (sizeof(vitq_f32_kernels) - sizeof(void (*)(void))) / sizeof(void (*)(void)),
    "every float kernel has a case");

/// All that a case may write: the results, and the operands that Adam updates.
static float *state_of(const operands *o) {
  float *all = check_zeros(4 * LONGEST * sizeof(float));
  const float *parts[] = {o->y, o->z, o->b, o->p};
  for (size_t i = 0; i < 4; i++) memcpy(all + i * LONGEST, parts[i], LONGEST * sizeof(float));
  return all;
}
static void restore(const operands *o, const float *all) {
  float *parts[] = {o->y, o->z, o->b, o->p};
  for (size_t i = 0; i < 4; i++) memcpy(parts[i], all + i * LONGEST, LONGEST * sizeof(float));
}

static void check_shape(size_t rows, size_t width, float spread) {
  operands o = {
      .rows = rows, .width = width, .a = check_reals(LONGEST), .b = check_reals(LONGEST),
      .p = check_reals(LONGEST), .row = check_reals(width), .y = check_reals(LONGEST),
      .z = check_reals(LONGEST)};
  for (size_t i = 0; i < LONGEST; i++) {
    o.a[i] *= spread;
    o.p[i] = 0.5f + 0.5f * o.p[i];
  }
  float *start = state_of(&o);
  size_t table_count;
  const vitq_f32_kernels *const *tables = vitq_f32_tables(&table_count);
  for (size_t i = 0; i < OPERATIONS; i++) {
    restore(&o, start);
    operations[i].run(tables[0], &o);
    float *expected = state_of(&o);
    check_digest(expected, 1, 4 * LONGEST * sizeof(float), 0);
    for (size_t t = 1; t < table_count; t++) {
      const char *variant = vitq_isa_name(tables[t]->isa);
      // Float tables are never emulated.
      if (!check_wants(variant, 1) || !vitq_isa_supported(tables[t]->isa)) continue;
      restore(&o, start);
      operations[i].run(tables[t], &o);
      float *found = state_of(&o);
      check_equal(
          operations[i].name, variant, found, expected, 1, 4 * LONGEST * sizeof(float), 0);
    }
  }
  check_release();
}

void check_f32_kernels(void) {
  for (size_t i = 0; i < 256; i++) table[i] = check_real();
  static const size_t widths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 97, 197};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    check_shape(1 + i % 5, widths[i], 1.0f);
    check_shape(5 - i % 5, widths[i], 8.0f);
    check_shape(2, widths[i], 60.0f);
  }
}

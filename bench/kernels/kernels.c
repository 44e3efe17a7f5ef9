// Times linear layers and attention of DeiT-S in 4 and 8 bits, one thread, by instruction set:
//
//     kernels [INSTRUCTION SET ...]
//
// Each time is the shortest of REPETITIONS, each peak the highest of as many calibrations between
// them, so that a disturbed moment counts for neither. Products of padding are not counted; of
// attention with two planes of levels each is counted once.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "../../Sources/CVitqKernels/include/vitq_integer.h"
#include "../../Sources/CVitqKernels/include/vitq_peak.h"
#include "../../Sources/CVitqKernels/include/vitq_program.h"

enum { REPETITIONS = 300, TOKENS = 197, HEADS = 6, HEAD_WIDTH = 64 };

/// What is timed: a linear layer, or attention without inputs.
typedef struct {
  const char *name;
  size_t outputs, inputs;
  int bits;
  vitq_epilogue epilogue;
  int has_zero_points;
  vitq_probabilities probabilities;
  uint16_t largest_level;
} task;

static const task tasks[] = {
    {"linear, store", 384, 384, 4, VITQ_EPILOGUE_STORE, 0, 0, 0},
    {"linear, store", 1536, 384, 4, VITQ_EPILOGUE_STORE, 0, 0, 0},
    {"linear, store", 384, 1536, 4, VITQ_EPILOGUE_STORE, 0, 0, 0},
    {"linear, zero points, residual", 384, 384, 4, VITQ_EPILOGUE_ACCUMULATE, 1, 0, 0},
    {"linear, zero points, residual", 384, 1536, 4, VITQ_EPILOGUE_ACCUMULATE, 1, 0, 0},
    {"linear, zero points, quantize", 384, 384, 4, VITQ_EPILOGUE_QUANTIZE, 1, 0, 0},
    {"linear, zero points, quantize", 1536, 384, 4, VITQ_EPILOGUE_QUANTIZE, 1, 0, 0},
    {"linear, zero points, GELU", 1536, 384, 4, VITQ_EPILOGUE_GELU_QUANTIZE, 1, 0, 0},
    {"linear, store", 1536, 384, 8, VITQ_EPILOGUE_STORE, 0, 0, 0},
    {"attention, table of bytes", 0, 0, 4, 0, 0, VITQ_PROBABILITIES_TABLE, 255},
    {"attention, table", 0, 0, 4, 0, 0, VITQ_PROBABILITIES_TABLE, 32768},
    {"attention, log2", 0, 0, 4, 0, 0, VITQ_PROBABILITIES_LOG, 32768},
    {"attention, uniform", 0, 0, 4, 0, 0, VITQ_PROBABILITIES_UNIFORM, 255},
};

/// Of memory(); each task starts anew.
static size_t used;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Zeroed memory of a program's arena, which has large pages where the system gives them: how small
/// ones fall into the sets of a cache is chance.
static void *memory(size_t byte_count) {
  enum { ARENA_BYTES = 64 << 20 };
  static uint8_t *arena;
  if (arena == NULL) arena = vitq_arena_create(ARENA_BYTES);
  const size_t start = used;
  used += (byte_count + 4096 + 63) / 64 * 64;
  if (arena == NULL || used > ARENA_BYTES) abort();
  return memset(arena + start, 0, byte_count);
}

static uint8_t *codes(size_t count, int mask, int shift) {
  uint8_t *bytes = memory(count);
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)((rand() & mask) - shift);
  return bytes;
}

/// Operations of a second: a product and its sum are two.
static double calibrated(const vitq_peak *peak) {
  if (peak == NULL) return 0;
  const double start = seconds();
  peak->run(1000);
  return 2.0 * (double)peak->products * 1000 / (seconds() - start);
}

/// A task with its operands. Kernels write whole vectors, for which memory() leaves room.
typedef struct {
  const vitq_integer_kernels *kernels;
  const task *task;
  vitq_linear layer;
  vitq_attention attention;
  vitq_code_matrix source, keys, values;
  void *target;
  void *scratch;
} call;

static call linear_call(const vitq_integer_kernels *kernels, const task *t) {
  call c = {.kernels = kernels, .task = t};
  float *multipliers = memory(4 * t->outputs);
  for (size_t i = 0; i < t->outputs; i++) multipliers[i] = 1e-4f;
  c.layer = (vitq_linear){
      .panels = codes(t->outputs * t->inputs, 255, 0), .multipliers = multipliers,
      .offsets = memory(4 * t->outputs),
      .zero_points = t->has_zero_points ? (int8_t *)codes(t->outputs, 7, 4) : NULL,
      .outputs = t->outputs, .inputs = t->inputs, .maximum_input = 15, .epilogue = t->epilogue,
      .quantizer = {10, 8, 0, 15, 0}};
  c.source = (vitq_code_matrix){codes(TOKENS * t->inputs, 15, 0), t->inputs};
  c.target = memory(4 * TOKENS * t->outputs);
  c.scratch = memory(vitq_linear_scratch_bytes(&c.layer, TOKENS));
  return c;
}

static call attention_call(const vitq_integer_kernels *kernels, const task *t) {
  const size_t stride = HEADS * HEAD_WIDTH;
  call c = {.kernels = kernels, .task = t};
  c.attention = (vitq_attention){
      .tokens = TOKENS, .heads = HEADS, .head_width = HEAD_WIDTH, .query_zero_point = 7,
      .maximum_query = 15, .maximum_key = 8, .logit_factor = 0.02f,
      .probabilities = t->probabilities,
      .steps_per_octave = t->probabilities == VITQ_PROBABILITIES_TABLE ? 16 : 1,
      .level_count = 16, .probability_quantizer = {255, 0, 0, 255, 0}, .value_factor = 1e-5f,
      .quantizer = {10, 8, 0, 15, 0}};
  for (int i = 0; i < 16; i++) {
    c.attention.levels[i] = (uint16_t)(t->largest_level / (i + 1));
    c.attention.thresholds[i] = (uint8_t)(10 + 12 * i);
  }
  c.source = (vitq_code_matrix){codes(TOKENS * stride, 15, 0), stride};
  c.keys = (vitq_code_matrix){codes(TOKENS * stride, 15, 8), stride};
  c.values = (vitq_code_matrix){codes(TOKENS * stride, 15, 8), stride};
  c.target = memory(TOKENS * stride);
  c.scratch = memory(vitq_attention_scratch_bytes(&c.attention));
  return c;
}

static void run(const call *c) {
  if (c->task->inputs == 0) {
    c->kernels->u8_s8_attention(
        &c->attention, 0, TOKENS, c->source, c->keys, c->values, c->target, c->source.stride,
        c->scratch);
    return;
  }
  const vitq_u8_s4_linear_kernel kernel =
      c->task->bits == 4 ? c->kernels->u8_s4_linear : c->kernels->u8_s8_linear;
  kernel(
      &c->layer, TOKENS, c->source.rows, c->source.stride, c->target, 4 * c->task->outputs,
      c->scratch);
}

static void report(vitq_isa isa) {
  const vitq_integer_kernels *kernels = vitq_integer_kernels_for(isa);
  const vitq_peak *peak = vitq_peak_for(isa);
  printf("%s, peak of %s\n", vitq_isa_name(isa), peak ? peak->instruction : "nothing");
  for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
    const task *t = &tasks[i];
    used = 0;
    const call c = t->inputs ? linear_call(kernels, t) : attention_call(kernels, t);
    double shortest = 1e9, highest = 0;
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
      const double rate = calibrated(peak), start = seconds();
      run(&c);
      const double time = seconds() - start;
      if (rate > highest) highest = rate;
      if (time < shortest) shortest = time;
    }
    const double products =
        t->inputs ? 2.0 * TOKENS * (double)t->outputs * (double)t->inputs
                  : 4.0 * TOKENS * TOKENS * HEADS * HEAD_WIDTH;
    char shape[64];
    if (t->inputs) {
      snprintf(shape, sizeof shape, "%d x %zu -> %zu, %d bits", TOKENS, t->inputs, t->outputs, t->bits);
    } else {
      snprintf(shape, sizeof shape, "%d x %d, %d x %d", TOKENS, TOKENS, HEADS, HEAD_WIDTH);
    }
    printf("  %-30s %-28s %8.1f us %6.0f GOP/s", t->name, shape, shortest * 1e6,
           products / shortest / 1e9);
    if (peak) printf(" %6.1f %% of the peak", 100 * products / shortest / highest);
    printf("\n");
  }
}

#if defined(__x86_64__)
/// Floating-point operations of a second with AVX2: chains of fused multiply-adds in registers.
__attribute__((target("avx2,fma"))) static double calibrated_f32(void) {
  enum { CHAINS = 12, ROUNDS = 20000 };
  __m256 sums[CHAINS], operand = _mm256_set1_ps(0.999f);
  for (int i = 0; i < CHAINS; i++) sums[i] = operand;
  const double start = seconds();
  for (int round = 0; round < ROUNDS; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) {
      sums[i] = _mm256_fmadd_ps(sums[i], operand, operand);
      __asm__ volatile("" : "+x"(sums[i]));
    }
  }
  return 2.0 * 8 * CHAINS * ROUNDS / (seconds() - start);
}
#endif

int main(int argc, char **argv) {
#if defined(__x86_64__)
  if (vitq_isa_supported(VITQ_ISA_AVX2)) {
    double peak = 0;
    for (int i = 0; i < REPETITIONS; i++) {
      const double rate = calibrated_f32();
      if (rate > peak) peak = rate;
    }
    printf("FP32 peak of AVX2: %.0f GFLOP/s\n", peak / 1e9);
  }
#endif
  for (int isa = VITQ_ISA_COUNT - 1; isa > VITQ_ISA_SCALAR; isa--) {
    int is_wanted = argc < 2;
    for (int i = 1; i < argc; i++) is_wanted |= strcmp(argv[i], vitq_isa_name((vitq_isa)isa)) == 0;
    if (is_wanted && vitq_isa_supported((vitq_isa)isa)) report((vitq_isa)isa);
  }
  return 0;
}

#include <stdlib.h>
#include <string.h>

#include "../include/vitq_program.h"

/// The rows of an instruction that one thread computes, and where they are.
typedef struct {
  size_t count;
  uint8_t *target;
  const uint8_t *source;
  size_t first;
} share;

static share share_of(
    const vitq_instruction *instruction, uint8_t *arena, size_t owned_from, size_t owned_to) {
  const size_t end = instruction->first_row + instruction->row_count;
  const size_t from = instruction->first_row > owned_from ? instruction->first_row : owned_from;
  const size_t to = end < owned_to ? end : owned_to;
  if (from >= to) return (share){0};
  const size_t source_row = (size_t)((ptrdiff_t)from - instruction->row_shift);
  return (share){
      .count = to - from,
      .target = arena + instruction->target.offset + from * instruction->target.stride,
      .source = arena + instruction->source.offset + source_row * instruction->source.stride,
      .first = from,
  };
}

static void fill(const vitq_instruction *instruction, share rows) {
  const vitq_constant_rows *constant = &instruction->operands.constant;
  const size_t skipped = rows.first - instruction->first_row;
  for (size_t r = 0; r < rows.count; r++) {
    memcpy(
        rows.target + r * instruction->target.stride,
        constant->rows + (skipped + r) * constant->columns, constant->columns * sizeof(float));
  }
}

static void attend(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    const uint8_t *arena, void *scratch) {
  const vitq_attention_operands *operands = &instruction->operands.attention;
  kernels->u8_s8_attention(
      &operands->attention, rows.count,
      (vitq_code_matrix){rows.source, instruction->source.stride},
      (vitq_code_matrix){arena + operands->keys.offset, operands->keys.stride},
      (vitq_code_matrix){arena + operands->values.offset, operands->values.stride}, rows.target,
      instruction->target.stride, scratch);
}

static void execute(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    uint8_t *arena, const uint8_t *image, void *scratch) {
  const vitq_operands *operands = &instruction->operands;
  const float *floats = (const float *)(const void *)rows.source;
  float *results = (float *)(void *)rows.target;
  const size_t in = instruction->source.stride, out = instruction->target.stride;
  switch (instruction->opcode) {
    case VITQ_INSTRUCTION_BARRIER:
      break;
    case VITQ_INSTRUCTION_IMAGE_PATCHES:
      vitq_u8_image_patches(
          image, operands->patches.width, operands->patches.side, rows.first, rows.count,
          rows.target, out);
      break;
    case VITQ_INSTRUCTION_FILL:
      fill(instruction, rows);
      break;
    case VITQ_INSTRUCTION_LINEAR_S4:
      kernels->u8_s4_linear(
          &operands->linear, rows.count, rows.source, in, rows.target, out, scratch);
      break;
    case VITQ_INSTRUCTION_LINEAR_S8:
      kernels->u8_s8_linear(
          &operands->linear, rows.count, rows.source, in, rows.target, out, scratch);
      break;
    case VITQ_INSTRUCTION_LAYER_NORM_F32:
      kernels->f32_f32_layer_norm(
          &operands->layer_norm.normalization, rows.count, floats, in, results, out);
      break;
    case VITQ_INSTRUCTION_LAYER_NORM_U8:
      kernels->f32_u8_layer_norm(
          &operands->layer_norm.normalization, &operands->layer_norm.quantizer, rows.count,
          floats, in, rows.target, out);
      break;
    case VITQ_INSTRUCTION_QUANTIZE:
      kernels->f32_u8_quantize(
          &operands->quantization.quantizer, rows.count, operands->quantization.columns, floats,
          in, rows.target, out);
      break;
    case VITQ_INSTRUCTION_ATTENTION:
      attend(kernels, instruction, rows, arena, scratch);
      break;
    case VITQ_INSTRUCTION_CODEBOOK:
      kernels->u8_codebook(
          &operands->codebook.codebook, rows.count, operands->codebook.columns, rows.target, out);
      break;
    case VITQ_INSTRUCTION_MEAN: {
      const vitq_row_mean *mean = &operands->mean;
      const uint8_t *source = arena + instruction->source.offset + mean->first_row * in;
      kernels->f32_mean(
          mean->row_count, mean->columns, (const float *)(const void *)source, in, results);
      break;
    }
  }
}

void vitq_run(
    const vitq_program *program, uint8_t *arena, const uint8_t *image, vitq_barrier *barrier,
    size_t thread, size_t thread_count) {
  const size_t from = program->owned_rows * thread / thread_count;
  const size_t to = program->owned_rows * (thread + 1) / thread_count;
  void *scratch = arena + program->scratch_offset + thread * program->scratch_stride;
  for (size_t i = 0; i < program->instruction_count; i++) {
    const vitq_instruction *instruction = &program->instructions[i];
    if (instruction->opcode == VITQ_INSTRUCTION_BARRIER) {
      vitq_barrier_wait(barrier);
      continue;
    }
    const share rows = share_of(instruction, arena, from, to);
    if (rows.count == 0) continue;
    execute(program->kernels, instruction, rows, arena, image, scratch);
  }
}

typedef struct {
  const vitq_program *program;
  uint8_t *arena;
  const uint8_t *image;
} job;

static void run_job(void *context, vitq_barrier *barrier, size_t thread, size_t thread_count) {
  const job *j = context;
  vitq_run(j->program, j->arena, j->image, barrier, thread, thread_count);
}

void vitq_run_with_team(
    const vitq_program *program, uint8_t *arena, const uint8_t *image, vitq_team *team) {
  job j = {.program = program, .arena = arena, .image = image};
  vitq_team_run(team, run_job, &j);
}

uint8_t *vitq_arena_create(size_t byte_count) {
  void *arena = NULL;
  if (posix_memalign(&arena, 64, byte_count) != 0) return NULL;
  memset(arena, 0, byte_count);
  return arena;
}

void vitq_arena_free(uint8_t *arena) { free(arena); }

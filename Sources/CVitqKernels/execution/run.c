#include <string.h>
#include <time.h>

#include "../include/vitq_memory.h"
#include "../include/vitq_program.h"

/// The rows of an instruction that one thread computes, and where they are.
typedef struct {
  size_t count;
  uint8_t *target;
  const uint8_t *source;
  size_t first;
} share;

static int is_linear(const vitq_instruction *instruction) {
  return instruction->opcode == VITQ_INSTRUCTION_LINEAR_S4 ||
         instruction->opcode == VITQ_INSTRUCTION_LINEAR_S8;
}

/// Whether the rows that are dealt are those of the source.
static int scatters(const vitq_instruction *instruction) {
  if (instruction->opcode == VITQ_INSTRUCTION_RESCALE_ROWS) {
    return instruction->operands.row_rescaling.scaling.target_rows != NULL;
  }
  return is_linear(instruction) && instruction->operands.linear.target_rows != NULL;
}

static share share_of(
    const vitq_instruction *instruction, uint8_t *arena, size_t owned_from, size_t owned_to) {
  const size_t end = instruction->first_row + instruction->row_count;
  const size_t from = instruction->first_row > owned_from ? instruction->first_row : owned_from;
  const size_t to = end < owned_to ? end : owned_to;
  if (from >= to) return (share){0};
  const size_t source_row = (size_t)((ptrdiff_t)from - instruction->row_shift);
  const size_t target_row = scatters(instruction) ? 0 : from;
  return (share){
      .count = to - from,
      .target = arena + instruction->target.offset + target_row * instruction->target.stride,
      .source = arena + instruction->source.offset + source_row * instruction->source.stride,
      .first = from,
  };
}

static void fill(const vitq_instruction *instruction, share rows) {
  const vitq_constant_rows *constant = &instruction->operands.constant;
  const size_t skipped = rows.first - instruction->first_row;
  for (size_t r = 0; r < rows.count; r++) {
    uint8_t *const target = rows.target + r * instruction->target.stride;
    const size_t first = (skipped + r) * constant->columns;
    if (constant->f32 != NULL) {
      memcpy(target, constant->f32 + first, constant->columns * sizeof(float));
      continue;
    }
    for (size_t c = 0; c < constant->columns; c++) {
      ((uint32_t *)target)[c] = (uint32_t)constant->bf16[first + c] << 16;
    }
  }
}

static void multiply(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    void *scratch) {
  vitq_linear layer = instruction->operands.linear;
  if (layer.target_rows != NULL) layer.target_rows += rows.first;
  const vitq_u8_s4_linear_kernel kernel =
      instruction->opcode == VITQ_INSTRUCTION_LINEAR_S4 ? kernels->u8_s4_linear
                                                        : kernels->u8_s8_linear;
  kernel(
      &layer, rows.count, rows.source, instruction->source.stride, rows.target,
      instruction->target.stride, scratch);
}

static void attend(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    const uint8_t *arena, void *scratch) {
  const vitq_attention_operands *operands = &instruction->operands.attention;
  kernels->u8_s8_attention(
      &operands->attention, rows.first, rows.count,
      (vitq_code_matrix){rows.source, instruction->source.stride},
      (vitq_code_matrix){arena + operands->keys.offset, operands->keys.stride},
      (vitq_code_matrix){arena + operands->values.offset, operands->values.stride}, rows.target,
      instruction->target.stride, scratch);
}

/// Normalises gathered rows.
static void normalize(
    const vitq_integer_kernels *kernels, const vitq_layer_norm *norm, size_t rows,
    const float *source, size_t in, uint8_t *target, size_t out) {
  if (norm->is_real) {
    kernels->f32_f32_layer_norm(
        &norm->normalization, rows, source, in, (float *)(void *)target, out);
  } else {
    kernels->f32_u8_layer_norm(
        &norm->normalization, &norm->quantizer, rows, source, in, target, out);
  }
}

static void prefetch_rows(const uint8_t *rows, size_t byte_count) {
  enum { CACHE_LINE = 64 };
  for (size_t i = 0; i < byte_count; i += CACHE_LINE) __builtin_prefetch(rows + i, 0, 3);
}

/// How many of `rows` rows have tokens that follow one another, or none.
static size_t run_of_tokens(const int32_t *tokens, size_t rows) {
  size_t run = 1;
  while (run < rows &&
         (tokens[0] < 0 ? tokens[run] < 0 : tokens[run] == tokens[0] + (int32_t)run)) {
    run++;
  }
  return run;
}

/// Normalises rows in window order, tokens that follow one another in one call.
static void normalize_windows(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    const uint8_t *arena) {
  const vitq_layer_norm *norm = &instruction->operands.layer_norm;
  const vitq_matrix source = instruction->source;
  const size_t out = instruction->target.stride;
  for (size_t r = 0, run; r < rows.count; r += run) {
    const int32_t *tokens = norm->tokens + rows.first + r;
    run = run_of_tokens(tokens, rows.count - r);
    // The tokens of the next run lie elsewhere, where no hardware expects them.
    if (r + run < rows.count && tokens[run] >= 0) {
      prefetch_rows(
          arena + source.offset + (size_t)tokens[run] * source.stride,
          run * norm->normalization.width * sizeof(float));
    }
    if (tokens[0] < 0) {
      memset(rows.target + r * out, norm->padding, run * out);
      continue;
    }
    const uint8_t *from = arena + source.offset + (size_t)tokens[0] * source.stride;
    normalize(
        kernels, norm, run, (const float *)(const void *)from, source.stride,
        rows.target + r * out, out);
  }
}

/// Normalises four tokens side by side, some rows of them gathered in `scratch`.
static void normalize_neighbours(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    const uint8_t *arena, uint8_t *scratch) {
  enum { NEIGHBOURS = 4 };
  const vitq_layer_norm *norm = &instruction->operands.layer_norm;
  const size_t out = instruction->target.stride, byte_count = norm->columns * sizeof(float);
  const size_t in = NEIGHBOURS * byte_count;
  const int32_t *tokens = norm->tokens + rows.first * NEIGHBOURS;
  for (size_t r = 0, count; r < rows.count; r += count) {
    const size_t rest = rows.count - r;
    count = rest < VITQ_GATHERED_ROWS ? rest : VITQ_GATHERED_ROWS;
    for (size_t i = 0; i < count * NEIGHBOURS; i++) {
      const int32_t token = tokens[r * NEIGHBOURS + i];
      uint8_t *to = scratch + i * byte_count;
      if (token < 0) {
        memset(to, 0, byte_count);
      } else {
        const size_t offset = (size_t)token * instruction->source.stride;
        memcpy(to, arena + instruction->source.offset + offset, byte_count);
      }
    }
    normalize(
        kernels, norm, count, (const float *)(const void *)scratch, in, rows.target + r * out,
        out);
  }
}

/// The step and zero point of the first row of the source.
static float *scales_of(vitq_matrix scales, const vitq_instruction *i, share rows, uint8_t *arena) {
  const size_t row = (size_t)((ptrdiff_t)rows.first - i->row_shift);
  return (float *)(void *)(arena + scales.offset + row * scales.stride);
}

static void rescale(
    const vitq_integer_kernels *kernels, const vitq_instruction *instruction, share rows,
    uint8_t *arena) {
  const vitq_row_rescaling *operands = &instruction->operands.row_rescaling;
  vitq_row_scaling scaling = operands->scaling;
  if (scaling.target_rows != NULL) scaling.target_rows += rows.first;
  kernels->f32_rescale_rows(
      &scaling, rows.count, (const float *)(const void *)rows.source, instruction->source.stride,
      scales_of(operands->scales, instruction, rows, arena), operands->scales.stride, rows.target,
      instruction->target.stride);
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
      kernels->u8_image_patches(
          image, operands->patches.width, operands->patches.side, rows.first, rows.count,
          rows.target, out);
      break;
    case VITQ_INSTRUCTION_FILL:
      fill(instruction, rows);
      break;
    case VITQ_INSTRUCTION_LINEAR_S4:
    case VITQ_INSTRUCTION_LINEAR_S8:
      multiply(kernels, instruction, rows, scratch);
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
    case VITQ_INSTRUCTION_WINDOW_NORM:
      normalize_windows(kernels, instruction, rows, arena);
      break;
    case VITQ_INSTRUCTION_NEIGHBOUR_NORM:
      normalize_neighbours(kernels, instruction, rows, arena, scratch);
      break;
    case VITQ_INSTRUCTION_QUANTIZE:
      kernels->f32_u8_quantize(
          &operands->quantization.quantizer, rows.count, operands->quantization.columns, floats,
          in, rows.target, out);
      break;
    case VITQ_INSTRUCTION_QUANTIZE_ROWS: {
      const vitq_row_quantization *rowwise = &operands->row_quantization;
      kernels->f32_u8_quantize_rows(
          rowwise->largest_code, rows.count, rowwise->columns, floats, in, rows.target, out,
          scales_of(rowwise->scales, instruction, rows, arena), rowwise->scales.stride);
      break;
    }
    case VITQ_INSTRUCTION_RESCALE_ROWS:
      rescale(kernels, instruction, rows, arena);
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

/// The instructions from `from` on that are dealt in the same groups of several rows, at least one.
///
/// No barrier stands between them, so a group of rows depends on that group alone, in all of them.
static size_t run_length(const vitq_program *program, size_t from) {
  const vitq_instruction *first = &program->instructions[from];
  size_t length = 1;
  if (first->owned_group == 1) return length;
  for (; from + length < program->instruction_count; length++) {
    const vitq_instruction *next = first + length;
    if (next->opcode == VITQ_INSTRUCTION_BARRIER || next->owned_rows != first->owned_rows ||
        next->owned_group != first->owned_group) {
      break;
    }
  }
  return length;
}

/// Asks for the first weights of the linear layer that comes next: a layer asks for those of each
/// panel while it computes the one before, but nobody for its first.
static void prefetch_weights(const vitq_program *program, size_t next) {
  enum { INSTRUCTIONS_AHEAD = 3, LARGEST = 8192, CACHE_LINE = 64 };
  for (size_t i = next; i < next + INSTRUCTIONS_AHEAD && i < program->instruction_count; i++) {
    const vitq_instruction *instruction = &program->instructions[i];
    if (!is_linear(instruction)) continue;
    const vitq_linear *layer = &instruction->operands.linear;
    const size_t panel = (layer->inputs + 31) / 32 * 32 *
                         (instruction->opcode == VITQ_INSTRUCTION_LINEAR_S4 ? 16 : 32);
    const char *weights = layer->panels;
    for (size_t at = 0; at < panel && at < LARGEST; at += CACHE_LINE) {
      __builtin_prefetch(weights + at, 0, 2);
    }
    return;
  }
}

/// The time, read only if somewhere is given to add it to.
static uint64_t start_of(const uint64_t *spent) {
  if (spent == NULL) return 0;
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void add_since(uint64_t start, uint64_t *spent) {
  if (spent != NULL) *spent += start_of(spent) - start;
}

void vitq_run(
    const vitq_program *program, uint8_t *arena, const uint8_t *image, vitq_barrier *barrier,
    size_t thread, size_t thread_count) {
  // So few rows that what a block computes of them stays in the second level of the cache.
  enum { TILE_ROWS = 256 };
  void *scratch = arena + program->scratch_offset + thread * program->scratch_stride;
  uint64_t *const own = program->nanoseconds == NULL
                            ? NULL
                            : program->nanoseconds + thread * program->instruction_count;
  for (size_t i = 0, length; i < program->instruction_count; i += length) {
    const vitq_instruction *first = &program->instructions[i];
    length = 1;
    if (first->opcode == VITQ_INSTRUCTION_BARRIER) {
      uint64_t *const spent = own == NULL ? NULL : own + i;
      const uint64_t start = start_of(spent);
      vitq_barrier_wait(barrier);
      add_since(start, spent);
      continue;
    }
    length = run_length(program, i);
    const size_t group = first->owned_group, groups = first->owned_rows / group;
    const size_t end = groups * (thread + 1) / thread_count;
    const size_t tile = group == 1 ? groups : group < TILE_ROWS ? TILE_ROWS / group : 1;
    for (size_t g = groups * thread / thread_count; g < end; g += tile) {
      const size_t to = end - g < tile ? end : g + tile;
      for (size_t j = 0; j < length; j++) {
        const share rows = share_of(first + j, arena, g * group, to * group);
        if (rows.count == 0) continue;
        uint64_t *const spent = own == NULL ? NULL : own + i + j;
        const uint64_t start = start_of(spent);
        prefetch_weights(program, i + j + 1);
        execute(program->kernels, first + j, rows, arena, image, scratch);
        add_since(start, spent);
      }
    }
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
  void *arena = vitq_allocate(byte_count);
  if (arena != NULL) memset(arena, 0, byte_count);
  return arena;
}

void vitq_arena_free(uint8_t *arena) { vitq_free(arena); }

// A program as the runtime executes it: a flat array of instructions over one arena of bytes.
#ifndef VITQ_PROGRAM_H
#define VITQ_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "vitq_integer.h"
#include "vitq_team.h"

/// A matrix of the arena: where row 0 starts, and bytes from row to row. Both multiples of 64.
typedef struct {
  size_t offset;
  size_t stride;
} vitq_matrix;

typedef enum {
  VITQ_INSTRUCTION_BARRIER = 0,
  VITQ_INSTRUCTION_IMAGE_PATCHES = 1,
  VITQ_INSTRUCTION_FILL = 2,
  VITQ_INSTRUCTION_LINEAR_S4 = 3,
  VITQ_INSTRUCTION_LINEAR_S8 = 4,
  VITQ_INSTRUCTION_LAYER_NORM_F32 = 5,
  VITQ_INSTRUCTION_LAYER_NORM_U8 = 6,
  VITQ_INSTRUCTION_QUANTIZE = 7,
  VITQ_INSTRUCTION_ATTENTION = 8,
  VITQ_INSTRUCTION_MEAN = 9,
  VITQ_INSTRUCTION_WINDOW_NORM = 10,
  VITQ_INSTRUCTION_NEIGHBOUR_NORM = 11,
  VITQ_INSTRUCTION_CODEBOOK = 12,
  VITQ_INSTRUCTION_QUANTIZE_ROWS = 13,
  VITQ_INSTRUCTION_RESCALE_ROWS = 14,
} vitq_opcode;

/// The P x P patches of an image of `width` pixels a row.
typedef struct {
  size_t width;
  size_t side;
} vitq_patches;

/// Constant float rows; row 0 is copied to the first row of the instruction.
/// f32, bf16: the numbers, of one of the two types; the other is null. A BF16 number is the upper
///    half of an F32 one.
typedef struct {
  const float *f32;
  const uint16_t *bf16;
  size_t columns;
} vitq_constant_rows;

/// The rows of neighbours that are gathered in scratch at a time.
enum { VITQ_GATHERED_ROWS = 8 };

/// tokens: for each row of the target the row of the source, -1 for padding; of neighbours four for
///    each row, `columns` floats each. Null if rows are not gathered.
/// padding: the byte of 0.
/// is_real: the target is f32, without a quantizer.
typedef struct {
  vitq_normalization normalization;
  vitq_quantizer quantizer;
  int is_real;
  const int32_t *tokens;
  size_t columns;
  uint8_t padding;
} vitq_layer_norm;

typedef struct {
  vitq_quantizer quantizer;
  size_t columns;
} vitq_quantization;

/// scales: rows of step and zero point, by the rows of the source.
typedef struct {
  float largest_code;
  size_t columns;
  vitq_matrix scales;
} vitq_row_quantization;

/// scales: as written by a row quantization, by the rows of the source.
typedef struct {
  vitq_row_scaling scaling;
  vitq_matrix scales;
} vitq_row_rescaling;

/// The target's codes become levels of a codebook, in place.
typedef struct {
  vitq_codebook codebook;
  size_t columns;
} vitq_codebook_operands;

/// Keys and values; the queries are the source of the instruction.
typedef struct {
  vitq_attention attention;
  vitq_matrix keys;
  vitq_matrix values;
} vitq_attention_operands;

/// The mean over `row_count` rows of the source from `first_row` on.
typedef struct {
  size_t first_row;
  size_t row_count;
  size_t columns;
} vitq_row_mean;

typedef union {
  vitq_patches patches;
  vitq_constant_rows constant;
  vitq_linear linear;
  vitq_layer_norm layer_norm;
  vitq_quantization quantization;
  vitq_attention_operands attention;
  vitq_row_mean mean;
  vitq_codebook_operands codebook;
  vitq_row_quantization row_quantization;
  vitq_row_rescaling row_rescaling;
} vitq_operands;

/// Computes rows first_row ... first_row + row_count - 1 of the target.
///
/// Row r of the target comes from row r - row_shift of the source. A linear layer or rescaling with
/// target rows of its own is dealt by the rows of its source instead.
///
/// Rows are dealt to threads in groups: of n = owned_rows / owned_group groups, thread t of T
/// computes groups n t / T ... n (t + 1) / T - 1.
typedef struct {
  vitq_opcode opcode;
  size_t owned_rows;
  size_t owned_group;
  size_t first_row;
  size_t row_count;
  ptrdiff_t row_shift;
  vitq_matrix target;
  vitq_matrix source;
  vitq_operands operands;
} vitq_instruction;

/// A program that a caller has checked: every operand lies inside the arena.
///
/// The scratch of thread t starts at scratch_offset + t scratch_stride.
///
/// nanoseconds: null, or for each thread instruction_count counters, to which a run adds the time
///    the thread spends in each instruction.
typedef struct {
  const vitq_integer_kernels *kernels;
  const vitq_instruction *instructions;
  size_t instruction_count;
  size_t scratch_offset;
  size_t scratch_stride;
  uint64_t *nanoseconds;
} vitq_program;

/// Runs the share of one thread of a program on an image. Called by all threads of a team at once.
///
/// arena: 64-byte aligned, the program's buffers and scratch; all threads share it.
/// image: [height, width, 3] bytes.
void vitq_run(
    const vitq_program *program, uint8_t *arena, const uint8_t *image, vitq_barrier *barrier,
    size_t thread, size_t thread_count);

/// Runs a program with all threads of a team and returns when the last is done.
void vitq_run_with_team(
    const vitq_program *program, uint8_t *arena, const uint8_t *image, vitq_team *team);

/// Zeroed memory for an arena, 64-byte aligned, or null; free it with vitq_arena_free.
uint8_t *vitq_arena_create(size_t byte_count);
void vitq_arena_free(uint8_t *arena);

#endif

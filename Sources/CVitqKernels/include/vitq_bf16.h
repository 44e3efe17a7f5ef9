// Products of matrices of BF16 numbers with FP32 sums.
//
// A BF16 number is the upper half of an FP32 number. Operands are FP32 and rounded to the nearest
// BF16 number, ties to even.
#ifndef VITQ_BF16_H
#define VITQ_BF16_H

#include <stddef.h>

/// An FP32 matrix in memory: element (row, column) is elements[row · stride + column], or, if it is
/// transposed, elements[column · stride + row].
typedef struct {
  const float *elements;
  size_t stride;
  int is_transposed;
} vitq_bf16_operand;

/// Whether the CPU multiplies pairs of BF16 numbers (AVX512-BF16) and VITQ_ISA does not forbid it;
/// all that packs or multiplies needs it.
int vitq_bf16_supported(void);

/// The bytes of memory that a product of [m, k] by [k, n] needs to work in.
size_t vitq_bf16_scratch_bytes(size_t m, size_t k);

/// c = scale · a b, or c += scale · a b.
///
/// The order of sums depends on k alone. Subnormal operands count as zeros.
///
/// a: [m, k]. b: [k, n]. c: m rows of n numbers, c_stride apart. scratch: of
/// vitq_bf16_scratch_bytes(m, k) bytes, on a 64-byte boundary.
void vitq_bf16_multiply(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, vitq_bf16_operand b, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch);

/// The bytes of memory that a packed [k, n] takes.
size_t vitq_bf16_panels_bytes(size_t n, size_t k);

/// Rounds and packs the right operand of products, once for all of them.
///
/// b: [k, n]. panels: vitq_bf16_panels_bytes(n, k) bytes, on a 64-byte boundary.
void vitq_bf16_pack(size_t n, size_t k, vitq_bf16_operand b, void *panels);

/// vitq_bf16_multiply by what vitq_bf16_pack packed with the same n and k: the same bits.
void vitq_bf16_multiply_panels(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, const void *panels, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch);

#endif

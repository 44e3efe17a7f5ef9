// What the checks of kernels share: seeded operands, comparison of bits, a digest of all results.
//
// The digest is of the reference's results, which those of every other variant must equal: the same
// digest on two machines says that their kernels agree.
#ifndef VITQ_TESTS_KERNELS_CHECK_H
#define VITQ_TESTS_KERNELS_CHECK_H

#include <stddef.h>
#include <stdint.h>

/// SplitMix64.
uint64_t check_next(void);
void check_seed(uint64_t seed);
int check_between(int low, int high);
/// Uniform in -1 ... 1, a multiple of 2^-23.
float check_real(void);

/// 64-byte aligned memory, rounded up to 64 bytes; behind it nothing can be read or written.
void *check_zeros(size_t byte_count);
/// Gives back all memory.
void check_release(void);
/// Memory of exactly `byte_count` bytes, and whether what lies behind it is untouched.
void *check_guarded(size_t byte_count);
void check_guard(const char *what, const char *variant, const void *memory, size_t byte_count);
float *check_reals(size_t count);
uint8_t *check_codes(size_t count, int low, int high);

/// Adds `columns` bytes of each row of the reference's result to the digest.
void check_digest(const void *result, size_t rows, size_t columns, size_t stride);

/// Compares `columns` bytes of each row with the reference's; the padding of rows may differ.
void check_equal(
    const char *what, const char *variant, const void *found, const void *expected, size_t rows,
    size_t columns, size_t stride);

/// Whether the variant of this name is to be checked.
int check_wants(const char *variant, int is_supported);

/// Checks every integer kernel, and every float kernel.
void check_integer_kernels(void);
void check_f32_kernels(void);

#endif

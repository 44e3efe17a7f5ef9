// The vector expressions compiled for AVX-512: one register a vector.
#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../f32_tables.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define VITQ_F32_TABLE vitq_f32_avx512
#define VITQ_F32_ISA VITQ_ISA_AVX512
#include "../f32_kernels.inc"
#pragma clang attribute pop
#endif

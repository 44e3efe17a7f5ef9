// The tables that f32_kernels.inc defines, one for each file that includes it.
#ifndef VITQ_F32_TABLES_H
#define VITQ_F32_TABLES_H

#include "include/vitq_f32.h"

extern const vitq_f32_kernels vitq_f32_portable;
#if defined(__x86_64__)
extern const vitq_f32_kernels vitq_f32_avx2;
extern const vitq_f32_kernels vitq_f32_avx512;
#endif

#endif

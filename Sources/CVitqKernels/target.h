// The target attributes of the instruction sets, for use without compiler flags:
//
//     VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
//     ... functions, and headers of inline functions ...
//     VITQ_TARGET_END
//
// Includes of system headers stay outside.
#ifndef VITQ_TARGET_H
#define VITQ_TARGET_H

#define VITQ_PRAGMA(text) _Pragma(#text)
#define VITQ_TARGET_AVX2 "avx2,fma"
#define VITQ_TARGET_AVX_VNNI "avx2,fma,avxvnni"
#define VITQ_TARGET_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
#define VITQ_TARGET_DOTPROD "dotprod"
#define VITQ_TARGET_I8MM "dotprod,i8mm"
#define VITQ_TARGET_AVX512_VNNI "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,avx2,fma"
#define VITQ_TARGET_AVX512_BF16 "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"

// An emulated build (Tests/Kernels) compiles the same sources for the machine it runs on.
#if defined(VITQ_EMULATES_AVX512) || defined(VITQ_EMULATES_AVX_VNNI)
#define VITQ_TARGET_BEGIN(names)
#define VITQ_TARGET_END
#else
#define VITQ_TARGET_BEGIN(names) \
  VITQ_PRAGMA(clang attribute push(__attribute__((target(names))), apply_to = function))
#define VITQ_TARGET_END _Pragma("clang attribute pop")
#endif

#endif

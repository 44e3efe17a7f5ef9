// The instruction sets kernels are written for, and which of them a process uses.
#ifndef VITQ_ISA_H
#define VITQ_ISA_H

#ifdef __cplusplus
extern "C" {
#endif

/// Worst first within an architecture.
typedef enum {
  VITQ_ISA_SCALAR = 0,
  VITQ_ISA_AVX2 = 1,         // AVX2, FMA
  VITQ_ISA_AVX_VNNI = 2,     // AVX2, FMA, AVX-VNNI
  VITQ_ISA_AVX512 = 3,       // AVX-512 F, BW, DQ, VL
  VITQ_ISA_AVX512_VNNI = 4,  // AVX-512 F, BW, DQ, VL, VBMI, VNNI
  VITQ_ISA_NEON = 5,
  VITQ_ISA_DOTPROD = 6,  // NEON, DotProd
  VITQ_ISA_I8MM = 7,     // NEON, DotProd, I8MM
} vitq_isa;

enum { VITQ_ISA_COUNT = 8 };

typedef enum {
  VITQ_ISA_CHOSEN = 0,
  VITQ_ISA_UNKNOWN = 1,      // no instruction set has the requested name
  VITQ_ISA_UNSUPPORTED = 2,  // this CPU or this build lacks the requested one
} vitq_isa_status;

typedef struct {
  vitq_isa isa;
  vitq_isa_status status;
} vitq_isa_choice;

/// `scalar`, `avx2`, `avx-vnni`, `avx512`, `avx512-vnni`, `neon`, `neon-dotprod` or `neon-i8mm`.
const char *vitq_isa_name(vitq_isa isa);

/// Whether this CPU, under this operating system, runs kernels of `isa`.
int vitq_isa_supported(vitq_isa isa);

/// Whether a kernel written for `kernel` may run where `isa` was chosen.
///
/// An instruction set includes those it extends; AVX-512 does not include AVX-VNNI.
int vitq_isa_includes(vitq_isa isa, vitq_isa kernel);

/// The instruction set named `requested`; the best supported one if that is null or empty.
///
/// With a status other than VITQ_ISA_CHOSEN, `isa` is the best supported one.
vitq_isa_choice vitq_isa_choose(const char *requested);

/// The choice for this process: vitq_isa_choose of the environment variable VITQ_ISA.
vitq_isa_choice vitq_isa_selected(void);

#ifdef __cplusplus
}
#endif
#endif

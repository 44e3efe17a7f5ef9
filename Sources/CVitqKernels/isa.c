#include "include/vitq_isa.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

const char *vitq_isa_name(vitq_isa isa) {
  switch (isa) {
    case VITQ_ISA_SCALAR: return "scalar";
    case VITQ_ISA_AVX2: return "avx2";
    case VITQ_ISA_AVX_VNNI: return "avx-vnni";
    case VITQ_ISA_AVX512: return "avx512";
    case VITQ_ISA_AVX512_VNNI: return "avx512-vnni";
    case VITQ_ISA_NEON: return "neon";
    case VITQ_ISA_DOTPROD: return "neon-dotprod";
    case VITQ_ISA_I8MM: return "neon-i8mm";
  }
  return "unknown";
}

#if defined(__x86_64__)

static int supports_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static int supports_avx512(void) {
  return supports_avx2() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

/// AVX-VNNI: leaf 7, subleaf 1, eax bit 4; the builtin does not know it in every compiler.
static int supports_avx_vnni(void) {
  unsigned eax = 7, ebx = 0, ecx = 1, edx = 0;
  unsigned highest = 0;
  __asm__ volatile("cpuid" : "=a"(highest), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(0), "c"(0));
  if (highest < 7) return 0;
  __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(0));
  if (eax < 1) return 0;
  __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(1));
  return supports_avx2() && (eax >> 4 & 1);
}

int vitq_isa_supported(vitq_isa isa) {
  __builtin_cpu_init();
  switch (isa) {
    case VITQ_ISA_SCALAR: return 1;
    case VITQ_ISA_AVX2: return supports_avx2();
    case VITQ_ISA_AVX_VNNI: return supports_avx_vnni();
    case VITQ_ISA_AVX512: return supports_avx512();
    case VITQ_ISA_AVX512_VNNI:
      return supports_avx512() && __builtin_cpu_supports("avx512vbmi") &&
             __builtin_cpu_supports("avx512vnni");
    case VITQ_ISA_NEON:
    case VITQ_ISA_DOTPROD:
    case VITQ_ISA_I8MM: return 0;
  }
  return 0;
}

static const vitq_isa best_first[] = {
    VITQ_ISA_AVX512_VNNI, VITQ_ISA_AVX512, VITQ_ISA_AVX_VNNI, VITQ_ISA_AVX2, VITQ_ISA_SCALAR};

#elif defined(__aarch64__)

#if defined(__linux__)
static int supports_dotprod(void) { return (getauxval(AT_HWCAP) >> 20 & 1) != 0; }
static int supports_i8mm(void) { return (getauxval(AT_HWCAP2) >> 13 & 1) != 0; }
#elif defined(__APPLE__)
static int reports(const char *feature) {
  int value = 0;
  size_t byte_count = sizeof value;
  return sysctlbyname(feature, &value, &byte_count, NULL, 0) == 0 && value;
}
static int supports_dotprod(void) { return reports("hw.optional.arm.FEAT_DotProd"); }
static int supports_i8mm(void) { return reports("hw.optional.arm.FEAT_I8MM"); }
#else
static int supports_dotprod(void) { return 0; }
static int supports_i8mm(void) { return 0; }
#endif

int vitq_isa_supported(vitq_isa isa) {
  switch (isa) {
    case VITQ_ISA_SCALAR:
    case VITQ_ISA_NEON: return 1;
    case VITQ_ISA_DOTPROD: return supports_dotprod();
    case VITQ_ISA_I8MM: return supports_dotprod() && supports_i8mm();
    case VITQ_ISA_AVX2:
    case VITQ_ISA_AVX_VNNI:
    case VITQ_ISA_AVX512:
    case VITQ_ISA_AVX512_VNNI: return 0;
  }
  return 0;
}

static const vitq_isa best_first[] = {
    VITQ_ISA_I8MM, VITQ_ISA_DOTPROD, VITQ_ISA_NEON, VITQ_ISA_SCALAR};

#else

int vitq_isa_supported(vitq_isa isa) { return isa == VITQ_ISA_SCALAR; }

static const vitq_isa best_first[] = {VITQ_ISA_SCALAR};

#endif

int vitq_isa_includes(vitq_isa isa, vitq_isa kernel) {
  if (kernel == isa || kernel == VITQ_ISA_SCALAR) return 1;
  switch (isa) {
    case VITQ_ISA_SCALAR:
    case VITQ_ISA_AVX2:
    case VITQ_ISA_NEON: return 0;
    case VITQ_ISA_AVX_VNNI:
    case VITQ_ISA_AVX512: return kernel == VITQ_ISA_AVX2;
    case VITQ_ISA_AVX512_VNNI: return kernel == VITQ_ISA_AVX2 || kernel == VITQ_ISA_AVX512;
    case VITQ_ISA_DOTPROD: return kernel == VITQ_ISA_NEON;
    case VITQ_ISA_I8MM: return kernel == VITQ_ISA_NEON || kernel == VITQ_ISA_DOTPROD;
  }
  return 0;
}

vitq_isa_choice vitq_isa_choose(const char *requested) {
  vitq_isa best = VITQ_ISA_SCALAR;
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    if (vitq_isa_supported(best_first[i])) {
      best = best_first[i];
      break;
    }
  }
  if (requested == NULL || *requested == '\0') return (vitq_isa_choice){best, VITQ_ISA_CHOSEN};
  for (int i = 0; i < VITQ_ISA_COUNT; i++) {
    if (strcmp(requested, vitq_isa_name((vitq_isa)i)) != 0) continue;
    if (!vitq_isa_supported((vitq_isa)i)) return (vitq_isa_choice){best, VITQ_ISA_UNSUPPORTED};
    return (vitq_isa_choice){(vitq_isa)i, VITQ_ISA_CHOSEN};
  }
  return (vitq_isa_choice){best, VITQ_ISA_UNKNOWN};
}

vitq_isa_choice vitq_isa_selected(void) { return vitq_isa_choose(getenv("VITQ_ISA")); }

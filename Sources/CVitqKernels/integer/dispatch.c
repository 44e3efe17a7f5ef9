#include "declarations.h"

#define VITQ_INTEGER_ISA(isa, suffix) static const vitq_integer_kernels kernels_##suffix;
#include "../include/integer_isas.def"
#undef VITQ_INTEGER_ISA

const vitq_integer_kernels *vitq_integer_kernels_for(vitq_isa isa) {
#define VITQ_INTEGER_ISA(kernel_isa, suffix) \
  if (vitq_isa_includes(isa, kernel_isa)) return &kernels_##suffix;
#include "../include/integer_isas.def"
#undef VITQ_INTEGER_ISA
  return &kernels_scalar;
}

const char *vitq_integer_kernel_name(size_t index) {
  static const char *const names[] = {
#define VITQ_INTEGER_KERNEL(name, parameters) #name,
#include "../include/integer_kernels.def"
#undef VITQ_INTEGER_KERNEL
  };
  return index < sizeof names / sizeof *names ? names[index] : NULL;
}

#if defined(__x86_64__)
static const vitq_integer_kernels kernels_avx512vnni = {
    .isa = VITQ_ISA_AVX512_VNNI,
#define VITQ_INTEGER_KERNEL(kernel, parameters) .kernel = vitq_##kernel##__avx512vnni,
#include "../include/integer_kernels.def"
#undef VITQ_INTEGER_KERNEL
};
/// All but linear layers: nothing else multiplies enough to differ from AVX2.
#define VITQ_AVX2_REST                                       \
  .u8_s8_attention = vitq_u8_s8_attention__avx2,             \
  .f32_f32_layer_norm = vitq_f32_f32_layer_norm__avx2,       \
  .f32_u8_layer_norm = vitq_f32_u8_layer_norm__avx2,         \
  .f32_u8_quantize = vitq_f32_u8_quantize__avx2,             \
  .f32_u8_quantize_rows = vitq_f32_u8_quantize_rows__avx2,   \
  .f32_rescale_rows = vitq_f32_rescale_rows__avx2,           \
  .f32_mean = vitq_f32_mean__avx2,                           \
  .u8_codebook = vitq_u8_codebook__avx2,                     \
  .u8_image_patches = vitq_u8_image_patches__avx2
static const vitq_integer_kernels kernels_avx512 = {
    .isa = VITQ_ISA_AVX512,
    .u8_s4_linear = vitq_u8_s4_linear__avx512,
    .u8_s8_linear = vitq_u8_s8_linear__avx512,
    VITQ_AVX2_REST,
};
static const vitq_integer_kernels kernels_avxvnni = {
    .isa = VITQ_ISA_AVX_VNNI,
    .u8_s4_linear = vitq_u8_s4_linear__avxvnni,
    .u8_s8_linear = vitq_u8_s8_linear__avxvnni,
    VITQ_AVX2_REST,
};
static const vitq_integer_kernels kernels_avx2 = {
    .isa = VITQ_ISA_AVX2,
#define VITQ_INTEGER_KERNEL(kernel, parameters) .kernel = vitq_##kernel##__avx2,
#include "../include/integer_kernels.def"
#undef VITQ_INTEGER_KERNEL
};
#elif defined(__aarch64__)
/// The float rows of the reference are NEON: it is the baseline of the architecture.
#define VITQ_BASELINE_ROWS                                   \
  .f32_f32_layer_norm = vitq_f32_f32_layer_norm__scalar,     \
  .f32_u8_layer_norm = vitq_f32_u8_layer_norm__scalar,       \
  .f32_u8_quantize = vitq_f32_u8_quantize__scalar,           \
  .f32_u8_quantize_rows = vitq_f32_u8_quantize_rows__scalar, \
  .f32_rescale_rows = vitq_f32_rescale_rows__scalar,         \
  .f32_mean = vitq_f32_mean__scalar,                         \
  .u8_codebook = vitq_u8_codebook__neon,                     \
  .u8_image_patches = vitq_u8_image_patches__scalar
static const vitq_integer_kernels kernels_i8mm = {
    .isa = VITQ_ISA_I8MM,
    .u8_s4_linear = vitq_u8_s4_linear__i8mm,
    .u8_s8_linear = vitq_u8_s8_linear__i8mm,
    .u8_s8_attention = vitq_u8_s8_attention__i8mm,
    VITQ_BASELINE_ROWS,
};
static const vitq_integer_kernels kernels_dotprod = {
    .isa = VITQ_ISA_DOTPROD,
    .u8_s4_linear = vitq_u8_s4_linear__dotprod,
    .u8_s8_linear = vitq_u8_s8_linear__dotprod,
    .u8_s8_attention = vitq_u8_s8_attention__dotprod,
    VITQ_BASELINE_ROWS,
};
#endif
static const vitq_integer_kernels kernels_scalar = {
    .isa = VITQ_ISA_SCALAR,
#define VITQ_INTEGER_KERNEL(kernel, parameters) .kernel = vitq_##kernel##__scalar,
#include "../include/integer_kernels.def"
#undef VITQ_INTEGER_KERNEL
};

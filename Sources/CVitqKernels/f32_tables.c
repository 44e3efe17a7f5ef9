#include "f32_tables.h"

static const vitq_f32_kernels *const tables[] = {
    &vitq_f32_portable,
#if defined(__x86_64__)
    &vitq_f32_avx2,
    &vitq_f32_avx512,
#endif
};

const vitq_f32_kernels *const *vitq_f32_tables(size_t *count) {
  *count = sizeof tables / sizeof *tables;
  return tables;
}

const vitq_f32_kernels *vitq_f32_table(vitq_isa isa) {
  const vitq_f32_kernels *best = tables[0];
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (vitq_isa_includes(isa, tables[i]->isa)) best = tables[i];
  }
  return best;
}

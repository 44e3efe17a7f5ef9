// Codebooks with NEON: the table of 256 in sixteen registers.
#if defined(__aarch64__)
#include "declarations.h"
#include "tables_neon.h"

void vitq_u8_codebook__neon(
    const vitq_codebook *codebook, size_t rows, size_t columns, uint8_t *target,
    size_t target_stride) {
  const byte_table table = byte_table_of(codebook->map);
  for (size_t r = 0; r < rows; r++, target += target_stride) {
    // Whole vectors: the padding of a row may be written.
    for (size_t i = 0; i < columns; i += 16) {
      vst1q_u8(target + i, look_up(&table, vld1q_u8(target + i)));
    }
  }
}
#endif

// The reference codebook kernel: the definition.
#include "declarations.h"

void vitq_u8_codebook__scalar(
    const vitq_codebook *codebook, size_t rows, size_t columns, uint8_t *target,
    size_t target_stride) {
  for (size_t r = 0; r < rows; r++, target += target_stride) {
    for (size_t i = 0; i < columns; i++) target[i] = codebook->map[target[i]];
  }
}

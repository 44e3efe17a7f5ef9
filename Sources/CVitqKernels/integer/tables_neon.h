// Sixteen bytes at a time through a table of 256, with NEON.
#ifndef VITQ_INTEGER_TABLES_NEON_H
#define VITQ_INTEGER_TABLES_NEON_H

#include <arm_neon.h>

#include "../f32_math.h"

typedef struct {
  uint8x16x4_t quarters[4];
} byte_table;

VITQ_INLINE byte_table byte_table_of(const uint8_t bytes[256]) {
  byte_table table;
  for (size_t i = 0; i < 4; i++) table.quarters[i] = vld1q_u8_x4(bytes + 64 * i);
  return table;
}

/// The entry of each code: an index past its quarter leaves what another has put there.
VITQ_INLINE uint8x16_t look_up(const byte_table *table, uint8x16_t codes) {
  uint8x16_t entries = vqtbl4q_u8(table->quarters[0], codes);
#pragma clang loop unroll(full)
  for (size_t i = 1; i < 4; i++) {
    const uint8x16_t index = vsubq_u8(codes, vdupq_n_u8((uint8_t)(64 * i)));
    entries = vqtbx4q_u8(entries, table->quarters[i], index);
  }
  return entries;
}

#endif

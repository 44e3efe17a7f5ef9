// The rate at which a core multiplies bytes when nothing else is in its way.
#ifndef VITQ_PEAK_H
#define VITQ_PEAK_H

#include <stdint.h>

#include "vitq_isa.h"

/// A loop of independent chains of the instructions that the kernels of an instruction set multiply
/// with, in registers alone. No linear layer of theirs is faster.
typedef struct {
  /// The instructions, as an assembler names them.
  const char *instruction;
  /// Products of two bytes, each added to a sum, in one round of the loop.
  uint64_t products;
  void (*run)(uint64_t rounds);
} vitq_peak;

/// The loop of the kernels written for `isa`, or null: nothing bounds those of plain C.
const vitq_peak *vitq_peak_for(vitq_isa isa);

#endif

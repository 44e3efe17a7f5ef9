// The weights that chains of 16-bit sums are made of.
#ifndef VITQ_INTEGER_LINEAR_PLANE_H
#define VITQ_INTEGER_LINEAR_PLANE_H

#include <stddef.h>
#include <stdint.h>

/// One nibble of the weights of sixteen outputs, widened to bytes: for each step of four inputs
/// 32 bytes for outputs 8h ... 8h + 7 of the panel's half h, and 32 for 16 + 8h ... 16 + 8h + 7.
///
/// `chains` are numbers of steps whose sums fit 16 bits; together they are all `steps`.
typedef struct {
  const int8_t *bytes;
  size_t steps;
  const uint32_t *chains;
} plane;

#endif

// The symbols of every kernel of the list on every instruction set: vitq_<name>__<suffix>.
#ifndef VITQ_INTEGER_DECLARATIONS_H
#define VITQ_INTEGER_DECLARATIONS_H

#include "../include/vitq_integer.h"

#define VITQ_PASTE(a, b) a##b
#define VITQ_JOIN(a, b) VITQ_PASTE(a, b)

#define VITQ_INTEGER_KERNEL(name, parameters)                                \
  void vitq_##name##__scalar parameters;                                     \
  void vitq_##name##__avx2 parameters;                                       \
  void vitq_##name##__avxvnni parameters;                                    \
  void vitq_##name##__avx512 parameters;                                     \
  void vitq_##name##__avx512vnni parameters;                                 \
  void vitq_##name##__neon parameters;                                       \
  void vitq_##name##__dotprod parameters;                                    \
  void vitq_##name##__i8mm parameters;
#include "../include/integer_kernels.def"
#undef VITQ_INTEGER_KERNEL

#endif

// Keeps the optimiser from using more registers than a tile leaves.
#ifndef VITQ_INTEGER_REGISTERS_H
#define VITQ_INTEGER_REGISTERS_H

/// The vector is complete here: integer additions before and after it are not reassociated, which
/// would spill accumulators in the inner loop.
#define VITQ_KEEP_IN_REGISTER(vector) __asm__("" : "+x"(vector))

#endif

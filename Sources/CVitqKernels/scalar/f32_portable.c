// The reference: the vector expressions compiled for the baseline of the architecture.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../f32_tables.h"

#define VITQ_F32_TABLE vitq_f32_portable
#define VITQ_F32_ISA VITQ_ISA_SCALAR
#include "../f32_kernels.inc"

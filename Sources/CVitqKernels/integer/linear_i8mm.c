#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../target.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_I8MM)
#include "linear_halves.h"
#include "products_i8mm.h"
#define VITQ_SYMBOL(name) vitq_##name##__i8mm
#include "linear_neon.inc"
VITQ_TARGET_END
#endif

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../target.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_DOTPROD)
#include "linear_halves.h"
#include "products_dotprod.h"
#define VITQ_SYMBOL(name) vitq_##name##__dotprod
#include "linear_neon.inc"
VITQ_TARGET_END
#endif

#if defined(__x86_64__)
#include <string.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX2)
#define VITQ_SYMBOL(name) vitq_##name##__avx2
#include "rows.inc"
#include "patches.inc"
VITQ_TARGET_END
#endif

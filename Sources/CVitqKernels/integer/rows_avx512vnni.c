#if defined(__x86_64__)
#include <string.h>

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_VNNI)
#define VITQ_SYMBOL(name) vitq_##name##__avx512vnni
#include "rows.inc"
#include "patches.inc"
VITQ_TARGET_END
#endif

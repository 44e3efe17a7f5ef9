#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "../target.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_I8MM)
/// Six rows by sixteen columns: twenty-four accumulators.
enum { BLOCK_ROWS = 6, TILE = 16 };
#include "products_i8mm.h"
#define VITQ_SYMBOL(name) vitq_##name##__i8mm
#include "attention_neon.inc"
VITQ_TARGET_END
#endif

#include "../f32_math.h"
#define VITQ_SYMBOL(name) vitq_##name##__scalar
#include "rows.inc"
#include "patches.inc"

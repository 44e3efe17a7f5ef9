#include "f32_math.h"

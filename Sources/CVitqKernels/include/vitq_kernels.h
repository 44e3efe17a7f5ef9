#ifndef VITQ_KERNELS_H
#define VITQ_KERNELS_H
#include "vitq_bf16.h"
#include "vitq_f32.h"
#include "vitq_integer.h"
#include "vitq_isa.h"
#include "vitq_memory.h"
#include "vitq_peak.h"
#include "vitq_program.h"
#include "vitq_team.h"
#endif

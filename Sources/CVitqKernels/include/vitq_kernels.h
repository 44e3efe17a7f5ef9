#ifndef VITQ_KERNELS_H
#define VITQ_KERNELS_H
#endif

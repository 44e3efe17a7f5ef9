// SHA-256 by the instructions that processors have for it.
#ifndef VITQ_SHA256_H
#define VITQ_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instructions: SHA extensions on x86-64, SHA2 on AArch64.
int vitq_sha256_supported(void);

/// Takes `count` blocks of 64 bytes into `state`, the eight words H0 … H7 (FIPS 180-4, section 6.2.2).
///
/// Only where vitq_sha256_supported() is true. `blocks` needs no alignment.
void vitq_sha256_compress(uint32_t *state, const void *blocks, size_t count);

#endif

// CRC-32C, the checksum of iSCSI (RFC 3720, section 12.1), by the processor's instruction for it.
#ifndef VITQ_CRC32C_H
#define VITQ_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// The CRC-32C of `count` bytes behind bytes whose CRC-32C is `crc`; 0 behind none.
uint32_t vitq_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same without the instruction, on any processor.
uint32_t vitq_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

#endif

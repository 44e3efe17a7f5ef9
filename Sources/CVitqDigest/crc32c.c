#include "include/vitq_crc32c.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define TARGET __attribute__((target("sse4.2")))
#elif defined(__aarch64__)
#include <arm_acle.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#define TARGET __attribute__((target("crc")))
#endif

uint32_t vitq_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  // The remainders of the sixteen nibbles for the reversed polynomial 0x82f63b78.
  static const uint32_t remainders[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
      0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
  const uint8_t *p = bytes;
  crc = ~crc;
  for (size_t i = 0; i < count; i++) {
    crc ^= p[i];
    crc = crc >> 4 ^ remainders[crc & 15];
    crc = crc >> 4 ^ remainders[crc & 15];
  }
  return ~crc;
}

#if defined(__x86_64__) || defined(__aarch64__)

static int find_instruction(void) {
#if defined(__x86_64__)
  unsigned eax = 1, ebx, ecx = 0, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return ecx >> 20 & 1;
#elif defined(__linux__)
  return (getauxval(AT_HWCAP) & 1 << 7) != 0;
#else
  return 1;
#endif
}

/// `cpuid` leaves a virtual machine, so it is asked once; threads that meet here write the same.
static int has_instruction(void) {
  static _Atomic int answer = -1;
  if (answer < 0) answer = find_instruction();
  return answer;
}

TARGET static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *p, size_t count) {
  uint64_t sum = (uint32_t)~crc;
  for (; count >= 8; p += 8, count -= 8) {
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
#if defined(__x86_64__)
    sum = _mm_crc32_u64(sum, eight);
#else
    sum = __crc32cd((uint32_t)sum, eight);
#endif
  }
  return vitq_crc32c_portable(~(uint32_t)sum, p, count);
}

uint32_t vitq_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return has_instruction() ? crc32c_instruction(crc, bytes, count)
                           : vitq_crc32c_portable(crc, bytes, count);
}

#else

uint32_t vitq_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return vitq_crc32c_portable(crc, bytes, count);
}

#endif

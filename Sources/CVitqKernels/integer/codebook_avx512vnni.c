// Codebooks with AVX-512 VBMI: the table of 256 in four registers.
#if defined(__x86_64__)
#if !defined(VITQ_EMULATES_AVX512)
#include <immintrin.h>
#endif

#include "../target.h"
#include "declarations.h"

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_VNNI)
#include "tables_avx512.h"

void vitq_u8_codebook__avx512vnni(
    const vitq_codebook *codebook, size_t rows, size_t columns, uint8_t *target,
    size_t target_stride) {
  const byte_table table = byte_table_of(codebook->map);
  // Rows are padded to 32 bytes, which may be written.
  const size_t padded = (columns + 31) / 32 * 32, whole = padded / 64 * 64;
  for (size_t r = 0; r < rows; r++, target += target_stride) {
    for (size_t i = 0; i < whole; i += 64) {
      _mm512_storeu_si512(target + i, look_up(&table, _mm512_loadu_si512(target + i)));
    }
    if (whole < padded) {
      __m256i *last = (__m256i *)(void *)(target + whole);
      const __m512i codes = _mm512_castsi256_si512(_mm256_loadu_si256(last));
      _mm256_storeu_si256(last, _mm512_castsi512_si256(look_up(&table, codes)));
    }
  }
}

VITQ_TARGET_END
#endif

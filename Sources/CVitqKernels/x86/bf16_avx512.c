#include "../include/vitq_bf16.h"

#include <stdint.h>

#include "../include/vitq_isa.h"
#include "../target.h"

/// Rows of c in one block, whose sums stay in registers, and columns of a panel of b.
enum { BLOCK_ROWS = 12, PANEL_COLUMNS = 32 };

/// Pairs of consecutive k in a row, or a panel, of which there is a whole number of vectors.
static size_t padded_pairs(size_t k) { return ((k + 1) / 2 + 15) / 16 * 16; }

/// Pairs from a row of packed a to the next: no multiple of a page's 1024, which would put all rows
/// of a block into one set of the cache.
static size_t row_stride(size_t k) { return padded_pairs(k) + (padded_pairs(k) % 64 == 0 ? 16 : 0); }

static size_t panel_pairs(size_t k) { return padded_pairs(k) * PANEL_COLUMNS; }

size_t vitq_bf16_scratch_bytes(size_t m, size_t k) {
  return sizeof(uint32_t) * (m * row_stride(k) + panel_pairs(k));
}

size_t vitq_bf16_panels_bytes(size_t n, size_t k) {
  return sizeof(uint32_t) * panel_pairs(k) * ((n + PANEL_COLUMNS - 1) / PANEL_COLUMNS);
}

#if defined(__x86_64__)
#include <immintrin.h>

int vitq_bf16_supported(void) {
  __builtin_cpu_init();
  return vitq_isa_includes(vitq_isa_selected().isa, VITQ_ISA_AVX512) &&
         __builtin_cpu_supports("avx512bf16");
}

VITQ_TARGET_BEGIN(VITQ_TARGET_AVX512_BF16)

static inline __mmask16 first(size_t count) {
  return count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1);
}

/// 16 pairs of `count` consecutive numbers, at most 32; zeros fill up.
static inline __m512i pairs_along(const float *x, size_t count) {
  const __m512 low = _mm512_maskz_loadu_ps(first(count), x);
  const __m512 high = _mm512_maskz_loadu_ps(first(count > 16 ? count - 16 : 0), x + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// `count` pairs, at most 16, of a number of one row with that below it; `odd` may be null.
static inline __m512i pairs_across(const float *even, const float *odd, size_t count) {
  static const _Alignas(64) uint16_t interleaved[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512 low = _mm512_maskz_loadu_ps(first(count), even);
  const __m512 high =
      odd == NULL ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(first(count), odd);
  const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(high, low);
  return _mm512_permutexvar_epi16(_mm512_load_si512(interleaved), rounded);
}

/// Element i of vector j becomes element j of vector i.
static inline void transpose(__m512i v[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; j++) {
      v[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
      v[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
    }
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 16; j += 8) {
      t[i + j] = _mm512_shuffle_i32x4(v[i + j], v[i + j + 4], 0x88);
      t[i + j + 4] = _mm512_shuffle_i32x4(v[i + j], v[i + j + 4], 0xDD);
    }
  }
  for (int i = 0; i < 8; i++) {
    v[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    v[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
  }
}

/// Numbers x[i, k] at elements[i · stride + k], or at elements[k · stride + i] if k is across.
typedef struct {
  const float *elements;
  size_t stride, rows, depth;
  int is_across;
} source;

/// The pairs of k from pair `pair` on of 16 rows from `row` on: a vector for each row, with
/// `by_pair` one for each pair. Zeros stand for what is not there.
static inline void gather(source x, size_t row, size_t pair, int by_pair, __m512i v[16]) {
  if (x.is_across) {
    const size_t count = row < x.rows ? x.rows - row : 0;
    const float *even = x.elements + 2 * pair * x.stride + row;
    for (size_t i = 0; i < 16; i++, even += 2 * x.stride) {
      const size_t k = 2 * (pair + i);
      v[i] = k < x.depth && count > 0
                 ? pairs_across(even, k + 1 < x.depth ? even + x.stride : NULL, count)
                 : _mm512_setzero_si512();
    }
  } else {
    const float *along = x.elements + row * x.stride + 2 * pair;
    for (size_t i = 0; i < 16; i++, along += x.stride) {
      v[i] = row + i < x.rows ? pairs_along(along, x.depth - 2 * pair) : _mm512_setzero_si512();
    }
  }
  if (by_pair != x.is_across) transpose(v);
}

static void pack_rows_along(source a, size_t stride, uint32_t *target) {
  for (size_t row = 0; row < a.rows; row++, target += stride) {
    const float *along = a.elements + row * a.stride;
    size_t k = 0;
    for (; k + 32 <= a.depth; k += 32) {
      _mm512_store_si512(target + k / 2, pairs_along(along + k, 32));
    }
    if (k < a.depth) _mm512_store_si512(target + k / 2, pairs_along(along + k, a.depth - k));
  }
}

static void pack_rows_across(source a, size_t stride, uint32_t *target) {
  for (size_t row = 0; row < a.rows; row += 16) {
    for (size_t pair = 0; 2 * pair < a.depth; pair += 16) {
      __m512i v[16];
      gather(a, row, pair, 0, v);
      for (size_t i = 0; i < 16 && row + i < a.rows; i++) {
        _mm512_store_si512(target + (row + i) * stride + pair, v[i]);
      }
    }
  }
}

static void pack_panel(source b, size_t column, uint32_t *target) {
  for (size_t pair = 0; 2 * pair < b.depth; pair += 16) {
    for (size_t half = 0; half < PANEL_COLUMNS; half += 16) {
      __m512i v[16];
      gather(b, column + half, pair, 1, v);
      for (size_t i = 0; i < 16; i++) {
        _mm512_store_si512(target + (pair + i) * PANEL_COLUMNS + half, v[i]);
      }
    }
  }
}

/// Fetches part `part` of `parts` of the numbers that the panel at `column` is made of: they are
/// spread over more memory than a processor looks ahead by itself.
static inline void prefetch_source(source b, size_t column, size_t part, size_t parts) {
  if (column >= b.rows) return;
  const size_t end = column + PANEL_COLUMNS < b.rows ? column + PANEL_COLUMNS : b.rows;
  if (b.is_across) {
    for (size_t k = b.depth * part / parts; k < b.depth * (part + 1) / parts; k++) {
      for (size_t c = column; c < end; c += 16) {
        __builtin_prefetch(b.elements + k * b.stride + c, 0, 2);
      }
    }
  } else {
    for (size_t c = column; c < end; c++) {
      const size_t lines = (b.depth + 15) / 16;
      for (size_t i = lines * part / parts; i < lines * (part + 1) / parts; i++) {
        __builtin_prefetch(b.elements + c * b.stride + 16 * i, 0, 2);
      }
    }
  }
}

/// Fetches part `part` of `parts` of a panel.
static inline void prefetch_panel(
    const uint32_t *panel, size_t pairs, size_t part, size_t parts) {
  const size_t lines = pairs * PANEL_COLUMNS / 16;
  for (size_t i = lines * part / parts; i < lines * (part + 1) / parts; i++) {
    __builtin_prefetch(panel + 16 * i, 0, 2);
  }
}

/// What a block of rows is multiplied by, and where it goes.
typedef struct {
  const uint32_t *rows, *panel;
  size_t row_stride, pairs, columns, c_stride;
  float *c, scale;
  int accumulates;
} block;

/// Loops over rows are unrolled, so that all sums have registers.
static inline __attribute__((always_inline)) void multiply(const block *block, const int rows) {
  __m512 sums[BLOCK_ROWS][2];
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
  for (size_t pair = 0; pair < block->pairs; pair++) {
    const uint32_t *panel = block->panel + pair * PANEL_COLUMNS;
    const __m512bh left = (__m512bh)_mm512_load_si512(panel);
    const __m512bh right = (__m512bh)_mm512_load_si512(panel + 16);
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++) {
      const uint32_t x = block->rows[(size_t)r * block->row_stride + pair];
      const __m512bh both = (__m512bh)_mm512_set1_epi32((int)x);
      sums[r][0] = _mm512_dpbf16_ps(sums[r][0], both, left);
      sums[r][1] = _mm512_dpbf16_ps(sums[r][1], both, right);
    }
  }
  const __m512 scale = _mm512_set1_ps(block->scale);
  const __mmask16 masks[2] = {
      first(block->columns), first(block->columns > 16 ? block->columns - 16 : 0)};
  const __mmask16 kept = block->accumulates ? 0xFFFF : 0;
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++) {
#pragma GCC unroll 2
    for (size_t half = 0; half < 2; half++) {
      float *c = block->c + (size_t)r * block->c_stride + 16 * half;
      const __m512 before = _mm512_maskz_loadu_ps(masks[half] & kept, c);
      _mm512_mask_storeu_ps(c, masks[half], _mm512_fmadd_ps(sums[r][half], scale, before));
    }
  }
}

#define VITQ_BLOCK(rows) \
  static void multiply_##rows(const block *block) { multiply(block, rows); }
VITQ_BLOCK(1) VITQ_BLOCK(2) VITQ_BLOCK(3) VITQ_BLOCK(4) VITQ_BLOCK(5) VITQ_BLOCK(6)
VITQ_BLOCK(7) VITQ_BLOCK(8) VITQ_BLOCK(9) VITQ_BLOCK(10) VITQ_BLOCK(11) VITQ_BLOCK(12)

static void (*const multiply_rows[])(const block *) = {
    multiply_1, multiply_2, multiply_3, multiply_4,  multiply_5,  multiply_6,
    multiply_7, multiply_8, multiply_9, multiply_10, multiply_11, multiply_12};

/// The packed left operand of a product, and where the product goes.
typedef struct {
  const uint32_t *rows;
  size_t m, n, k, c_stride;
  float *c, scale;
  int accumulates;
} product;

static size_t block_count(product p) { return (p.m + BLOCK_ROWS - 1) / BLOCK_ROWS; }

/// Multiplies the i-th block of rows by the panel at `column`.
static inline void multiply_block(product p, size_t i, size_t column, const uint32_t *panel) {
  // Blocks differ by one row at most: a small one would wait for its sums.
  const size_t start = p.m * i / block_count(p), end = p.m * (i + 1) / block_count(p);
  const block block = {
      .rows = p.rows + start * row_stride(p.k), .panel = panel, .row_stride = row_stride(p.k),
      .pairs = (p.k + 1) / 2, .columns = p.n - column, .c_stride = p.c_stride,
      .c = p.c + start * p.c_stride + column, .scale = p.scale, .accumulates = p.accumulates};
  multiply_rows[end - start - 1](&block);
}

static void pack_left(size_t m, size_t k, vitq_bf16_operand a, uint32_t *rows) {
  const source left = {a.elements, a.stride, m, k, a.is_transposed};
  (left.is_across ? pack_rows_across : pack_rows_along)(left, row_stride(k), rows);
}

void vitq_bf16_multiply(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, vitq_bf16_operand b, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch) {
  uint32_t *rows = scratch, *panel = rows + m * row_stride(k);
  const source right = {b.elements, b.stride, n, k, !b.is_transposed};
  const product product = {rows, m, n, k, c_stride, c, scale, accumulates};
  pack_left(m, k, a, rows);
  for (size_t column = 0; column < n; column += PANEL_COLUMNS) {
    pack_panel(right, column, panel);
    for (size_t i = 0; i < block_count(product); i++) {
      prefetch_source(right, column + PANEL_COLUMNS, i, block_count(product));
      multiply_block(product, i, column, panel);
    }
  }
}

void vitq_bf16_pack(size_t n, size_t k, vitq_bf16_operand b, void *panels) {
  const source right = {b.elements, b.stride, n, k, !b.is_transposed};
  uint32_t *panel = panels;
  for (size_t column = 0; column < n; column += PANEL_COLUMNS, panel += panel_pairs(k)) {
    pack_panel(right, column, panel);
  }
}

void vitq_bf16_multiply_panels(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, const void *panels, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch) {
  const product product = {scratch, m, n, k, c_stride, c, scale, accumulates};
  const uint32_t *panel = panels;
  pack_left(m, k, a, scratch);
  for (size_t column = 0; column < n; column += PANEL_COLUMNS, panel += panel_pairs(k)) {
    for (size_t i = 0; i < block_count(product); i++) {
      prefetch_panel(panel + panel_pairs(k), padded_pairs(k), i, block_count(product));
      multiply_block(product, i, column, panel);
    }
  }
}

VITQ_TARGET_END

#else

int vitq_bf16_supported(void) { return 0; }

void vitq_bf16_multiply(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, vitq_bf16_operand b, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch) {
  (void)m, (void)n, (void)k, (void)a, (void)b, (void)scale, (void)c, (void)c_stride;
  (void)accumulates, (void)scratch;
  __builtin_trap();
}

void vitq_bf16_pack(size_t n, size_t k, vitq_bf16_operand b, void *panels) {
  (void)n, (void)k, (void)b, (void)panels;
  __builtin_trap();
}

void vitq_bf16_multiply_panels(
    size_t m, size_t n, size_t k, vitq_bf16_operand a, const void *panels, float scale, float *c,
    size_t c_stride, int accumulates, void *scratch) {
  (void)m, (void)n, (void)k, (void)a, (void)panels, (void)scale, (void)c, (void)c_stride;
  (void)accumulates, (void)scratch;
  __builtin_trap();
}

#endif

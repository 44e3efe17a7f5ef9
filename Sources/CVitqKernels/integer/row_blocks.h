// How the rows of a kernel are divided among its register tiles.
#ifndef VITQ_INTEGER_ROW_BLOCKS_H
#define VITQ_INTEGER_ROW_BLOCKS_H

#include "../f32_math.h"

/// Sums of products of queries and keys that are worked on together: with their levels and a head's
/// keys as many as a first-level cache of 48 KiB holds.
enum { CHUNK_SUMS = 4608, LEAST_CHUNK_ROWS = 8, MOST_CHUNK_ROWS = CHUNK_SUMS / 64 };

/// The queries of a chunk, `tokens` keys each, a multiple of 64.
VITQ_INLINE size_t rows_of_chunk(size_t tokens) {
  const size_t rows = CHUNK_SUMS / tokens;
  return rows > LEAST_CHUNK_ROWS ? rows : LEAST_CHUNK_ROWS;
}

/// Balanced blocks of at most `largest` rows.
typedef struct {
  size_t count;
  size_t rows;
  size_t longer;
} row_blocks;

VITQ_INLINE row_blocks blocks_of_rows(size_t rows, size_t largest) {
  const size_t count = (rows + largest - 1) / largest;
  return (row_blocks){.count = count, .rows = rows / count, .longer = rows % count};
}
VITQ_INLINE size_t rows_in_block(row_blocks blocks, size_t block) {
  return blocks.rows + (block < blocks.longer);
}

#endif

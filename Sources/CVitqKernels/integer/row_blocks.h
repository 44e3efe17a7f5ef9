// How the rows of a kernel are divided among its register tiles.
#ifndef VITQ_INTEGER_ROW_BLOCKS_H
#define VITQ_INTEGER_ROW_BLOCKS_H

#include "../f32_math.h"

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

#include "attention_windows.h"
#include "row_blocks.h"

static size_t rounded_up(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

size_t vitq_linear_scratch_bytes(const vitq_linear *layer, size_t rows) {
  const size_t depth = rounded_up(layer->inputs, 32);
  // Row sums; half a panel widened to bytes as two planes; chains, one or more for eight steps.
  return rounded_up(rows * sizeof(int32_t), 64) + 2 * 16 * depth +
         rounded_up(2 * sizeof(uint32_t) * depth / 32, 64);
}

size_t vitq_attention_scratch_bytes(const vitq_attention *attention) {
  const size_t tokens = padded_tokens(attention->tokens);
  const size_t width = rounded_up(attention->head_width, 16);
  // Keys and values of one head, widened to 16 bits; sums and levels of a chunk of queries; queries
  // of a block of eight widened; one sum for each token and for each column.
  const size_t head = 2 * tokens * width * 2 + rows_of_chunk(tokens) * tokens * (4 + 2) +
                      8 * width * (2 + 4) + (tokens + width) * 4;
  // Of windows the bias of one head for each column of queries, and their regions.
  const vitq_windows *w = &attention->windows;
  const size_t windows = w->bias ? (w->width * stride_of_bias(w) + tokens) * 4 : 0;
  return rounded_up(head, 64) + windows + 1024;
}

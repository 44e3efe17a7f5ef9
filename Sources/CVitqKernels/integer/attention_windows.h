// Windows of attention: which rows share one, and the bias of their scores.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_ATTENTION_WINDOWS_H
#define VITQ_INTEGER_ATTENTION_WINDOWS_H

#include "codes.h"

/// Tokens rounded up to 64, the unit of all per-token scratch.
VITQ_INLINE size_t padded_tokens(size_t tokens) { return (tokens + 63) / 64 * 64; }

/// The bias of one head and the regions of one window.
typedef struct {
  size_t stride;     // floats from row to row: padded tokens
  float *bias;       // [tokens][stride]; null without windows
  int32_t *regions;  // [stride]
  int has_penalty;   // whether two tokens of the window lie in different regions
} window_bias;

/// Lays out the bias at `scratch`, and moves `scratch` past it.
VITQ_INLINE window_bias lay_out_bias(const vitq_attention *attention, void **scratch) {
  if (attention->windows.bias == NULL) return (window_bias){0};
  const size_t stride = padded_tokens(attention->tokens);
  float *bias = *scratch;
  int32_t *regions = (int32_t *)(void *)(bias + stride * stride);
  *scratch = regions + stride;
  return (window_bias){.stride = stride, .bias = bias, .regions = regions};
}

/// Spreads the bias of a head over the pairs of tokens.
static void spread_bias(const vitq_attention *attention, size_t head, const window_bias *b) {
  const vitq_windows *windows = &attention->windows;
  if (windows->bias == NULL) return;
  const size_t height = windows->height, width = windows->width;
  const size_t across = 2 * width - 1, down = 2 * height - 1;
  const float *table = windows->bias + head * down * across;
  const float *end = windows->bias + attention->heads * down * across;
  float *row = b->bias;
  for (size_t y = 0; y < height; y++) {
    for (size_t x = 0; x < width; x++, row += b->stride) {
      const float *from = table + (height - 1 - y) * across + (width - 1 - x);
      for (size_t i = 0; i < height; i++, from += across) {
        float *to = row + i * width;
        size_t j = 0;
        // Eight at a time; what that writes too far is overwritten next, or padding.
        for (; j < width && from + j + 8 <= end; j += 8) memcpy(to + j, from + j, 32);
        for (; j < width; j++) to[j] = from[j];
      }
    }
  }
}

/// Takes the regions of a window.
VITQ_INLINE void take_regions(const vitq_attention *attention, size_t window, window_bias *b) {
  if (attention->windows.regions == NULL) return;
  const uint8_t *regions = attention->windows.regions + window * attention->tokens;
  uint8_t differences = 0;
  for (size_t j = 0; j < attention->tokens; j++) {
    b->regions[j] = regions[j];
    differences |= regions[j] ^ regions[0];
  }
  b->has_penalty = differences != 0;
}

/// Consecutive rows of a call that lie in one window.
typedef struct {
  size_t window;
  size_t token;  // of the first row
  size_t count;
} window_rows;

/// The rows from `row` on, of a call for `rows` rows from `first_row` on.
VITQ_INLINE window_rows rows_of_window(
    const vitq_attention *attention, size_t first_row, size_t rows, size_t row) {
  if (attention->windows.bias == NULL) return (window_rows){.count = rows};
  const size_t at = first_row + row, tokens = attention->tokens;
  const size_t left = tokens - at % tokens;
  return (window_rows){
      .window = at / tokens,
      .token = at % tokens,
      .count = rows - row < left ? rows - row : left,
  };
}

#endif

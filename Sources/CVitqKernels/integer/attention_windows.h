// Windows of attention: which rows share one, and the bias of their scores.
//
// Include it where the target attribute of the instruction set is in force.
#ifndef VITQ_INTEGER_ATTENTION_WINDOWS_H
#define VITQ_INTEGER_ATTENTION_WINDOWS_H

#include "codes.h"

/// Tokens rounded up to 64, the unit of all per-token scratch.
VITQ_INLINE size_t padded_tokens(size_t tokens) { return (tokens + 63) / 64 * 64; }

/// The bias of one head and the regions of one window.
///
/// The bias of a query and all keys is one run of floats: of queries in the same column of a window
/// the runs overlap, each shifted by `width` against the one below it.
typedef struct {
  uint32_t width;    // of a window
  uint32_t last;     // row of a window
  size_t stride;     // floats from column to column
  float *bias;       // [width][stride]; null without windows
  int32_t *regions;  // [padded tokens]
  int has_penalty;   // whether two tokens of the window lie in different regions
} window_bias;

/// Floats from column to column of queries: whole vectors are read from the start of any run.
VITQ_INLINE size_t stride_of_bias(const vitq_windows *windows) {
  const size_t run = (2 * windows->height - 1) * windows->width;
  return (run + VITQ_LANES - 1) / VITQ_LANES * VITQ_LANES + VITQ_LANES;
}

/// Lays out the bias at `scratch`, and moves `scratch` past it.
VITQ_INLINE window_bias lay_out_bias(const vitq_attention *attention, void **scratch) {
  const vitq_windows *windows = &attention->windows;
  if (windows->bias == NULL) return (window_bias){0};
  const size_t stride = stride_of_bias(windows);
  float *bias = *scratch;
  int32_t *regions = (int32_t *)(void *)(bias + windows->width * stride);
  *scratch = regions + padded_tokens(attention->tokens);
  return (window_bias){
      .width = (uint32_t)windows->width,
      .last = (uint32_t)windows->height - 1,
      .stride = stride,
      .bias = bias,
      .regions = regions,
  };
}

/// The bias of the query of a token and the keys of all.
VITQ_INLINE const float *bias_of_query(const window_bias *b, size_t query) {
  const uint32_t y = (uint32_t)query / b->width, x = (uint32_t)query % b->width;
  return b->bias + x * b->stride + (size_t)(b->last - y) * b->width;
}

/// Takes the bias of a head.
VITQ_INLINE void spread_bias(const vitq_attention *attention, size_t head, const window_bias *b) {
  const vitq_windows *windows = &attention->windows;
  if (windows->bias == NULL) return;
  const size_t width = windows->width;
  const size_t across = 2 * width - 1, down = 2 * windows->height - 1;
  const float *end = windows->bias + attention->heads * down * across;
  for (size_t x = 0; x < width; x++) {
    const float *from = windows->bias + head * down * across + (width - 1 - x);
    float *to = b->bias + x * b->stride;
    for (size_t i = 0; i < down; i++, from += across, to += width) {
      size_t j = 0;
      // Eight at a time; what that writes too far is overwritten next, or padding.
      for (; j < width && from + j + 8 <= end; j += 8) memcpy(to + j, from + j, 32);
      for (; j < width; j++) to[j] = from[j];
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

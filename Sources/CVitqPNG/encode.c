// Encoding; setjmp and longjmp do not leave this file.
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vitq_png.h"

typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} sink;

static void write_sink(png_structp png, png_bytep data, size_t count) {
  sink *const to = png_get_io_ptr(png);
  if (count > to->capacity - to->count) {
    if (count > SIZE_MAX / 4 || to->capacity > SIZE_MAX / 4) png_error(png, "out of memory");
    const size_t capacity = 2 * to->capacity + count + 4096;
    uint8_t *const grown = realloc(to->bytes, capacity);
    if (grown == NULL) png_error(png, "out of memory");
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, data, count);
  to->count += count;
}

static void flush_sink(png_structp png) { (void)png; }

static void fail(png_structp png, png_const_charp words) {
  vitq_png_report *const report = png_get_error_ptr(png);
  snprintf(report->message, sizeof report->message, "%s", words);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp words) {
  (void)png;
  (void)words;
}

// Apart from its caller, so that what changes after setjmp is no local variable of this function.
static int write_image(png_structp png, png_infop info, sink *to, const uint8_t *pixels,
                       uint32_t width, uint32_t height) {
  if (setjmp(png_jmpbuf(png)) != 0) return VITQ_PNG_DAMAGED;
  png_set_write_fn(png, to, write_sink, flush_sink);
  png_set_user_limits(png, 65535, 65535);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * width * 3);
  png_write_end(png, info);
  return VITQ_PNG_OK;
}

int vitq_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t **bytes,
                    size_t *byte_count, vitq_png_report *report) {
  memset(report, 0, sizeof *report);
  *bytes = NULL;
  *byte_count = 0;
  sink to = {NULL, 0, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, report, fail, ignore_warning);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  const int status =
      info == NULL ? VITQ_PNG_MEMORY : write_image(png, info, &to, pixels, width, height);
  png_destroy_write_struct(&png, &info);
  if (status != VITQ_PNG_OK) {
    free(to.bytes);
    return status;
  }
  *bytes = to.bytes;
  *byte_count = to.count;
  return VITQ_PNG_OK;
}

void vitq_png_free(uint8_t *bytes) { free(bytes); }

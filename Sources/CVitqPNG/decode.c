// Decoding; setjmp and longjmp do not leave this file.
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "vitq_png.h"

typedef struct {
  const uint8_t *next;
  size_t left;
} source;

static void read_source(png_structp png, png_bytep out, size_t count) {
  source *const from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "the data end too early");
  memcpy(out, from->next, count);
  from->next += count;
  from->left -= count;
}

static void fail(png_structp png, png_const_charp words) {
  vitq_png_report *const report = png_get_error_ptr(png);
  snprintf(report->message, sizeof report->message, "%s", words);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp words) {
  (void)png;
  (void)words;
}

// Expands rows of 16-bit grey in place; from the last pixel, for each lies before its result.
static uint64_t expand_wide_grey(uint8_t *pixels, uint32_t width, uint32_t height) {
  uint64_t saturated = 0;
  for (uint32_t y = 0; y < height; y++) {
    uint8_t *const row = pixels + (size_t)y * width * 3;
    for (size_t x = width; x-- > 0;) {
      const int wide = row[2 * x] != 0;
      const uint8_t value = wide ? 255 : row[2 * x + 1];
      saturated += (uint64_t)wide;
      row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = value;
    }
  }
  return saturated;
}

// Expands rows of one palette index a byte in place, from the last pixel as above. Returns whether
// every index has an entry.
static int expand_palette(uint8_t *pixels, uint32_t width, uint32_t height,
                          const png_color *entries, int entry_count, vitq_png_report *report) {
  for (uint32_t y = 0; y < height; y++) {
    uint8_t *const row = pixels + (size_t)y * width * 3;
    for (size_t x = width; x-- > 0;) {
      const int index = row[x];
      if (index >= entry_count) {
        snprintf(report->message, sizeof report->message, "expected below %d, found %d",
                 entry_count, index);
        return 0;
      }
      row[3 * x] = entries[index].red;
      row[3 * x + 1] = entries[index].green;
      row[3 * x + 2] = entries[index].blue;
    }
  }
  return 1;
}

static int read_image(png_structp png, png_infop info, uint32_t width, uint32_t height,
                      uint8_t *pixels, vitq_png_report *report) {
  // Limits against bombs in chunks that libpng would unpack; none of them changes a pixel.
  png_set_user_limits(png, 65535, 65535);
  png_set_chunk_malloc_max(png, 8000000);
  png_set_chunk_cache_max(png, 1000);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_read_info(png, info);
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
    png_error(png, "the header changed");
  }

  const int color_type = png_get_color_type(png, info);
  const int is_palette = color_type == PNG_COLOR_TYPE_PALETTE;
  const int is_wide_grey =
      color_type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) == 16;
  if (is_palette) {
    png_set_packing(png);
  } else if (!is_wide_grey) {
    png_set_strip_16(png);
    if (color_type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
    if ((color_type & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
  }
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t pixel_bytes = is_palette ? 1 : is_wide_grey ? 2 : 3;
  if (png_get_rowbytes(png, info) != width * pixel_bytes) {
    png_error(png, "unexpected layout of rows");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < height; y++) {
      png_read_row(png, pixels + (size_t)y * width * 3, NULL);
    }
  }
  png_read_end(png, NULL);

  if (is_wide_grey) report->saturated_count = expand_wide_grey(pixels, width, height);
  if (is_palette) {
    png_colorp entries = NULL;
    int entry_count = 0;
    png_get_PLTE(png, info, &entries, &entry_count);
    if (!expand_palette(pixels, width, height, entries, entry_count, report)) {
      return VITQ_PNG_PALETTE;
    }
  }
  return VITQ_PNG_OK;
}

// Apart from its caller, so that what changes after setjmp is no local variable of this function.
static int run(png_structp png, png_infop info, source *from, uint32_t width, uint32_t height,
               uint8_t *pixels, vitq_png_report *report) {
  if (setjmp(png_jmpbuf(png)) != 0) return VITQ_PNG_DAMAGED;
  png_set_read_fn(png, from, read_source);
  return read_image(png, info, width, height, pixels, report);
}

int vitq_png_decode(const uint8_t *bytes, size_t byte_count, uint32_t width, uint32_t height,
                    uint8_t *pixels, vitq_png_report *report) {
  memset(report, 0, sizeof *report);
  source from = {bytes, byte_count};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, report, fail, ignore_warning);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  const int status = info == NULL ? VITQ_PNG_MEMORY
                                  : run(png, info, &from, width, height, pixels, report);
  png_destroy_read_struct(&png, &info, NULL);
  return status;
}

// Decoding; setjmp and longjmp do not leave this file.
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
// jpeglib.h needs the types of stdio.h.
#include <jpeglib.h>
// jerror.h needs the types of jpeglib.h.
#include <jerror.h>

#include "vitq_jpeg.h"

typedef struct {
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  int status;
  int maximum_scan_count;
  vitq_jpeg_report *report;
} context;

static void fail(j_common_ptr info) {
  context *const self = (context *)info->client_data;
  char words[JMSG_LENGTH_MAX];
  info->err->format_message(info, words);
  snprintf(self->report->message, sizeof self->report->message, "%s", words);
  self->status = VITQ_JPEG_DAMAGED;
  longjmp(self->escape, 1);
}

// libjpeg fills what a damaged scan lacks with grey and warns; here that is an error. Bytes between
// segments and doubts about headers lose no pixel and are let pass, as everywhere.
static void judge_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
      fail(info);
      break;
    default:
      break;
  }
}

static void count_scans(j_common_ptr info) {
  context *const self = (context *)info->client_data;
  if (((j_decompress_ptr)info)->input_scan_number <= self->maximum_scan_count) return;
  self->status = VITQ_JPEG_SCANS;
  longjmp(self->escape, 1);
}

// Pillow's: the four samples are inverted, then out = key − round(ink · key / 255).
static void convert_inverted_cmyk(const uint8_t *row, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; x++, row += 4, rgb += 3) {
    const int key = row[3];
    for (int c = 0; c < 3; c++) {
      const int product = (255 - row[c]) * key + 128;
      rgb[c] = (uint8_t)(key - (((product >> 8) + product) >> 8));
    }
  }
}

static void read_image(j_decompress_ptr info, const uint8_t *bytes, size_t byte_count,
                       uint32_t width, uint32_t height, uint8_t *pixels, context *self) {
  jpeg_mem_src(info, bytes, byte_count);
  jpeg_read_header(info, TRUE);
  if (info->image_width != width || info->image_height != height) {
    ERREXIT(info, JERR_BAD_STATE);
  }
  const int is_cmyk = info->num_components == 4;
  info->out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  info->progress = &self->progress;
  jpeg_start_decompress(info);
  const size_t row_bytes = (size_t)width * 3;
  JSAMPARRAY inks = NULL;
  if (is_cmyk) {
    inks = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, width * 4, 1);
  }
  while (info->output_scanline < height) {
    JSAMPROW row = pixels + info->output_scanline * row_bytes;
    if (is_cmyk) {
      jpeg_read_scanlines(info, inks, 1);
      convert_inverted_cmyk(inks[0], width, row);
    } else {
      jpeg_read_scanlines(info, &row, 1);
    }
  }
  jpeg_finish_decompress(info);
}

// Apart from its caller, so that what changes after setjmp is no local variable of this function.
static int run(j_decompress_ptr info, const uint8_t *bytes, size_t byte_count, uint32_t width,
               uint32_t height, uint8_t *pixels, context *self) {
  if (setjmp(self->escape) == 0) {
    jpeg_create_decompress(info);
    read_image(info, bytes, byte_count, width, height, pixels, self);
  }
  jpeg_destroy_decompress(info);
  return self->status;
}

int vitq_jpeg_decode(const uint8_t *bytes, size_t byte_count, uint32_t width, uint32_t height,
                     int maximum_scan_count, uint8_t *pixels, vitq_jpeg_report *report) {
  memset(report, 0, sizeof *report);
  context self;
  memset(&self, 0, sizeof self);
  self.maximum_scan_count = maximum_scan_count;
  self.report = report;
  self.progress.progress_monitor = count_scans;
  struct jpeg_decompress_struct info;
  memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&self.errors);
  self.errors.error_exit = fail;
  self.errors.emit_message = judge_message;
  info.client_data = &self;
  return run(&info, bytes, byte_count, width, height, pixels, &self);
}

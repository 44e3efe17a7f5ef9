// JPEG from memory, through libjpeg. No error leaves this function but as a status.
#ifndef VITQ_JPEG_H
#define VITQ_JPEG_H

#include <stddef.h>
#include <stdint.h>

enum {
  VITQ_JPEG_OK = 0,
  // libjpeg refused the data, or warned that compressed data are lost; `message` has its words.
  VITQ_JPEG_DAMAGED = 1,
  // The file has more scans than allowed.
  VITQ_JPEG_SCANS = 2,
};

typedef struct {
  // Why the status is not VITQ_JPEG_OK; ends in NUL.
  char message[256];
} vitq_jpeg_report;

// Decodes the JPEG file `bytes` to `height` rows of `width` pixels R, G, B without padding.
//
// `width` and `height` are those of the file's frame header; another size is an error. The
// decoder's settings are libjpeg's defaults (accurate integer IDCT, smooth upsampling), which
// are Pillow's. Four components are taken as inverted CMYK or YCCK and become RGB by Pillow's
// formula. A file that ends early or whose compressed data are damaged is an error.
int vitq_jpeg_decode(const uint8_t *bytes, size_t byte_count, uint32_t width, uint32_t height,
                     int maximum_scan_count, uint8_t *pixels, vitq_jpeg_report *report);

#endif

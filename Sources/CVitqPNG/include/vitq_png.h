// PNG from memory and to memory, through libpng. No error leaves these functions but as a status.
#ifndef VITQ_PNG_H
#define VITQ_PNG_H

#include <stddef.h>
#include <stdint.h>

enum {
  VITQ_PNG_OK = 0,
  // libpng refused the data; `message` holds its words.
  VITQ_PNG_DAMAGED = 1,
  // A pixel names a palette entry that is not there; `message` holds both numbers.
  VITQ_PNG_PALETTE = 2,
  // There is not enough memory.
  VITQ_PNG_MEMORY = 3,
};

// What `vitq_png_decode` says besides the pixels.
typedef struct {
  // The number of samples of a 16-bit grey image that were above 255 and became 255.
  uint64_t saturated_count;
  // Why the status is not VITQ_PNG_OK; ends in NUL.
  char message[160];
} vitq_png_report;

// Decodes the PNG file `bytes` to `height` rows of `width` pixels R, G, B without padding.
//
// `width` and `height` are those of the file's IHDR; another size is an error. Samples become
// 8-bit as Pillow's `convert("RGB")` makes them: alpha and colour management are ignored, fewer
// than 8 bits are scaled, 16 bits keep the high byte, but 16-bit grey is clamped to 255.
// Checksums of all chunks are checked, and IEND must be there.
int vitq_png_decode(const uint8_t *bytes, size_t byte_count, uint32_t width, uint32_t height,
                    uint8_t *pixels, vitq_png_report *report);

// Encodes `height` rows of `width` pixels R, G, B. `*bytes` is to be given to `vitq_png_free`.
int vitq_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint8_t **bytes,
                    size_t *byte_count, vitq_png_report *report);

void vitq_png_free(uint8_t *bytes);

#endif

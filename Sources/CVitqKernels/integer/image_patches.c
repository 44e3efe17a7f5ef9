#include "../include/vitq_integer.h"

void vitq_u8_image_patches(
    const uint8_t *image, size_t width, size_t side, size_t first_patch, size_t rows,
    uint8_t *target, size_t target_stride) {
  const size_t across = width / side;
  for (size_t r = 0; r < rows; r++) {
    const size_t patch = first_patch + r;
    const uint8_t *corner = image + ((patch / across) * side * width + patch % across * side) * 3;
    uint8_t *row = target + r * target_stride;
    for (size_t i = 0; i < side; i++) {
      const uint8_t *pixels = corner + i * width * 3;
      for (size_t c = 0; c < 3; c++) {
        for (size_t j = 0; j < side; j++) row[(c * side + i) * side + j] = pixels[3 * j + c];
      }
    }
  }
}

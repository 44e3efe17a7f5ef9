#include <stdlib.h>

#include "vitq_onnx.h"

// What malloc adds to each block, at least.
enum { BLOCK_OVERHEAD = 16 };

static void *allocate(void *budget, size_t byte_count) {
  size_t *left = budget;
  if (byte_count > SIZE_MAX - BLOCK_OVERHEAD || byte_count + BLOCK_OVERHEAD > *left) return NULL;
  *left -= byte_count + BLOCK_OVERHEAD;
  return malloc(byte_count);
}

static void release(void *budget, void *block) {
  (void)budget;
  free(block);
}

Vitq__Onnx__ModelProto *vitq_onnx_unpack(const uint8_t *bytes, size_t byte_count,
                                         size_t byte_budget) {
  ProtobufCAllocator allocator = {allocate, release, &byte_budget};
  return vitq__onnx__model_proto__unpack(&allocator, byte_count, bytes);
}

void vitq_onnx_free(Vitq__Onnx__ModelProto *model) {
  ProtobufCAllocator allocator = {NULL, release, NULL};
  if (model != NULL) vitq__onnx__model_proto__free_unpacked(model, &allocator);
}

// Unpacking of the messages of formats/onnx.proto within a budget of memory.
#ifndef VITQ_ONNX_H
#define VITQ_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

// Unpacks a model. NULL: the bytes are malformed, or the message would take more than `byte_budget`
// bytes of memory. The result is to be given to `vitq_onnx_free`.
Vitq__Onnx__ModelProto *vitq_onnx_unpack(const uint8_t *bytes, size_t byte_count,
                                         size_t byte_budget);

void vitq_onnx_free(Vitq__Onnx__ModelProto *model);

#endif

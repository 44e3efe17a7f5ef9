#include "../include/vitq_memory.h"

#include <stdlib.h>

static _Thread_local long requests_until_refusal = -1;
static _Thread_local long live_blocks;

int vitq_request_granted(void) {
  if (requests_until_refusal < 0) return 1;
  return requests_until_refusal-- != 0;
}

void vitq_refuse_request(long index) { requests_until_refusal = index; }

long vitq_live_blocks(void) { return live_blocks; }

void *vitq_allocate(size_t byte_count) {
  enum { CACHE_LINE = 64 };
  void *memory = NULL;
  if (!vitq_request_granted()) return NULL;
  if (posix_memalign(&memory, CACHE_LINE, byte_count > 0 ? byte_count : 1) != 0) return NULL;
  live_blocks++;
  return memory;
}

void vitq_free(void *memory) {
  if (memory == NULL) return;
  live_blocks--;
  free(memory);
}

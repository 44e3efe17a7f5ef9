// Memory of the runtime, which can be refused for a test.
#ifndef VITQ_MEMORY_H
#define VITQ_MEMORY_H

#include <stddef.h>

/// Memory that starts on a cache line, or null if it cannot be had; free it with vitq_free.
void *vitq_allocate(size_t byte_count);
/// Null is accepted.
void vitq_free(void *memory);

/// Asked before memory or a thread is: 0 if a test wants that request to fail.
int vitq_request_granted(void);

/// For tests: of the requests that the calling thread makes from now on, number `index` fails; the
/// first has index 0. A negative index refuses none, as at first.
void vitq_refuse_request(long index);
/// For tests: blocks that the calling thread allocated less those that it freed.
long vitq_live_blocks(void);

#endif

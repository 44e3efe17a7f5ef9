#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

// Gives memory that was freed back to the system, where the allocator can.
static inline void vitq_trim_heap(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

// Where a sleeping thread wakes up: not where the thread that wakes it runs.
//
// Linux may wake a thread on the processor of its waker while another one idles, and leave both
// there for tens of milliseconds: longer than an image takes.
#ifndef VITQ_PLACEMENT_H
#define VITQ_PLACEMENT_H

#include <stdatomic.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Of one thread, which another one may keep off its processor for one waking.
typedef struct {
  _Atomic pid_t thread;
  int is_kept_off;
  cpu_set_t allowed;  // if it is kept off: where it may run again
} placement;

/// By the thread, before anything else.
static inline void enter_placement(placement *place) {
  atomic_store(&place->thread, (pid_t)syscall(SYS_gettid));
}

/// By the waker, before it wakes the thread: away from the processor that this call runs on, if the
/// thread may run on others.
static inline void keep_off_here(placement *place) {
  const pid_t thread = atomic_load(&place->thread);
  const int here = sched_getcpu();
  if (thread == 0 || here < 0 || place->is_kept_off) return;
  if (sched_getaffinity(thread, sizeof place->allowed, &place->allowed) != 0) return;
  cpu_set_t others = place->allowed;
  CPU_CLR((size_t)here, &others);
  if (CPU_COUNT(&others) == 0) return;
  place->is_kept_off = sched_setaffinity(thread, sizeof others, &others) == 0;
}

/// By the thread, once it is awake: it may run where it might before.
static inline void leave_placement(placement *place) {
  if (!place->is_kept_off) return;
  place->is_kept_off = 0;
  sched_setaffinity(0, sizeof place->allowed, &place->allowed);
}

#else

typedef struct {
  char unused;
} placement;

static inline void enter_placement(placement *place) { (void)place; }
static inline void keep_off_here(placement *place) { (void)place; }
static inline void leave_placement(placement *place) { (void)place; }

#endif
#endif

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE  // sched_getcpu
#endif
#include "../include/vitq_team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

#include "../include/vitq_memory.h"
#include "placement.h"

/// `generation` counts completed meetings: it is the sense that reverses.
struct vitq_barrier {
  _Alignas(64) _Atomic uint32_t arrived;
  _Alignas(64) _Atomic uint32_t generation;
  _Atomic uint32_t sleepers;
  _Atomic uint32_t thread_count;
  uint32_t spin_microseconds;
};

typedef struct {
  vitq_team *team;
  size_t thread;
  pthread_t handle;
  placement place;
} worker;

struct vitq_team {
  vitq_barrier barrier;
  size_t thread_count;
  vitq_team_function function;
  void *context;
  worker workers[];
};

static void sleep_while(_Atomic uint32_t *word, uint32_t value) {
#if defined(__linux__)
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
#else
  if (atomic_load(word) == value) sched_yield();
#endif
}

static void wake_all(_Atomic uint32_t *word) {
#if defined(__linux__)
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
#else
  (void)word;
#endif
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static uint64_t microseconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/// Whether the generation moved on while spinning.
static int spin(vitq_barrier *barrier, uint32_t generation) {
  enum { SPINS_PER_CLOCK_READ = 64 };
  uint64_t deadline = 0;
  for (;;) {
    for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
      if (atomic_load_explicit(&barrier->generation, memory_order_acquire) != generation) return 1;
      pause_briefly();
    }
    const uint64_t now = microseconds_now();
    if (deadline == 0) deadline = now + barrier->spin_microseconds;
    if (now >= deadline) return 0;
  }
}

void vitq_barrier_wait(vitq_barrier *barrier) {
  if (barrier->thread_count == 1) return;
  const uint32_t generation = atomic_load(&barrier->generation);
  if (atomic_fetch_add(&barrier->arrived, 1) + 1 == barrier->thread_count) {
    atomic_store(&barrier->arrived, 0);
    // A thread about to sleep has counted itself before the kernel compares the generation, so
    // either it sees the new generation or this thread sees it among the sleepers.
    atomic_store(&barrier->generation, generation + 1);
    if (atomic_load(&barrier->sleepers) != 0) wake_all(&barrier->generation);
    return;
  }
  if (spin(barrier, generation)) return;
  atomic_fetch_add(&barrier->sleepers, 1);
  while (atomic_load(&barrier->generation) == generation) {
    sleep_while(&barrier->generation, generation);
  }
  atomic_fetch_sub(&barrier->sleepers, 1);
}

static void *work(void *argument) {
  worker *self = argument;
  vitq_team *team = self->team;
  enter_placement(&self->place);
  for (;;) {
    vitq_barrier_wait(&team->barrier);
    leave_placement(&self->place);
    if (team->function == NULL) return NULL;
    team->function(team->context, &team->barrier, self->thread, team->thread_count);
    vitq_barrier_wait(&team->barrier);
  }
}

vitq_team *vitq_team_create(size_t thread_count, uint32_t spin_microseconds) {
  vitq_team *team = vitq_allocate(sizeof *team + thread_count * sizeof(worker));
  if (team == NULL) return NULL;
  *team = (vitq_team){
      .barrier = {.thread_count = (uint32_t)thread_count, .spin_microseconds = spin_microseconds},
      .thread_count = thread_count};
  for (size_t t = 1; t < thread_count; t++) {
    team->workers[t] = (worker){.team = team, .thread = t};
    if (vitq_request_granted() &&
        pthread_create(&team->workers[t].handle, NULL, work, &team->workers[t]) == 0) {
      continue;
    }
    // The threads that did start wait for one another and this one; let them meet and leave.
    team->barrier.thread_count = (uint32_t)t;
    vitq_barrier_wait(&team->barrier);
    for (size_t i = 1; i < t; i++) pthread_join(team->workers[i].handle, NULL);
    vitq_free(team);
    return NULL;
  }
  return team;
}

void vitq_team_run(vitq_team *team, vitq_team_function function, void *context) {
  team->function = function;
  team->context = context;
  if (atomic_load(&team->barrier.sleepers) != 0) {
    for (size_t t = 1; t < team->thread_count; t++) keep_off_here(&team->workers[t].place);
  }
  vitq_barrier_wait(&team->barrier);
  function(context, &team->barrier, 0, team->thread_count);
  vitq_barrier_wait(&team->barrier);
}

void vitq_team_free(vitq_team *team) {
  if (team == NULL) return;
  team->function = NULL;
  vitq_barrier_wait(&team->barrier);
  for (size_t t = 1; t < team->thread_count; t++) pthread_join(team->workers[t].handle, NULL);
  vitq_free(team);
}

vitq_spin_choice vitq_spin_choose(const char *requested) {
  enum { LARGEST = 1000000 };
  vitq_spin_choice choice = {.microseconds = 100, .is_valid = 1};
  if (requested == NULL || *requested == '\0') return choice;
  uint32_t value = 0;
  for (const char *c = requested; *c != '\0'; c++) {
    choice.is_valid = *c >= '0' && *c <= '9';
    if (!choice.is_valid) return choice;
    value = 10 * value + (uint32_t)(*c - '0');
    choice.is_valid = value <= LARGEST;
    if (!choice.is_valid) return choice;
  }
  choice.microseconds = value;
  return choice;
}

vitq_spin_choice vitq_spin_selected(void) { return vitq_spin_choose(getenv("VITQ_SPIN_US")); }

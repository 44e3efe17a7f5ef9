// Threads that run one function together, again and again.
#ifndef VITQ_TEAM_H
#define VITQ_TEAM_H

#include <stddef.h>
#include <stdint.h>

/// A meeting point of a fixed number of threads, used again and again.
///
/// A waiting thread spins for a bounded time, then sleeps.
typedef struct vitq_barrier vitq_barrier;

/// Returns when all threads of the team have called it; what they wrote before is visible after.
void vitq_barrier_wait(vitq_barrier *barrier);

/// The calling thread and thread_count - 1 others.
typedef struct vitq_team vitq_team;

/// What each thread of a team does; `thread` is 0 for the calling thread.
typedef void (*vitq_team_function)(
    void *context, vitq_barrier *barrier, size_t thread, size_t thread_count);

/// A team, or null if threads or memory are short. thread_count >= 1.
///
/// spin_microseconds: how long a thread spins at a barrier before it sleeps.
vitq_team *vitq_team_create(size_t thread_count, uint32_t spin_microseconds);

/// Calls `function` on all threads and returns when all have returned.
///
/// One caller at a time.
void vitq_team_run(vitq_team *team, vitq_team_function function, void *context);

void vitq_team_free(vitq_team *team);

/// The processors that this process may run on, at least 1.
size_t vitq_processor_count(void);

/// How long threads spin, and whether the text that asked for it was a whole number up to 1000000.
typedef struct {
  uint32_t microseconds;
  int is_valid;
} vitq_spin_choice;

/// The spinning time that a text asks for; 100 us if it is null, empty or not valid.
vitq_spin_choice vitq_spin_choose(const char *requested);
/// That of the environment variable VITQ_SPIN_US.
vitq_spin_choice vitq_spin_selected(void);

#endif

// Runs prepared programs that another machine wrote, and compares the class scores bit for bit.
//
//     replay FILE ...
//
// With every instruction set of this CPU and one to three threads. A file, little-endian:
//
//     char magic[8]            "VTQPLAY1"
//     u64  instructions        their number
//     u64  instruction bytes   sizeof(vitq_instruction)
//     u64  arena bytes         without scratch
//     u64  scratch bytes       of a thread
//     u64  memory bytes        of what pointers lead to
//     u64  pointers            their number
//     u64  image bytes
//     u64  scores, their offset in the arena, and then their number
//     u64  [2 each] pointers   place among the bytes of the instructions, place in the memory
//     instructions, memory, image, scores (f32)
//
// Each of the last four starts on a multiple of 64.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CVitqKernels/include/vitq_isa.h"
#include "../../Sources/CVitqKernels/include/vitq_program.h"

typedef struct {
  char magic[8];
  uint64_t instructions, instruction_bytes, arena_bytes, scratch_bytes, memory_bytes, pointers,
      image_bytes, scores_offset, scores;
} header;

static uint8_t *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  *count = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = aligned_alloc(64, (*count + 63) / 64 * 64);
  const size_t got = bytes ? fread(bytes, 1, *count, file) : 0;
  fclose(file);
  return got == *count ? bytes : NULL;
}

static size_t aligned(size_t offset) { return (offset + 63) / 64 * 64; }

/// The number of runs whose scores differ; -1 if the file is none.
static int replay(const char *path) {
  size_t count = 0;
  uint8_t *bytes = read_file(path, &count);
  header h;
  if (bytes == NULL || count < sizeof h) return -1;
  memcpy(&h, bytes, sizeof h);
  if (memcmp(h.magic, "VTQPLAY1", 8) != 0 || h.instruction_bytes != sizeof(vitq_instruction)) {
    return -1;
  }
  const uint64_t *pointers = (const uint64_t *)(const void *)(bytes + sizeof h);
  const size_t first = aligned(sizeof h + h.pointers * 16);
  uint8_t *instructions = bytes + first;
  const size_t memory = aligned(first + h.instructions * h.instruction_bytes);
  const size_t image = aligned(memory + h.memory_bytes);
  const size_t scores = aligned(image + h.image_bytes);
  if (count != scores + h.scores * sizeof(float)) return -1;
  for (size_t i = 0; i < h.pointers; i++) {
    const void *address = bytes + memory + pointers[2 * i + 1];
    memcpy(instructions + pointers[2 * i], &address, sizeof address);
  }
  int differences = 0;
  for (int isa = 0; isa < VITQ_ISA_COUNT; isa++) {
    if (!vitq_isa_supported((vitq_isa)isa)) continue;
    for (int threads = 1; threads <= 3; threads++) {
      const vitq_program program = {
          .kernels = vitq_integer_kernels_for((vitq_isa)isa),
          .instructions = (const vitq_instruction *)(const void *)instructions,
          .instruction_count = h.instructions, .scratch_offset = h.arena_bytes,
          .scratch_stride = h.scratch_bytes};
      uint8_t *arena = vitq_arena_create(h.arena_bytes + (size_t)threads * h.scratch_bytes);
      vitq_team *team = vitq_team_create((size_t)threads, 0);
      if (arena == NULL || team == NULL) abort();
      vitq_run_with_team(&program, arena, bytes + image, team);
      const int differs =
          memcmp(arena + h.scores_offset, bytes + scores, h.scores * sizeof(float)) != 0;
      if (differs) {
        printf("%s: %s, %d threads: scores differ\n", path, vitq_isa_name((vitq_isa)isa), threads);
      }
      differences += differs;
      vitq_team_free(team);
      vitq_arena_free(arena);
    }
    printf(" %s", vitq_isa_name((vitq_isa)isa));
  }
  free(bytes);
  return differences;
}

int main(int argc, char **argv) {
  int failures = argc < 2;
  for (int i = 1; i < argc; i++) {
    const int differences = replay(argv[i]);
    const char *name = strrchr(argv[i], '/');
    printf(": %s, %s\n", name ? name + 1 : argv[i],
           differences == 0 ? "the same scores" : differences < 0 ? "no such file" : "FAILED");
    failures += differences != 0;
  }
  return failures != 0;
}

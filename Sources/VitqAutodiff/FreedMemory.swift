import CVitqAllocator

/// Memory that was freed and that the allocator keeps.
package enum FreedMemory {
  /// Gives it back to the system, where the allocator can.
  ///
  /// Blocks of megabytes that come and go, part of a model after part, leave glibc's heaps in pieces
  /// that nothing fits in: without this the peak of a run grows with the number of parts.
  package static func giveBack() { vitq_trim_heap() }
}

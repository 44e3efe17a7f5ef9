import CVitqKernels

/// The rate at which this core multiplies bytes when nothing else is in its way.
///
/// Measured by a loop of the instructions that the kernels of an instruction set multiply with, in
/// registers alone: no linear layer of theirs is faster.
@safe
package struct IntegerPeak: Sendable {
  private nonisolated(unsafe) let loop: UnsafePointer<vitq_peak>

  /// `nil` if nothing bounds the kernels: those of plain C.
  package init?(_ set: InstructionSet) {
    guard let loop = unsafe vitq_peak_for(set.isa) else { return nil }
    unsafe self.loop = loop
  }

  /// The instructions of the loop.
  package var instruction: String { unsafe String(cString: loop.pointee.instruction) }

  /// Products a second that the calling thread reaches now, in less than a millisecond.
  package func measure() -> Double {
    let rounds: UInt64 = 20_000
    let start = ContinuousClock.now
    unsafe loop.pointee.run(rounds)
    let time = (ContinuousClock.now - start).components
    let seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
    return unsafe Double(rounds * loop.pointee.products) / seconds
  }
}

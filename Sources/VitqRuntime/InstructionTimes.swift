import VitqFormat

/// Where the time of one image went.
package struct InstructionTimes: Sendable {
  /// For each instruction of the program the seconds of the thread that took longest; 0 for barriers.
  package let seconds: [Double]
  /// The seconds that the first thread waited for others.
  package let waitingSeconds: Double

  package init(seconds: [Double], waitingSeconds: Double) {
    self.seconds = seconds
    self.waitingSeconds = waitingSeconds
  }
}

/// Counters of the nanoseconds that each thread spends in each instruction that is executed.
@safe
final class InstructionClock {
  /// All instructions of the first thread, then those of the next.
  let counters: UnsafeMutableBufferPointer<UInt64>
  private let prepared: PreparedProgram

  init(_ prepared: PreparedProgram, threads: Int) {
    self.prepared = prepared
    unsafe counters = .allocate(capacity: prepared.origins.count * threads)
    unsafe counters.initialize(repeating: 0)
  }

  deinit { unsafe counters.deallocate() }

  /// What has been counted.
  var times: InstructionTimes {
    let origins = prepared.origins
    var seconds = [Double](repeating: 0, count: prepared.program.instructions.count)
    var waitingSeconds = 0.0
    for (index, origin) in origins.enumerated() {
      let spent = unsafe stride(from: index, to: counters.count, by: origins.count).map {
        unsafe Double(counters[$0]) / 1e9
      }
      if let origin {
        seconds[origin] = spent.max() ?? 0
      } else {
        waitingSeconds += spent.first ?? 0
      }
    }
    return InstructionTimes(seconds: seconds, waitingSeconds: waitingSeconds)
  }
}

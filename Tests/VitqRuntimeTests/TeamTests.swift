import CVitqKernels
import Foundation
import Testing
import VitqFormat
import VitqRuntime

struct TeamTests {
  /// Threads that meet see what others wrote before, however long they spin.
  @Test(arguments: [0, 1, 100] as [UInt32], [1, 2, 3, 8])
  func threadsThatMeetSeeOneAnother(_ spinTime: UInt32, _ threads: Int) throws {
    let team = try #require(vitq_team_create(threads, spinTime))
    defer { vitq_team_free(team) }
    // Two numbers of each thread: the step it is at, and how often its neighbour was at another.
    var slots = [UInt32](repeating: 0, count: 2 * threads)
    for _ in 0..<20 {
      slots.withUnsafeMutableBytes { bytes in
        vitq_team_run(
          team,
          { context, barrier, thread, count in
            guard let slots = context?.assumingMemoryBound(to: UInt32.self) else { return }
            for step in 1...50 as ClosedRange<UInt32> {
              slots[2 * thread] = step
              vitq_barrier_wait(barrier)
              if slots[2 * ((thread + 1) % count)] != step { slots[2 * thread + 1] += 1 }
              vitq_barrier_wait(barrier)
            }
          }, bytes.baseAddress)
      }
    }
    #expect(slots == (0..<2 * threads).map { $0 % 2 == 0 ? 50 : 0 })
  }

  /// A thread that is woken away from the processor of its waker may run there again afterwards.
  @Test(arguments: [2, 3, 8])
  func wokenThreadsMayRunOnAllProcessors(_ threads: Int) throws {
    let team = try #require(vitq_team_create(threads, 0))
    defer { vitq_team_free(team) }
    var counts = [Int](repeating: 0, count: threads)
    for _ in 0..<20 {
      // So long that the others sleep.
      Thread.sleep(forTimeInterval: 0.002)
      counts.withUnsafeMutableBytes { bytes in
        vitq_team_run(
          team,
          { context, _, thread, _ in
            context?.assumingMemoryBound(to: Int.self)[thread] = vitq_processor_count()
          }, bytes.baseAddress)
      }
      #expect(counts == counts.map { _ in vitq_processor_count() })
    }
  }

  @Test(arguments: [
    ("", 100, true), ("0", 0, true), ("0100", 100, true), ("1000000", 1_000_000, true),
    ("1000001", 100, false), ("-1", 100, false), ("+1", 100, false), (" 1", 100, false),
    ("1 ", 100, false), ("1e3", 100, false), ("99999999999999999999", 100, false),
  ])
  func aSpinningTimeIsAWholeNumber(_ text: String, _ microseconds: UInt32, _ isValid: Bool) {
    let choice = vitq_spin_choose(text)
    #expect(choice.microseconds == microseconds)
    #expect((choice.is_valid != 0) == isValid)
  }

  @Test func sessionsComeAndGoOnManyThreads() async throws {
    let random = RandomProgram(bits: 4, seed: 32)
    let model = try Model(random.program, constants: random.constants)
    var session = try Session(model)
    let expected = try session.run(SessionTests.image)
    let pool = try SessionPool(model, sessions: 3, threads: 2)
    let results = try await withThrowingTaskGroup(of: [Float].self) { group in
      for task in 0..<12 {
        group.addTask {
          var logits: [Float] = []
          for round in 0..<5 {
            var own = try Session(model, threads: 1 + (task + round) % 4)
            logits = try own.run(SessionTests.image)
          }
          return logits
        }
        group.addTask {
          try await pool.withSession { session throws(RuntimeError) in
            try session.run(SessionTests.image)
          }
        }
      }
      return try await group.reduce(into: [[Float]]()) { $0.append($1) }
    }
    #expect(results == Array(repeating: expected, count: 24))
  }

  @Test
  func aSessionIsAdvisedToHaveTheProcessorsOfTheProcess() {
    let count = ProcessInfo.processInfo.activeProcessorCount
    #expect(vitq_processor_count() == count)
    #expect(Session.recommendedThreadCount == min(8, count))
  }
}

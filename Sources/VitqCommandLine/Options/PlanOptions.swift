package import ArgumentParser

/// Whether a run is only planned, and how much memory and time it may take.
package struct PlanOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Print the resolved recipe with estimates of time and memory, and do nothing.",
      discussion: """
        The time of a synthesis step is measured; the rest is calculated. What the run would refuse \
        of its paths, its folders and its memory is refused.
        """))
  package var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Refuse, with exit code 77, a run that needs more memory (default: what this machine has).",
      valueName: "GB"))
  package var maxMemory: Double?

  @Option(
    help: ArgumentHelp(
      "Stop after a time, such as 90s, 30m or 1h30m, with exit code 75; the same command goes on.",
      valueName: "time"))
  package var timeBudget: String?

  /// The most bytes that the run may need, if they were given.
  package var maximumByteCount: Int? { maxMemory.map { Int($0 * 1e9) } }

  /// The time after which the run stops, if one was given.
  package var budget: TimeBudget? { timeBudget.flatMap { TimeBudget($0) } }

  package init() {}

  package mutating func validate() throws {
    if let maxMemory, !(maxMemory > 0 && maxMemory < 1e9) {
      throw ValidationError("--max-memory: expected gigabytes above 0, found \(maxMemory)")
    }
    if let timeBudget, budget == nil {
      throw ValidationError(
        "--time-budget: expected a time above 0 such as 90s, 30m or 1h30m, found '\(timeBudget)'")
    }
  }
}

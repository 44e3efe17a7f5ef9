package import ArgumentParser

/// Whether a run is only planned, and how much memory it may take.
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

  /// The most bytes that the run may need, if they were given.
  package var maximumByteCount: Int? { maxMemory.map { Int($0 * 1e9) } }

  package init() {}

  package mutating func validate() throws {
    if let maxMemory, !(maxMemory > 0 && maxMemory < 1e9) {
      throw ValidationError("--max-memory: expected gigabytes above 0, found \(maxMemory)")
    }
  }
}

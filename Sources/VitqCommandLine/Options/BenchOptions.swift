package import ArgumentParser

/// `vitq bench`: size, load time, speed and memory, full precision beside the packed model.
package struct BenchOptions: ParsableArguments {
  @Option(
    name: [.short, .long], parsing: .upToNextOption,
    help: "Models to compare (default: every .vitq in this folder).")
  package var model: [String] = []

  @Option(name: [.short, .long], help: "Threads of one image.")
  package var threads = 1

  @Option(name: [.short, .long], help: "Timed runs of each model, interleaved.")
  package var runs = 50

  @Option(help: "Seconds of warm-up before the first timed run.")
  package var warmUp = 1.0

  @Flag(help: "Time a synthesis step of the full-precision model instead; prints JSON.")
  package var step = false

  @Flag(
    help: """
      Answer each line {"runs": N} of standard input with the seconds of N runs, in JSON; for a \
      program that measures other runtimes in turn.
      """)
  package var rounds = false

  @Flag(help: "Print the table as Markdown.")
  package var markdown = false

  @Flag(help: "Print the report as JSON.")
  package var json = false

  @Flag(name: [.short, .long], help: "Say nothing but errors and the result.")
  package var quiet = false

  package init() {}

  package mutating func validate() throws {
    guard (1...100_000).contains(runs) else {
      throw ValidationError("--runs: expected 1 to 100000, found \(runs)")
    }
    guard warmUp >= 0, warmUp <= 600 else {
      throw ValidationError("--warm-up: expected 0 to 600 seconds, found \(warmUp)")
    }
    try ThreadCount.validate(threads)
  }
}

package import ArgumentParser
package import VitqReporting

/// `vitq bench`: size, load time, speed and memory, full precision beside the packed model.
package struct BenchOptions: ParsableArguments {
  @Option(
    name: [.short, .long], parsing: .upToNextOption,
    help: "Models to compare (default: every .vitq in this folder).")
  package var model: [String] = []

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Threads that share an image; several, such as 1,2, give a row each.", valueName: "n,…"))
  package var threads = ThreadCounts([1])

  @Option(
    help: """
      Images at once for the throughput, each with --threads threads (default: what the cores hold).
      """)
  package var streams: Int?

  @Option(name: [.short, .long], help: "Timed runs of each model, interleaved.")
  package var runs = 50

  @Option(help: "Seconds of warm-up before the first timed run.")
  package var warmUp = 1.0

  @Flag(
    help: """
      Show where the time of a quantized model goes: each instruction, and how near it comes to the \
      integer peak of the core.
      """)
  package var layers = false

  @Flag(help: "Time a synthesis step of the full-precision model instead; prints JSON.")
  package var step = false

  @Flag(
    help: """
      Answer each line {"runs": N} of standard input with the seconds of N runs, in JSON; for a \
      program that measures other runtimes in turn.
      """)
  package var rounds = false

  @Option(
    name: [.customShort("o"), .customLong("format")],
    help: "How to print the rows: text, md, csv, json or jsonl.")
  package var format: ReportFormat = .text

  @Flag(help: "The same as --format md.")
  package var markdown = false

  @Flag(help: "The same as --format json.")
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
    for count in threads.counts { try ThreadLimit.validate("--threads", count) }
    try ThreadLimit.validate("--streams", streams)
    guard threads.counts.count == 1 || !(layers || step || rounds) else {
      throw ValidationError(
        "--threads: expected one number with --layers, --step or --rounds, "
          + "found \(threads.counts.count)")
    }
    guard [layers, step, rounds].count(where: \.self) <= 1 else {
      throw ValidationError("--layers, --step and --rounds: expected one of them, found several")
    }
    guard [format != .text, markdown, json].count(where: \.self) <= 1 else {
      throw ValidationError("--format, --markdown and --json: expected one of them, found several")
    }
    if json { format = .json }
    if markdown { format = .md }
  }
}

extension ReportFormat: ExpressibleByArgument {}

/// Numbers of threads, with commas between them.
package struct ThreadCounts: ExpressibleByArgument, Sendable, Equatable {
  /// At least one, none twice.
  package let counts: [Int]

  package init(_ counts: [Int]) { self.counts = counts }

  package init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let counts = parts.compactMap { Int($0) }
    guard counts.count == parts.count, Set(counts).count == counts.count else { return nil }
    self.counts = counts
  }

  package var defaultValueDescription: String {
    counts.map(String.init).joined(separator: ",")
  }
}

package import ArgumentParser
import VitqRuntime

/// How a long command works, and what it prints.
package struct RunOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "Threads (default: all cores).")
  package var threads: Int?

  @Flag(help: "Print the report as JSON.")
  package var json = false

  @Flag(name: [.short, .long], help: "Say nothing but errors and the result.")
  package var quiet = false

  /// The threads that share the work.
  package var threadCount: Int { threads ?? Session.processorCount }

  package init() {}

  package mutating func validate() throws {
    try ThreadLimit.validate("--threads", threads)
  }
}

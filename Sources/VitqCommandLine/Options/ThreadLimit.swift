import ArgumentParser
import VitqRuntime

/// How many threads, or sessions of them, a command may be told to use.
enum ThreadLimit {
  static func validate(_ option: String, _ count: Int?) throws {
    let limits = 1...Session.maximumThreadCount
    if let count, !limits.contains(count) {
      throw ValidationError(
        "\(option): expected \(limits.lowerBound) to \(limits.upperBound), found \(count)")
    }
  }
}

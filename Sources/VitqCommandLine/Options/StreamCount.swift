import ArgumentParser

/// The `--streams` option of several commands.
enum StreamCount {
  static func validate(_ streams: Int?) throws {
    if let streams, !(1...256).contains(streams) {
      throw ValidationError("--streams: expected 1 to 256, found \(streams)")
    }
  }
}

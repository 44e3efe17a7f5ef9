import VitqFormat
package import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder that lets synthesis go on where it was interrupted.
///
/// `plan` says what is synthesised from what; `image-k` is the state of image k; `game` is that of
/// all images and their student, of PSAQ-ViT V2. Each file appears
/// complete or not at all, so a crash costs the steps since the last checkpoint and nothing else.
package struct SynthesisJournal: Sendable {
  package let folder: String

  /// Opens the journal of a run, or starts one.
  ///
  /// - Parameters:
  ///   - folder: Where it is, or will be.
  ///   - modelDigest: Identifies the model.
  ///   - options: Those of the run.
  /// - Throws: ``SynthesisError`` if the folder cannot be used or is of another run.
  package init(
    folder: String, modelDigest: String, options: SynthesisOptions
  ) throws(SynthesisError) {
    self.folder = folder
    if mkdir(folder, 0o777) != 0, errno != EEXIST {
      throw .journal(
        path: folder,
        .failed(call: "mkdir", errorNumber: errno, reason: String(cString: strerror(errno))))
    }
    let plan = Self.plan(modelDigest, options)
    if let found = try read("plan") {
      try check(found, against: plan)
    } else {
      guard entries().allSatisfy(Self.isTemporary) else { throw .notAJournal(path: folder) }
      try write(Array(plan.map { "\($0.key): \($0.value)\n" }.joined().utf8), "plan")
    }
    for name in entries() where Self.isTemporary(name) { unlink("\(folder)/\(name)") }
  }

  /// Removes the journal, when its images are safe elsewhere.
  package func remove() {
    for name in entries() where name == "game" || name.hasPrefix("image-") || Self.isTemporary(name)
    {
      unlink("\(folder)/\(name)")
    }
    unlink("\(folder)/plan")
    rmdir(folder)
  }

  /// The state of an image as last stored, `nil` if it was never.
  package func state(image index: Int, _ shape: Shape) throws(SynthesisError) -> ImageState? {
    let name = "image-\(index)"
    guard let bytes = try read(name) else { return nil }
    return try ImageState(bytes, image: index, shape, path: "\(folder)/\(name)")
  }

  package func store(_ state: ImageState, image index: Int) throws(SynthesisError) {
    try write(state.encoded(image: index), "image-\(index)")
  }

  /// The game as last stored, `nil` if it never was; `start` is the game as it starts.
  package func game(like start: GameState) throws(SynthesisError) -> GameState? {
    guard let bytes = try read("game") else { return nil }
    return try GameState(bytes, like: start, path: "\(folder)/game")
  }

  package func store(_ state: GameState) throws(SynthesisError) {
    try write(state.encoded(), "game")
  }

  private static func plan(
    _ modelDigest: String, _ options: SynthesisOptions
  ) -> [(key: String, value: String)] {
    [("journal", "2"), ("model", modelDigest)] + options.facts
  }

  private func check(
    _ bytes: [UInt8], against plan: [(key: String, value: String)]
  ) throws(SynthesisError) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    for (index, (key, value)) in plan.enumerated() {
      let line = index < lines.count ? String(lines[index]) : ""
      guard line != "\(key): \(value)" else { continue }
      let found = line.hasPrefix("\(key): ") ? String(line.dropFirst(key.count + 2)) : "'\(line)'"
      throw .journalDiffers(
        path: "\(folder)/plan", key: key, expected: value, found: found)
    }
    if lines.count > plan.count {
      throw .journalDiffers(
        path: "\(folder)/plan", key: "line \(plan.count + 1)", expected: "none",
        found: String(lines[plan.count]))
    }
  }

  private func read(_ name: String) throws(SynthesisError) -> [UInt8]? {
    let path = "\(folder)/\(name)"
    do {
      let file = try FileBytes(path: path)
      return file.bytes(in: 0..<file.count)
    } catch .notFound {
      return nil
    } catch {
      throw .journal(path: path, error)
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(SynthesisError) {
    let path = "\(folder)/\(name)"
    do {
      var file = try AtomicFile(path: path, overwriting: true)
      try file.write(bytes)
      try file.commit()
    } catch {
      throw .journal(path: path, error)
    }
  }

  private static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(".vitq-") && name.hasSuffix(".tmp")
  }

  /// The names in the folder.
  private func entries() -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

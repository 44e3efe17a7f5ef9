import VitqFormat
package import VitqTensor

/// A folder that lets synthesis go on where it was interrupted.
///
/// `plan` says what is synthesised from what; `image-k` is the state of image k; `game` is that of
/// all images and their student, of PSAQ-ViT V2. Each file appears
/// complete or not at all, so a crash costs the steps since the last checkpoint and nothing else.
/// Files of other names are never touched. As long as an instance lives, no other can be made of its
/// folder, and each state names the plan that it is of.
package struct SynthesisJournal: Sendable {
  /// The names of the files in the folder, beside those of images and temporary ones.
  package enum Name {
    package static let plan = "plan"
    package static let game = "game"
    /// Locked while a run uses the folder; it has no bytes.
    package static let lock = "lock"
    /// How the objective of each image fell.
    package static let losses = "losses"
    /// The recipe of a run whose images `vitq synthesize` makes.
    package static let recipe = "recipe.yml"
    /// Which part of the images the folder holds.
    package static let shard = "shard"
  }

  /// What becomes of a run that a folder holds already.
  package enum ExistingRun: Sendable {
    /// It goes on; a run of another plan is refused.
    case resumed
    /// Its files are removed, and nothing else.
    case replaced
    /// It goes on; a run of another plan is replaced if all its images are made. One of
    /// `vitq synthesize`, whose images are what was asked for, never is.
    case replacedIfFinished
  }

  private let folder: JournalFolder
  /// The SHA-256 of the plan.
  private let planDigest: String
  private let lock: FolderLock

  /// Opens the journal of a run, or starts one.
  ///
  /// - Parameters:
  ///   - folder: Where it is, or will be.
  ///   - modelDigest: Identifies the model.
  ///   - options: Those of the run.
  ///   - existing: What becomes of a run that is there.
  /// - Throws: ``SynthesisError`` if the folder cannot be used, is of another run that goes on, or
  ///   holds files and no journal.
  package init(
    folder: String, modelDigest: String, options: SynthesisOptions,
    existing: ExistingRun = .resumed
  ) throws(SynthesisError) {
    self.folder = JournalFolder(folder)
    do throws(FileError) {
      try self.folder.make()
    } catch {
      throw .journal(path: folder, error)
    }
    guard try Self.isUsable(self.folder) else { throw .notAJournal(path: folder) }
    do throws(FileError) {
      lock = try FolderLock(folder: folder, name: Name.lock)
    } catch .inUse {
      throw .inUse(path: folder)
    } catch {
      throw .journal(path: self.folder.path(of: Name.lock), error)
    }
    let plan = Self.plan(modelDigest, options)
    let bytes = Self.bytes(of: plan)
    planDigest = SHA256.hexDigest(of: bytes)
    if let found = try read(Name.plan) {
      let isReplaced =
        switch existing {
        case .resumed: false
        case .replaced: true
        case .replacedIfFinished: found != bytes && isLeftOver(found)
        }
      if isReplaced {
        // The old plan stays until its images are gone, so the folder is a journal at every instant.
        try removeFiles { $0 != Name.plan && $0 != Name.lock }
        try write(bytes, Name.plan)
      } else {
        try check(found, against: plan)
      }
    } else {
      try write(bytes, Name.plan)
    }
    try removeFiles(where: JournalFolder.isTemporary)
  }

  /// The state of an image as last stored, `nil` if it was never.
  package func state(image index: Int, _ shape: Shape) throws(SynthesisError) -> ImageState? {
    let name = Self.name(ofImage: index)
    guard let bytes = try read(name) else { return nil }
    return try ImageState(
      bytes, image: index, shape, plan: planDigest, path: folder.path(of: name))
  }

  package func store(_ state: ImageState, image index: Int) throws(SynthesisError) {
    try write(state.encoded(image: index, plan: planDigest), Self.name(ofImage: index))
  }

  /// The game as last stored, `nil` if it never was; `start` is the game as it starts.
  package func game(like start: GameState) throws(SynthesisError) -> GameState? {
    guard let bytes = try read(Name.game) else { return nil }
    return try GameState(
      bytes, like: start, plan: planDigest, path: folder.path(of: Name.game))
  }

  package func store(_ state: GameState) throws(SynthesisError) {
    try write(state.encoded(plan: planDigest), Name.game)
  }

  /// Identifies the plan of a run, as each of its states does.
  package static func planDigest(modelDigest: String, options: SynthesisOptions) -> String {
    SHA256.hexDigest(of: bytes(of: plan(modelDigest, options)))
  }

  private static func plan(
    _ modelDigest: String, _ options: SynthesisOptions
  ) -> [(key: String, value: String)] {
    [("journal", version), ("model", modelDigest)] + options.facts
  }

  private static let version = "3"

  private static func bytes(of plan: [(key: String, value: String)]) -> [UInt8] {
    Array(plan.map { "\($0.key): \($0.value)\n" }.joined().utf8)
  }

  /// Whether a run of some plan is of no further use: `vitq quantize` made all its images.
  private func isLeftOver(_ plan: [UInt8]) -> Bool {
    let lines = String(decoding: plan, as: UTF8.self).split(separator: "\n")
    func fact(_ key: String) -> String? {
      lines.first { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
    }
    guard fact("journal") == Self.version, let images = fact("images").flatMap({ Int($0) }),
      let steps = fact("steps").flatMap({ Int($0) }), images > 0,
      let names = try? Self.names(in: folder), !names.contains(Name.recipe)
    else { return false }
    let digest = SHA256.hexDigest(of: plan)
    return (0..<images).allSatisfy { index in
      let name = Self.name(ofImage: index)
      guard let bytes = try? read(name) else { return false }
      return (try? ImageState.step(of: bytes, image: index, plan: digest, path: name)) == steps
    }
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
        path: folder.path(of: Name.plan), key: key, expected: value, found: found)
    }
    if lines.count > plan.count {
      throw .journalDiffers(
        path: folder.path(of: Name.plan), key: "line \(plan.count + 1)", expected: "none",
        found: String(lines[plan.count]))
    }
  }

  private func read(_ name: String) throws(SynthesisError) -> [UInt8]? {
    try Self.read(name, in: folder)
  }

  private static func read(
    _ name: String, in folder: JournalFolder
  ) throws(SynthesisError) -> [UInt8]? {
    do throws(FileError) {
      return try folder.read(name)
    } catch {
      throw .journal(path: folder.path(of: name), error)
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(SynthesisError) {
    do throws(FileError) {
      try folder.write(bytes, name)
    } catch {
      throw .journal(path: folder.path(of: name), error)
    }
  }

  /// Removes the files that vitq makes and whose names satisfy a condition.
  private func removeFiles(where isUnwanted: (String) -> Bool) throws(SynthesisError) {
    for name in try Self.names(in: folder) where Self.isOwn(name) && isUnwanted(name) {
      do throws(FileError) {
        try folder.remove(name)
      } catch {
        throw .journal(path: folder.path(of: name), error)
      }
    }
  }

  /// Whether the folder holds a journal, or nothing but what a run leaves that ended before its
  /// plan was written.
  private static func isUsable(_ folder: JournalFolder) throws(SynthesisError) -> Bool {
    let names = try names(in: folder)
    guard names.contains(Name.plan) else {
      return names.allSatisfy { $0 == Name.lock || JournalFolder.isTemporary($0) }
    }
    let lines = String(decoding: try read(Name.plan, in: folder) ?? [], as: UTF8.self)
      .split(separator: "\n")
    return lines.count > 2 && lines[0].hasPrefix("journal: ") && lines[1].hasPrefix("model: ")
  }

  private static func name(ofImage index: Int) -> String { "image-\(index)" }

  /// Whether vitq makes files of this name in the folder of a journal.
  private static func isOwn(_ name: String) -> Bool {
    if let index = name.hasPrefix("image-") ? Int(name.dropFirst(6)) : nil {
      return index >= 0 && name == Self.name(ofImage: index)
    }
    return JournalFolder.isTemporary(name)
      || [Name.plan, Name.game, Name.lock, Name.losses, Name.recipe, Name.shard].contains(name)
  }

  private static func names(in folder: JournalFolder) throws(SynthesisError) -> [String] {
    let names: [String]?
    do throws(FileError) {
      names = try folder.names()
    } catch {
      throw .journal(path: folder.path, error)
    }
    guard let names else { throw .notAJournal(path: folder.path) }
    return names
  }
}

import VitqFormat
package import VitqTensor

/// A folder that lets calibration and learning go on where they were interrupted.
///
/// `plan` says what is learned from what, every other file what one part of the model learned, and
/// each names the plan that it is of. All else is computed again, so a run that goes on ends in the
/// bytes of one that was never interrupted. Files appear complete or not at all; those of other names
/// are never touched. As long as an instance lives, no other can be made of its folder.
package struct LearnerJournal: Sendable {
  /// All that what is learned depends on.
  package struct Plan: Sendable, Equatable {
    /// Identifies the full-precision model.
    package var modelDigest: String
    /// Every setting, as a recipe states them.
    package var recipe: String
    /// The SHA-256 of the calibration images.
    package var imageDigest: String

    /// - Parameters:
    ///   - modelDigest: Identifies the full-precision model.
    ///   - recipe: Every setting, as a recipe states them.
    ///   - images: The calibration images.
    package init(modelDigest: String, recipe: String, images: [Tensor]) {
      self.modelDigest = modelDigest
      self.recipe = recipe
      var digest = SHA256()
      for image in images {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * image.shape.elementCount)
        for element in image.elements { bytes.append(word: element.bitPattern) }
        digest.update(bytes)
      }
      imageDigest = digest.hexDigest()
    }

    var bytes: [UInt8] {
      let lines = [
        "\(LearnerJournal.planKey)\(LearnerJournal.version)", "tool: \(ToolVersion.text)",
        "model: \(modelDigest)", "images: \(imageDigest)", "recipe:", recipe,
      ]
      return Array(lines.joined(separator: "\n").utf8)
    }
  }

  private enum Name {
    static let plan = "plan"
    /// Locked while a run uses the folder; it has no bytes.
    static let lock = "lock"
  }

  private static let planKey = "learner: "
  private static let version = "1"

  private let folder: JournalFolder
  private let planDigest: String
  private let lock: FolderLock

  /// Opens the journal of a run, or starts one.
  ///
  /// What another plan left in the folder is removed: it is of no use to this one.
  ///
  /// - Parameters:
  ///   - path: Where it is, or will be.
  ///   - plan: What the run depends on.
  ///   - isResumed: Whether a run of the same plan goes on, or is removed too.
  /// - Throws: ``QuantizationError`` if the folder cannot be used, or holds files and no journal.
  package init(
    folder path: String, plan: Plan, isResumed: Bool = true
  ) throws(QuantizationError) {
    folder = JournalFolder(path)
    do throws(FileError) {
      try folder.make()
    } catch {
      throw .journal(path: path, error)
    }
    guard try Self.isUsable(folder) else { throw .notAJournal(path: path) }
    do throws(FileError) {
      lock = try FolderLock(folder: path, name: Name.lock)
    } catch .inUse {
      throw .inUse(path: path)
    } catch {
      throw .journal(path: folder.path(of: Name.lock), error)
    }
    let bytes = plan.bytes
    planDigest = SHA256.hexDigest(of: bytes)
    let found = try Self.read(Name.plan, in: folder)
    if found != bytes || !isResumed {
      // The old plan stays until its states are gone, so the folder is a journal at every instant.
      try removeFiles { $0 != Name.plan && $0 != Name.lock }
      try write(bytes, Name.plan)
    } else {
      try removeFiles(where: JournalFolder.isTemporary)
    }
  }

  /// Refuses a folder that no journal can be in, before any work.
  ///
  /// - Throws: ``QuantizationError/notAJournal(path:)`` if it is there and holds other files.
  package static func check(_ path: String) throws(QuantizationError) {
    let folder = JournalFolder(path)
    do throws(FileError) {
      _ = try folder.names()
    } catch .failed {
      return
    } catch {
      throw .journal(path: path, error)
    }
    guard try isUsable(folder) else { throw .notAJournal(path: path) }
  }

  /// Whether a folder holds something to go on from.
  package static func hasStates(_ path: String) -> Bool {
    guard let names = try? JournalFolder(path).names() else { return false }
    return names.contains { LearnedPart($0) != nil }
  }

  /// Removes the journal's files, and the folder if it has no others.
  ///
  /// For when the result is safe; a file that cannot be removed is of no harm to later runs.
  package func remove() {
    try? removeFiles { $0 != Name.plan && $0 != Name.lock }
    try? removeFiles { $0 != Name.lock }
    try? removeFiles { _ in true }
    folder.removeIfEmpty()
  }

  // MARK: States

  /// What was kept of a part, `nil` if nothing was.
  func state(of part: LearnedPart) throws(QuantizationError) -> LearnerStateReader? {
    guard let bytes = try Self.read(part.name, in: folder) else { return nil }
    return try LearnerStateReader(
      bytes, part: part, plan: planDigest, path: folder.path(of: part.name))
  }

  func keep(_ state: LearnerState, of part: LearnedPart) throws(QuantizationError) {
    try write(state.encoded(part: part, plan: planDigest), part.name)
  }

  // MARK: Files

  private static func read(
    _ name: String, in folder: JournalFolder
  ) throws(QuantizationError) -> [UInt8]? {
    do throws(FileError) {
      return try folder.read(name)
    } catch .empty {
      return []
    } catch {
      throw .journal(path: folder.path(of: name), error)
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(QuantizationError) {
    do throws(FileError) {
      try folder.write(bytes, name)
    } catch {
      throw .journal(path: folder.path(of: name), error)
    }
  }

  /// Removes the files that vitq makes and whose names satisfy a condition.
  private func removeFiles(where isUnwanted: (String) -> Bool) throws(QuantizationError) {
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
  private static func isUsable(_ folder: JournalFolder) throws(QuantizationError) -> Bool {
    let names = try names(in: folder)
    guard names.contains(Name.plan) else {
      return names.allSatisfy { $0 == Name.lock || JournalFolder.isTemporary($0) }
    }
    return try read(Name.plan, in: folder)?.starts(with: Array(planKey.utf8)) ?? true
  }

  /// Whether vitq makes files of this name in the folder of a journal.
  private static func isOwn(_ name: String) -> Bool {
    [Name.plan, Name.lock].contains(name) || JournalFolder.isTemporary(name)
      || LearnedPart(name) != nil
  }

  private static func names(in folder: JournalFolder) throws(QuantizationError) -> [String] {
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

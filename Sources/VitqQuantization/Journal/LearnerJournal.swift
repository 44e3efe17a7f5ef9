import VitqFormat
package import VitqTensor

/// A ``Journal`` that lets calibration and learning go on.
///
/// `plan` says what is learned from what, every other file what one part of the model learned, and
/// each names the plan that it is of. All else is computed again, so a run that goes on ends in the
/// bytes of one that was never interrupted.
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
        bytes.append(littleEndian: image.elements)
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

  private static let planKey = "learner: "
  private static let version = "5"
  /// Of a state: the numbers of its part, and what that learned.
  private static let signature = "vitqlrn5"
  private static let kind = Journal.Kind("learner's journal") { plan in
    plan.starts(with: Array(planKey.utf8))
  } isState: { name in
    LearnedPart(name) != nil
  }

  private let journal: Journal
  private let planDigest: String

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
    let bytes = plan.bytes
    planDigest = SHA256.hexDigest(of: bytes)
    journal = try Self.mapping { () throws(JournalError) in
      let journal = try Journal(folder: path, of: Self.kind)
      if try journal.plan() == bytes, isResumed {
        try journal.resume()
      } else {
        try journal.start(bytes)
      }
      return journal
    }
  }

  /// Refuses a folder that no journal can be in, before any work.
  ///
  /// - Throws: ``QuantizationError/journal(_:)`` if it is there and holds other files.
  package static func check(_ path: String) throws(QuantizationError) {
    try mapping { () throws(JournalError) in try Journal.check(path, for: kind) }
  }

  /// Whether a folder holds something to go on from.
  package static func hasStates(_ path: String) -> Bool { Journal.hasStates(path, of: kind) }

  /// Removes the journal's files, and the folder if it has no others.
  ///
  /// For when the result is safe; a file that cannot be removed is of no harm to later runs.
  package func remove() { journal.remove() }

  // MARK: States

  /// Reads what was kept of a part.
  ///
  /// - Parameters:
  ///   - part: The part.
  ///   - read: Reads all that ``keep(_:_:)`` was given to write.
  /// - Returns: What `read` returns, `nil` if nothing was kept.
  /// - Throws: ``QuantizationError/damagedState(path:detail:)``, or that the file cannot be read.
  func state<Learned>(
    of part: LearnedPart, _ read: (inout StateReader) throws(StateError) -> Learned
  ) throws(QuantizationError) -> Learned? {
    let bytes = try Self.mapping { () throws(JournalError) in try journal.read(part.name) }
    guard let bytes else { return nil }
    do throws(StateError) {
      var state = try StateReader(bytes, signature: Self.signature, plan: planDigest)
      for number in part.numbers {
        guard try state.integer() == number else {
          throw .damaged("expected the part '\(part.name)', found another")
        }
      }
      let learned = try read(&state)
      try state.end()
      return learned
    } catch {
      throw .damagedState(path: journal.path(of: part.name), detail: "\(error)")
    }
  }

  /// The parts of which something was kept; it is not read.
  func keptParts() throws(QuantizationError) -> Set<LearnedPart> {
    Set(
      try Self.mapping { () throws(JournalError) in try journal.names() }
        .compactMap { LearnedPart($0) })
  }

  /// Keeps what a part learned, which `write` appends to its state.
  func keep(
    _ part: LearnedPart, _ write: (inout StateWriter) -> Void
  ) throws(QuantizationError) {
    var state = StateWriter()
    for number in part.numbers { state.append(number) }
    write(&state)
    let bytes = state.bytes(signature: Self.signature, plan: planDigest)
    try Self.mapping { () throws(JournalError) in try journal.write(bytes, part.name) }
  }

  private static func mapping<Result>(
    _ work: () throws(JournalError) -> Result
  ) throws(QuantizationError) -> Result {
    do throws(JournalError) {
      return try work()
    } catch {
      throw .journal(error)
    }
  }
}

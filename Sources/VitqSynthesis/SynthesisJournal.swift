import VitqFormat
package import VitqTensor

/// A ``Journal`` that lets synthesis go on.
///
/// `plan` says what is synthesised from what; `image-k` is the state of image k; `game` is that of
/// all images and their student, of PSAQ-ViT V2. A crash costs the steps since the last checkpoint
/// and nothing else. Each state names the plan that it is of.
package struct SynthesisJournal: Sendable {
  /// The names of the files in the folder, beside those of images.
  package enum Name {
    package static let plan = Journal.planName
    package static let game = "game"
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

  private let journal: Journal
  /// The SHA-256 of the plan.
  private let planDigest: String

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
    let plan = Self.plan(modelDigest, options)
    let bytes = Self.bytes(of: plan)
    planDigest = SHA256.hexDigest(of: bytes)
    journal = try Self.mapping { () throws(JournalError) in
      try Journal(folder: folder, of: Self.kind)
    }
    let found = try Self.mapping { () throws(JournalError) in try journal.plan() }
    if let found, !isReplaced(found, by: bytes, existing) {
      try check(found, against: plan)
      try Self.mapping { () throws(JournalError) in try journal.resume() }
    } else {
      try Self.mapping { () throws(JournalError) in try journal.start(bytes) }
    }
  }

  /// Refuses a folder that no run can be in, before any work.
  ///
  /// - Throws: ``SynthesisError`` if it is there and holds other files.
  package static func check(_ folder: String) throws(SynthesisError) {
    try mapping { () throws(JournalError) in try Journal.check(folder, for: kind) }
  }

  // MARK: States

  /// The state of an image as last stored, `nil` if it was never.
  package func state(image index: Int, _ shape: Shape) throws(SynthesisError) -> ImageState? {
    let name = Self.name(ofImage: index)
    guard let bytes = try read(name) else { return nil }
    return try ImageState(
      bytes, image: index, shape, plan: planDigest, path: journal.path(of: name))
  }

  /// Whether some images of the run took their last step.
  package func hasFinished(_ images: some Sequence<Int>, of options: SynthesisOptions) -> Bool {
    isAtStep(options.stepCount, images: images, plan: planDigest)
  }

  package func store(_ state: ImageState, image index: Int) throws(SynthesisError) {
    try write(state.encoded(image: index, plan: planDigest), Self.name(ofImage: index))
  }

  /// The game as last stored, `nil` if it never was; `start` is the game as it starts.
  package func game(like start: GameState) throws(SynthesisError) -> GameState? {
    guard let bytes = try read(Name.game) else { return nil }
    return try GameState(
      bytes, like: start, plan: planDigest, path: journal.path(of: Name.game))
  }

  package func store(_ state: GameState) throws(SynthesisError) {
    try write(state.encoded(plan: planDigest), Name.game)
  }

  // MARK: The plan

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

  private func isReplaced(
    _ found: [UInt8], by plan: [UInt8], _ existing: ExistingRun
  ) -> Bool {
    switch existing {
    case .resumed: false
    case .replaced: true
    case .replacedIfFinished: found != plan && isLeftOver(found)
    }
  }

  /// Whether a run of some plan is of no further use: `vitq quantize` made all its images.
  private func isLeftOver(_ plan: [UInt8]) -> Bool {
    let lines = String(decoding: plan, as: UTF8.self).split(separator: "\n")
    func fact(_ key: String) -> String? {
      lines.first { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
    }
    guard fact("journal") == Self.version, let images = fact("images").flatMap({ Int($0) }),
      let steps = fact("steps").flatMap({ Int($0) }), images > 0,
      let names = try? journal.names(), !names.contains(Name.recipe)
    else { return false }
    return isAtStep(steps, images: 0..<images, plan: SHA256.hexDigest(of: plan))
  }

  private func isAtStep(_ step: Int, images: some Sequence<Int>, plan: String) -> Bool {
    images.allSatisfy { index in
      let name = Self.name(ofImage: index)
      guard let bytes = try? read(name) else { return false }
      return (try? ImageState.step(of: bytes, image: index, plan: plan, path: name)) == step
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
        path: journal.path(of: Name.plan), key: key, expected: value, found: found)
    }
    if lines.count > plan.count {
      throw .journalDiffers(
        path: journal.path(of: Name.plan), key: "line \(plan.count + 1)", expected: "none",
        found: String(lines[plan.count]))
    }
  }

  // MARK: Files

  private static let kind = Journal.Kind("synthesis journal") { plan in
    let lines = String(decoding: plan, as: UTF8.self).split(separator: "\n")
    return lines.count > 2 && lines[0].hasPrefix("journal: ") && lines[1].hasPrefix("model: ")
  } isState: { name in
    guard name.hasPrefix("image-") else {
      return [Name.game, Name.losses, Name.recipe, Name.shard].contains(name)
    }
    guard let index = Int(name.dropFirst(6)) else { return false }
    return index >= 0 && name == Self.name(ofImage: index)
  }

  private static func name(ofImage index: Int) -> String { "image-\(index)" }

  private func read(_ name: String) throws(SynthesisError) -> [UInt8]? {
    try Self.mapping { () throws(JournalError) in try journal.read(name) }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(SynthesisError) {
    try Self.mapping { () throws(JournalError) in try journal.write(bytes, name) }
  }

  private static func mapping<Result>(
    _ work: () throws(JournalError) -> Result
  ) throws(SynthesisError) -> Result {
    do throws(JournalError) {
      return try work()
    } catch {
      throw .journal(error)
    }
  }
}

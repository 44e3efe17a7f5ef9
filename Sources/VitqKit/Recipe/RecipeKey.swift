/// One key of a recipe: where it stands, what it may be, and what it sets.
///
/// The table ``all`` is the only place that knows a key: reading, writing, errors and the
/// reference all come from it. To add a setting, add a line to one of its parts.
struct RecipeKey: Sendable {
  /// The keys from the root, joined by dots.
  let path: String
  let form: RecipeForm
  /// One line for the reference.
  let help: String
  /// The setting of a recipe; `nil` if the method of its images has no such setting.
  let read: @Sendable (RunRecipe) -> RecipeValue?
  /// Changes the setting; the value is of `form`.
  let write: @Sendable (inout RunRecipe, RecipeValue) -> Void

  /// The key that names the recipe to start from; not a setting.
  static let base = "base"
  static let method = "images.method"
  static let count = "images.count"
  static let steps = "images.steps"
  static let priors = "images.attention-priors.kind"
  static let learner = "quantization.learner"
  static let weightBits = "quantization.weights.bits"
  static let activationBits = "quantization.activations.bits"
  static let activationScales = "quantization.activations.scales"
  /// The keys that the tool's choices for others depend on.
  static let decisive: Set = [method, learner, weightBits, activationBits, activationScales]
  /// What the keys of quantization begin with.
  static let quantization = "quantization."

  /// Every key, in the order of a written recipe.
  static let all = imageKeys + quantizationKeys + [seedKey]

  private static let seedKey = RecipeKey(
    path: "seed", form: .seed, help: "The seed of everything random.",
    read: { .seed($0.seed) },
    write: { if case .seed(let value) = $1 { $0.seed = value } })

  /// The error for a path that is no key.
  static func unknown(_ path: String, line: Int?) -> RecipeError {
    let parent = path.lastIndex(of: ".").map { String(path[...$0]) } ?? ""
    var names: [String] = parent.isEmpty ? [base] : []
    for key in all where key.path.hasPrefix(parent) {
      let name = String(key.path.dropFirst(parent.count).prefix { $0 != "." })
      if !names.contains(name) { names.append(name) }
    }
    let last = String(path.dropFirst(parent.count))
    let nearest =
      NearestName.of(last, among: names).map { parent + $0 }
      ?? all.first { $0.path.split(separator: ".").last.map { String($0) } == last }?.path
    return .unknownKey(line: line, key: path, nearest: nearest, known: names)
  }
}

extension RecipeKey {
  static func integer(
    _ path: String, _ range: ClosedRange<Int>, _ help: String,
    _ read: @escaping @Sendable (RunRecipe) -> Int?,
    _ write: @escaping @Sendable (inout RunRecipe, Int) -> Void
  ) -> RecipeKey {
    RecipeKey(
      path: path, form: .integer(range), help: help,
      read: { read($0).map(RecipeValue.integer) },
      write: { if case .integer(let value) = $1 { write(&$0, value) } })
  }

  static func number(
    _ path: String, _ range: ClosedRange<Double>, _ help: String,
    _ read: @escaping @Sendable (RunRecipe) -> Double?,
    _ write: @escaping @Sendable (inout RunRecipe, Double) -> Void
  ) -> RecipeKey {
    RecipeKey(
      path: path, form: .number(range), help: help,
      read: { read($0).map { RecipeValue.number($0) } },
      write: { if case .number(let value) = $1 { write(&$0, value) } })
  }

  /// A number that may be left to the tool.
  static func automatic(
    _ path: String, _ range: ClosedRange<Double>, _ help: String,
    _ read: @escaping @Sendable (RunRecipe) -> Double??,
    _ write: @escaping @Sendable (inout RunRecipe, Double?) -> Void
  ) -> RecipeKey {
    RecipeKey(
      path: path, form: .automatic(.number(range)), help: help,
      read: { recipe in read(recipe).map { $0.map { RecipeValue.number($0) } ?? .automatic } },
      write: {
        if case .number(let value) = $1 { write(&$0, value) } else { write(&$0, nil) }
      })
  }

  static func flag(
    _ path: String, _ help: String, _ read: @escaping @Sendable (RunRecipe) -> Bool?,
    _ write: @escaping @Sendable (inout RunRecipe, Bool) -> Void
  ) -> RecipeKey {
    RecipeKey(
      path: path, form: .flag, help: help, read: { read($0).map(RecipeValue.flag) },
      write: { if case .flag(let value) = $1 { write(&$0, value) } })
  }

  static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ path: String, _ help: String, _ read: @escaping @Sendable (RunRecipe) -> Word?,
    _ write: @escaping @Sendable (inout RunRecipe, Word) -> Void
  ) -> RecipeKey {
    RecipeKey(
      path: path, form: .word(Word.allCases.map(\.rawValue)), help: help,
      read: { read($0).map { .word($0.rawValue) } },
      write: {
        if case .word(let text) = $1, let value = Word(rawValue: text) { write(&$0, value) }
      })
  }
}

import VitqQuantization
import Yams

/// What one YAML text states: values by key path, each with its line.
package struct RecipeDocument: Equatable, Sendable {
  package struct Setting: Equatable, Sendable {
    package let value: RecipeValue
    /// Counted from 1; `nil` if the setting is an option of the command.
    package let line: Int?
  }

  /// The named recipe that this one changes.
  package var base: String?
  package private(set) var settings: [String: Setting] = [:]

  /// A recipe without settings.
  package init() {}

  /// States a setting that came from an option of the command.
  ///
  /// - Throws: ``RecipeError`` if the key is not known or the value is not one of its values.
  package mutating func set(_ path: String, _ text: String) throws(RecipeError) {
    guard let key = RecipeKey.all.first(where: { $0.path == path }) else {
      throw RecipeKey.unknown(path, line: nil)
    }
    let value = try Self.converting(key, line: nil, found: text) { () throws(RecipeForm.Defect) in
      try key.form.value(ofOption: text)
    }
    settings[path] = Setting(value: value, line: nil)
  }

  /// Forgets the settings that `isKept` does not hold for.
  mutating func keep(_ isKept: (String) -> Bool) { settings = settings.filter { isKept($0.key) } }

  /// Forgets what the tool chooses anyway for the method, the learner and the bits of these
  /// settings, so that it follows a later layer that states others.
  ///
  /// - Parameter prefix: What the keys begin with.
  package mutating func forgetChoices(under prefix: String = "") {
    let chosen = RunRecipe(chosenFor: settings)
    for key in RecipeKey.all where key.path.hasPrefix(prefix) {
      guard !RecipeKey.decisive.contains(key.path), let value = settings[key.path]?.value,
        key.read(chosen) == value
      else { continue }
      settings[key.path] = nil
    }
  }

  /// Recipes are short; a longer text is something else.
  private static let byteLimit = 65_536

  /// Reads a YAML text, strictly.
  ///
  /// - Throws: ``RecipeError`` for anything but known keys, each once, with values of their form.
  ///   A key is one name: `images: {count: 5}` and not `images.count: 5`.
  package init(_ text: String) throws(RecipeError) {
    guard text.utf8.count <= Self.byteLimit else {
      throw .tooLarge(byteCount: text.utf8.count, limit: Self.byteLimit)
    }
    if let line = YAMLAliases.firstLine(in: text) { throw .alias(line: line) }
    guard let root = try Self.compose(text) else { return }
    if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
    try read(root, path: "")
  }

  private static func compose(_ text: String) throws(RecipeError) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch let error as YamlError {
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw .syntax(line: mark.line, problem: problem)
      case .duplicatedKeysInMapping(let duplicates, let context):
        let key = duplicates.first ?? ""
        throw .duplicateKey(line: secondLine(of: key, first: context.mark, in: text), key: key)
      case .reader(let problem, _, _, _): throw .syntax(line: nil, problem: problem)
      default: throw .syntax(line: nil, problem: "\(error)")
      }
    } catch {
      throw .syntax(line: nil, problem: "\(error)")
    }
  }

  /// The line of the second of two keys of one mapping, the first of which Yams names; where the
  /// mapping is one in braces, the line of the first.
  private static func secondLine(of key: String, first: Mark, in text: String) -> Int {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let quotes = "\"'"
    for (index, line) in lines.enumerated().dropFirst(first.line) {
      let content = line.drop { $0 == " " }
      let name = content.drop { quotes.contains($0) }
      guard line.count - content.count == first.column - 1, name.hasPrefix(key) else { continue }
      let end = name.dropFirst(key.count).drop { quotes.contains($0) || $0 == " " }
      if end.first == ":" { return index + 1 }
    }
    return first.line
  }

  private mutating func read(_ node: Node, path: String) throws(RecipeError) {
    guard case .mapping(let mapping) = node else {
      throw .notAMapping(line: node.mark?.line, key: path.isEmpty ? nil : path)
    }
    for (name, value) in mapping {
      let line = name.mark?.line ?? 1
      guard case .scalar(let scalar) = name else { throw .notAMapping(line: line, key: nil) }
      let full = path.isEmpty ? scalar.string : path + "." + scalar.string
      // One key in two spellings could be there twice.
      guard !scalar.string.contains(".") else { throw .dottedKey(line: line, key: full) }
      if full == RecipeKey.base {
        try readBase(value, line: line)
      } else if let key = RecipeKey.all.first(where: { $0.path == full }) {
        settings[full] = Setting(value: try Self.value(value, of: key, line: line), line: line)
      } else if RecipeKey.all.contains(where: { $0.path.hasPrefix(full + ".") }) {
        try read(value, path: full)
      } else {
        throw RecipeKey.unknown(full, line: line)
      }
    }
  }

  private mutating func readBase(_ node: Node, line: Int) throws(RecipeError) {
    guard case .scalar(let scalar) = node else {
      throw .wrongType(
        line: line, key: RecipeKey.base, expected: "the name of a recipe", found: "several values")
    }
    base = scalar.string
    guard RecipeCatalog.text(of: scalar.string) == nil else { return }
    throw .unknownBase(
      line: line, found: scalar.string,
      nearest: NearestName.of(scalar.string, among: RecipeCatalog.names),
      known: RecipeCatalog.names)
  }

  private static func value(
    _ node: Node, of key: RecipeKey, line: Int
  ) throws(RecipeError) -> RecipeValue {
    switch node {
    case .scalar(let scalar):
      return try converting(key, line: line, found: scalar.string) { () throws(RecipeForm.Defect) in
        try key.form.value(of: scalar.string)
      }
    case .sequence(let sequence) where key.form == .overrides:
      var overrides: [LayerOverride] = []
      for item in sequence { overrides.append(try LayerOverride(item, of: key.path)) }
      return .overrides(overrides)
    case .sequence(let sequence):
      let texts = sequence.compactMap { item -> String? in
        guard case .scalar(let scalar) = item else { return nil }
        return scalar.string
      }
      return try converting(
        key, line: line, found: "a list of \(sequence.count)"
      ) { () throws(RecipeForm.Defect) in
        guard texts.count == sequence.count else { throw .type }
        return try key.form.value(ofList: texts)
      }
    case .mapping, .alias:
      throw .wrongType(
        line: line, key: key.path, expected: key.form.description, found: "keys with values")
    }
  }

  private static func converting(
    _ key: RecipeKey, line: Int?, found: String,
    _ body: () throws(RecipeForm.Defect) -> RecipeValue
  ) throws(RecipeError) -> RecipeValue {
    do throws(RecipeForm.Defect) {
      return try body()
    } catch .type {
      throw .wrongType(
        line: line, key: key.path, expected: key.form.description,
        found: found.isEmpty ? "nothing" : "'\(found)'")
    } catch {
      throw .outOfRange(
        line: line, key: key.path, expected: key.form.description, found: "'\(found)'")
    }
  }
}

/// Anchors and aliases, which a recipe has no use for and which let a short text stand for a huge
/// one.
private enum YAMLAliases {
  /// The line of the first `&name` or `*name` outside quotes and comments; `nil` if there is none.
  static func firstLine(in text: String) -> Int? {
    var quote: Character?
    var line = 1
    var isComment = false
    var previous: Character = "\n"
    for character in text {
      if character.isNewline {
        line += 1
        isComment = false
      } else if isComment {
        continue
      } else if let open = quote {
        if character == open, !(open == "\"" && previous == "\\") { quote = nil }
      } else {
        let startsToken = previous.isWhitespace || "[{,:?".contains(previous)
        switch character {
        case "#" where previous.isWhitespace: isComment = true
        case "\"", "'": if startsToken { quote = character }
        case "&", "*": if startsToken { return line }
        default: break
        }
      }
      previous = character
    }
    return nil
  }
}

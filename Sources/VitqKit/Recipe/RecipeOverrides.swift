import VitqQuantization
import Yams

/// One item of `quantization.overrides` in YAML.
extension LayerOverride {
  private static let keys = [
    "layers", "weights", "activations", "weight-codes", "activation-codes", "attention-codes",
  ]

  /// The lines of the item, keys with values.
  var lines: [String] {
    let pairs: [(String, String?)] = [
      ("weights", weightBits.map { "\($0)" }), ("activations", activationBits.map { "\($0)" }),
      ("weight-codes", weightCodes?.rawValue), ("activation-codes", activationCodes?.rawValue),
      ("attention-codes", attentionCodes?.rawValue),
    ]
    return ["layers: \"\(pattern)\""]
      + pairs.compactMap { name, value in value.map { "\(name): \($0)" } }
  }

  /// Reads one item of the list under `key`.
  init(_ node: Node, of key: String) throws(RecipeError) {
    guard case .mapping(let mapping) = node else {
      throw .notAMapping(line: node.mark?.line, key: key)
    }
    var override = LayerOverride("")
    for (name, value) in mapping {
      let line = name.mark?.line ?? 1
      guard case .scalar(let name) = name else { throw .notAMapping(line: line, key: key) }
      let path = key + "." + name.string
      guard case .scalar(let scalar) = value else {
        throw .wrongType(line: line, key: path, expected: "one value", found: "several")
      }
      func bits() throws(RecipeError) -> Int {
        guard let bits = Int(scalar.string), (3...8).contains(bits) else {
          throw .outOfRange(
            line: line, key: path, expected: RecipeForm.integer(3...8).description,
            found: "'\(scalar.string)'")
        }
        return bits
      }
      func word<Word: RawRepresentable<String> & CaseIterable>() throws(RecipeError) -> Word {
        guard let word = Word(rawValue: scalar.string) else {
          throw .outOfRange(
            line: line, key: path,
            expected: RecipeForm.word(Word.allCases.map(\.rawValue)).description,
            found: "'\(scalar.string)'")
        }
        return word
      }
      switch name.string {
      case "layers": override.pattern = try Self.pattern(scalar.string, line: line, path)
      case "weights": override.weightBits = try bits()
      case "activations": override.activationBits = try bits()
      case "weight-codes": override.weightCodes = try word()
      case "activation-codes": override.activationCodes = try word()
      case "attention-codes": override.attentionCodes = try word()
      default:
        throw .unknownKey(
          line: line, key: path,
          nearest: NearestName.of(name.string, among: Self.keys).map { key + "." + $0 },
          known: Self.keys)
      }
    }
    guard !override.pattern.isEmpty else {
      throw .wrongType(
        line: node.mark?.line, key: key, expected: "a key 'layers' with a pattern", found: "none")
    }
    guard override != LayerOverride(override.pattern) else {
      throw .wrongType(
        line: node.mark?.line, key: key,
        expected: "one of " + Self.keys.dropFirst().joined(separator: ", ") + " beside 'layers'",
        found: "none")
    }
    self = override
  }

  private static func pattern(
    _ text: String, line: Int, _ path: String
  ) throws(RecipeError) -> String {
    let isPattern = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    guard isPattern, !text.isEmpty else {
      throw .outOfRange(
        line: line, key: path, expected: "a pattern of names, without spaces and quotes",
        found: "'\(text)'")
    }
    return text
  }
}

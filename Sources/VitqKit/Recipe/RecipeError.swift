/// Why a recipe cannot be used; `line` counts from 1 and is `nil` for an option of the command.
package enum RecipeError: Error, Equatable {
  case syntax(line: Int?, problem: String)
  case notText
  case tooLarge(byteCount: Int, limit: Int)
  case alias(line: Int)
  case duplicateKey(line: Int, key: String)
  /// Several names, joined by dots, where one is expected.
  case dottedKey(line: Int, key: String)
  case unknownKey(line: Int?, key: String, nearest: String?, known: [String])
  case notAMapping(line: Int?, key: String?)
  case wrongType(line: Int?, key: String, expected: String, found: String)
  case outOfRange(line: Int?, key: String, expected: String, found: String)
  case doesNotApply(line: Int?, key: String, method: String)
  /// A value that another setting excludes.
  case contradiction(line: Int?, key: String, expected: String, found: String, because: String)
  case unknownBase(line: Int, found: String, nearest: String?, known: [String])
}

extension RecipeError: CustomStringConvertible {
  package var description: String {
    func at(_ line: Int?, _ rest: String) -> String { line.map { "line \($0): \(rest)" } ?? rest }
    switch self {
    case .syntax(let line, let problem): return at(line, "not YAML: \(problem)")
    case .notText: return "expected UTF-8 text"
    case .tooLarge(let byteCount, let limit):
      return "too large for a recipe: expected at most \(limit) bytes, found \(byteCount)"
    case .alias(let line):
      return at(line, "anchors and aliases are not allowed: put a pattern with & or * in quotes")
    case .duplicateKey(let line, let key): return at(line, "\(key): the key is there twice")
    case .dottedKey(let line, let key):
      return at(line, "\(key): expected one name for each level, found names joined by dots")
    case .unknownKey(let line, let key, let nearest, let known):
      let hint =
        nearest.map { "the nearest is '\($0)'" } ?? "expected " + known.joined(separator: ", ")
      return at(line, "\(key): unknown key: \(hint)")
    case .notAMapping(let line, let key):
      return at(line, (key.map { "\($0): " } ?? "") + "expected keys with values")
    case .wrongType(let line, let key, let expected, let found):
      return at(line, "\(key): wrong type: expected \(expected), found \(found)")
    case .outOfRange(let line, let key, let expected, let found):
      return at(line, "\(key): out of range: expected \(expected), found \(found)")
    case .doesNotApply(let line, let key, let method):
      return at(line, "\(key): has no meaning for images of method \(method)")
    case .contradiction(let line, let key, let expected, let found, let because):
      return at(line, "\(key): expected \(expected), as \(because), found \(found)")
    case .unknownBase(let line, let found, let nearest, let known):
      let hint =
        nearest.map { "the nearest is '\($0)'" } ?? "expected " + known.joined(separator: ", ")
      return at(line, "base: unknown recipe '\(found)': \(hint)")
    }
  }
}

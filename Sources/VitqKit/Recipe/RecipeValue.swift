package import VitqQuantization
import VitqSynthesis

/// A setting of a recipe as text states it.
package enum RecipeValue: Equatable, Sendable {
  case integer(Int)
  /// The seed, which takes all 64 bits.
  case seed(UInt64)
  case number(Double)
  case flag(Bool)
  case word(String)
  case text(String)
  case numbers([Double])
  case overrides([LayerOverride])
  /// The setting is left to the tool.
  case automatic
}

extension RecipeValue {
  /// The value as YAML.
  package var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .seed(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): value ? "true" : "false"
    case .word(let value): value
    case .text(let value): value.contains(":") ? "\"\(value)\"" : value
    case .numbers(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .overrides(let overrides):
      "[" + overrides.map { "{" + $0.lines.joined(separator: ", ") + "}" }.joined(separator: ", ")
        + "]"
    case .automatic: "auto"
    }
  }
}

/// What the value of a key may be.
indirect enum RecipeForm: Equatable, Sendable {
  case integer(ClosedRange<Int>)
  case seed
  /// A finite number of the range.
  case number(ClosedRange<Double>)
  case flag
  /// One of some words.
  case word([String])
  /// At least one finite number of the range.
  case numbers(ClosedRange<Double>)
  /// Kinds of attention priors.
  case priors
  /// A list of changes for layers.
  case overrides
  /// `auto`, or what the inner form says.
  case automatic(RecipeForm)

  /// What is expected, for errors and the reference.
  var description: String {
    switch self {
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .seed: "a whole number from 0 to \(UInt64.max)"
    case .number(let range):
      range.upperBound.isFinite
        ? "a number from \(range.lowerBound) to \(range.upperBound)"
        : "a number of at least \(range.lowerBound)"
    case .flag: "true or false"
    case .word(let words): words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
    case .numbers(let range):
      "a list of numbers from \(range.lowerBound) to \(range.upperBound)"
    case .priors: "gaussian, laplace or real:FOLDER"
    case .overrides: "a list of changes, each with 'layers' and bits or codes"
    case .automatic(let form): "auto, or " + form.description
    }
  }

  /// Why a text is no value of this form.
  enum Defect: Error, Equatable {
    case type
    case range
  }

  /// Reads one scalar.
  func value(of text: String) throws(Defect) -> RecipeValue {
    switch self {
    case .integer(let range):
      guard let value = Int(text) else { throw Self.isNumber(text) ? .range : .type }
      guard range.contains(value) else { throw .range }
      return .integer(value)
    case .seed:
      guard let value = UInt64(text) else { throw Self.isNumber(text) ? .range : .type }
      return .seed(value)
    case .number(let range):
      return .number(try Self.number(text, in: range))
    case .flag:
      switch text {
      case "true": return .flag(true)
      case "false": return .flag(false)
      default: throw .type
      }
    case .word(let words):
      guard words.contains(text) else { throw .range }
      return .word(text)
    case .priors:
      guard AttentionPriorOptions.Kind.isKind(text) else { throw .range }
      return .text(text)
    case .numbers, .overrides: throw .type
    case .automatic(let form):
      return text == "auto" ? .automatic : try form.value(of: text)
    }
  }

  /// Reads the text behind `--set key=`, where commas make a list.
  func value(ofOption text: String) throws(Defect) -> RecipeValue {
    guard case .numbers = self else { return try value(of: text) }
    return try value(
      ofList: text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
  }

  /// Reads a list of scalars.
  func value(ofList texts: [String]) throws(Defect) -> RecipeValue {
    switch self {
    case .numbers(let range):
      guard !texts.isEmpty else { throw .range }
      var values: [Double] = []
      for text in texts { values.append(try Self.number(text, in: range)) }
      return .numbers(values)
    case .automatic(let form): return try form.value(ofList: texts)
    default: throw .type
    }
  }

  private static func number(_ text: String, in range: ClosedRange<Double>) throws(Defect) -> Double
  {
    guard isNumber(text), let value = Double(text) else { throw .type }
    guard value.isFinite, range.contains(value) else { throw .range }
    return value
  }

  /// Decimal digits with sign, point and exponent: none of `Double`'s hexadecimal digits or names.
  private static func isNumber(_ text: String) -> Bool {
    text.allSatisfy { "+-.eE0123456789".contains($0) } && Double(text) != nil
  }
}

/// Why a preprocessing recipe is refused.
public enum PreprocessingError: Error, Equatable {
  /// A part of the recipe; the raw value is its key, the name that timm's configuration gives it.
  public enum Field: String, Sendable, CaseIterable {
    /// Channels, height and width of the input.
    case inputSize = "input_size"
    /// ``Preprocessing/cropFraction``.
    case cropFraction = "crop_pct"
    /// ``Preprocessing/cropMode-swift.property``.
    case cropMode = "crop_mode"
    /// ``Preprocessing/interpolation-swift.property``.
    case interpolation
    /// ``Preprocessing/mean``.
    case mean
    /// ``Preprocessing/standardDeviation``.
    case standardDeviation = "std"
  }

  /// The field is not there.
  case missing(field: Field)
  /// There is a field of another name.
  case unknown(name: String)
  /// Text that is not the number, or not the list of numbers, that the field holds.
  case notNumeric(field: Field, found: String)
  /// A list of another length.
  case count(field: Field, found: Int, expected: Int)
  /// A number outside the range.
  case outOfRange(field: Field, found: String, expected: String)
  /// A method that is not one of those implemented.
  case unsupported(field: Field, found: String, supported: [String])
}

extension PreprocessingError: CustomStringConvertible {
  /// One line: the field, what is wrong, what was expected and found.
  public var description: String {
    switch self {
    case .missing(let field):
      "preprocessing field '\(field.rawValue)': missing"
    case .unknown(let name):
      "preprocessing field '\(name)': unknown: expected one of "
        + Field.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    case .notNumeric(let field, let found):
      "preprocessing field '\(field.rawValue)': not numeric: "
        + "expected numbers separated by commas, found '\(found)'"
    case .count(let field, let found, let expected):
      "preprocessing field '\(field.rawValue)': wrong number of values: "
        + "expected \(expected), found \(found)"
    case .outOfRange(let field, let found, let expected):
      "preprocessing field '\(field.rawValue)': out of range: expected \(expected), found \(found)"
    case .unsupported(let field, let found, let supported):
      "preprocessing field '\(field.rawValue)': not supported: "
        + "expected \(supported.joined(separator: " or ")), found '\(found)'"
    }
  }
}

extension Preprocessing {
  /// The recipe as text, under the names of timm's configuration.
  ///
  /// Numbers are the shortest that read back to the same bits; lists are separated by commas.
  public var fields: [String: String] {
    var fields: [String: String] = [:]
    for field in PreprocessingError.Field.allCases {
      fields[field.rawValue] =
        switch field {
        case .inputSize: "3,\(inputHeight),\(inputWidth)"
        case .cropFraction: "\(cropFraction)"
        case .cropMode: cropMode.rawValue
        case .interpolation: interpolation.rawValue
        case .mean: mean.map(\.description).joined(separator: ",")
        case .standardDeviation: standardDeviation.map(\.description).joined(separator: ",")
        }
    }
    return fields
  }

  /// The recipe that `fields` describes; each name of timm's configuration must be there, and no other.
  ///
  /// - Throws: ``PreprocessingError`` for the first field that is missing, unknown, not numeric,
  ///   out of range or names a method that is not implemented.
  public init(fields: [String: String]) throws(PreprocessingError) {
    for name in fields.keys.sorted() where PreprocessingError.Field(rawValue: name) == nil {
      throw .unknown(name: name)
    }
    let size = try fields.numbers(.inputSize) { Int($0) }
    guard size.count == 3 else {
      throw .count(field: .inputSize, found: size.count, expected: 3)
    }
    guard size[0] == 3 else {
      throw .outOfRange(field: .inputSize, found: "\(size[0])", expected: "3 channels")
    }
    let fraction = try fields.numbers(.cropFraction) { Double($0) }
    guard fraction.count == 1 else {
      throw .count(field: .cropFraction, found: fraction.count, expected: 1)
    }
    self.init(
      inputHeight: size[1], inputWidth: size[2], cropFraction: fraction[0],
      cropMode: try fields.choice(.cropMode),
      interpolation: try fields.choice(.interpolation),
      mean: try fields.numbers(.mean) { Float($0) },
      standardDeviation: try fields.numbers(.standardDeviation) { Float($0) })
    try validate()
  }
}

extension [String: String] {
  fileprivate func text(_ field: PreprocessingError.Field) throws(PreprocessingError) -> String {
    guard let text = self[field.rawValue] else { throw .missing(field: field) }
    return text
  }

  fileprivate func numbers<Number>(
    _ field: PreprocessingError.Field, _ number: (Substring) -> Number?
  ) throws(PreprocessingError) -> [Number] {
    let text = try text(field)
    var numbers: [Number] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = number(part) else { throw .notNumeric(field: field, found: text) }
      numbers.append(value)
    }
    return numbers
  }

  fileprivate func choice<Method: RawRepresentable<String> & CaseIterable>(
    _ field: PreprocessingError.Field
  ) throws(PreprocessingError) -> Method {
    let text = try text(field)
    guard let method = Method(rawValue: text) else {
      throw .unsupported(
        field: field, found: text, supported: Method.allCases.map { "'\($0.rawValue)'" })
    }
    return method
  }
}

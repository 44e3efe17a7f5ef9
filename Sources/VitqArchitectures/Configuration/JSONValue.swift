import VitqFormat

/// A value of a JSON text.
enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// What a text may hold; the configuration of ImageNet-22k has 44 000 values, three levels deep.
  enum Limit {
    static let depth = 32
    static let valueCount = 250_000
  }

  /// Parses `text`, of at most `limit` bytes.
  init(parsing text: String, limit: Int) throws(ArchitectureError) {
    guard text.utf8.count <= limit else {
      throw .configurationTooLarge(byteCount: text.utf8.count, limit: limit)
    }
    var reader = JSONReader(Array(text.utf8))
    var valueCount = 0
    self = try Self.value(&reader, depth: 0, &valueCount)
    try reader.endOfText(wrapping: Self.wrap)
  }

  private static func wrap(_ defect: JSONDefect, _ byteOffset: Int) -> ArchitectureError {
    .malformedConfiguration(defect, byteOffset: byteOffset)
  }

  /// Reads a value inside `depth` lists and objects.
  private static func value(
    _ reader: inout JSONReader, depth: Int, _ valueCount: inout Int
  ) throws(ArchitectureError) -> JSONValue {
    let start = reader.startOfValue()
    guard depth <= Limit.depth else {
      throw wrap(.tooDeep(limit: Limit.depth), reader.position)
    }
    valueCount += 1
    guard valueCount <= Limit.valueCount else {
      throw wrap(.tooManyValues(limit: Limit.valueCount), reader.position)
    }
    switch start {
    case UInt8(ascii: "{"):
      var values: [String: JSONValue] = [:]
      try reader.object(wrapping: wrap) { (key, reader) throws(ArchitectureError) in
        values[key] = try value(&reader, depth: depth + 1, &valueCount)
      }
      return .object(values)
    case UInt8(ascii: "["):
      var values: [JSONValue] = []
      try reader.list(wrapping: wrap) { (reader) throws(ArchitectureError) in
        values.append(try value(&reader, depth: depth + 1, &valueCount))
      }
      return .array(values)
    case UInt8(ascii: "\""): return .string(try reader.string(wrapping: wrap))
    case UInt8(ascii: "t"):
      try reader.word("true", wrapping: wrap)
      return .bool(true)
    case UInt8(ascii: "f"):
      try reader.word("false", wrapping: wrap)
      return .bool(false)
    case UInt8(ascii: "n"):
      try reader.word("null", wrapping: wrap)
      return .null
    default: return .number(try reader.number(wrapping: wrap))
    }
  }

  /// What stands in messages for the value.
  var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
    case .string(let value): "'\(value)'"
    case .array(let values):
      values.count <= 4 ? "[\(values.map(\.summary).joined(separator: ", "))]" : "a list"
    case .object: "an object"
    }
  }
}

/// An object of a JSON text with the path that led to it, so that every error can say where.
struct JSONObject: Sendable {
  let values: [String: JSONValue]
  let path: String

  init(_ value: JSONValue, path: String = "") throws(ArchitectureError) {
    guard case .object(let values) = value else {
      throw .configurationValue(
        key: path.isEmpty ? "(all)" : path, expected: "an object", found: value.summary)
    }
    (self.values, self.path) = (values, path)
  }

  func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The value of `name` as `read` understands it, or `nil` if there is none or it is `null`.
  func value<T>(
    _ name: String, _ expected: String, _ read: (JSONValue) -> T?
  ) throws(ArchitectureError) -> T? {
    guard let value = values[name], value != .null else { return nil }
    guard let result = read(value) else {
      throw .configurationValue(key: key(name), expected: expected, found: value.summary)
    }
    return result
  }

  func string(_ name: String) throws(ArchitectureError) -> String? {
    try value(name, "a string") { $0.string }
  }

  func bool(_ name: String) throws(ArchitectureError) -> Bool? {
    try value(name, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
  }

  func number(
    _ name: String, _ expected: String, where isValid: (Double) -> Bool
  ) throws(ArchitectureError) -> Double? {
    try value(name, expected) { $0.number.flatMap { isValid($0) ? $0 : nil } }
  }

  func count(_ name: String) throws(ArchitectureError) -> Int? {
    try value(name, "a whole number of at least 0") { $0.count }
  }

  func numbers(_ name: String, count: Int) throws(ArchitectureError) -> [Double]? {
    try value(name, "\(count) numbers") { value in
      guard case .array(let values) = value else { return nil }
      let numbers = values.compactMap(\.number)
      return numbers.count == values.count && numbers.count == count ? numbers : nil
    }
  }

  func object(_ name: String) throws(ArchitectureError) -> JSONObject? {
    guard let value = values[name], value != .null else { return nil }
    return try JSONObject(value, path: key(name))
  }
}

extension JSONValue {
  var string: String? { if case .string(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var count: Int? { number.flatMap { Int(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil } }

  var strings: [String]? {
    guard case .array(let values) = self else { return nil }
    let strings = values.compactMap(\.string)
    return strings.count == values.count ? strings : nil
  }
}

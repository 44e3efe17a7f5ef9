extension [String: String] {
  func required(_ key: String) throws(ModelFileError) -> String {
    guard let value = self[key] else { throw .missingKey(key) }
    return value
  }

  func wholeNumber(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ModelFileError) -> Int {
    let text = try required(key)
    guard let value = Int(text), range.contains(value) else {
      throw .invalidValue(
        key: key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
        found: text)
    }
    return value
  }
}

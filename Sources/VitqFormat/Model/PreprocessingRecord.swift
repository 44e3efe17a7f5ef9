/// How an image becomes the input of the model, as the file states it.
///
/// `VitqImage.Preprocessing` says what the fields mean.
package struct PreprocessingRecord: Hashable, Sendable {
  package var inputHeight: Int
  package var inputWidth: Int
  package var cropFraction: Double
  /// `bilinear` or `bicubic`.
  package var interpolation: String
  /// One value for each channel.
  package var mean: [Float]
  /// One value for each channel.
  package var standardDeviation: [Float]

  package init(
    inputHeight: Int, inputWidth: Int, cropFraction: Double, interpolation: String,
    mean: [Float], standardDeviation: [Float]
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.cropFraction = cropFraction
    self.interpolation = interpolation
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

extension PreprocessingRecord {
  enum Key {
    static let height = "vitq.preprocessing.height"
    static let width = "vitq.preprocessing.width"
    static let cropFraction = "vitq.preprocessing.crop_pct"
    static let interpolation = "vitq.preprocessing.interpolation"
    static let mean = "vitq.preprocessing.mean"
    static let standardDeviation = "vitq.preprocessing.std"
    static let all = [height, width, cropFraction, interpolation, mean, standardDeviation]
  }

  static let interpolations = ["bilinear", "bicubic"]

  /// Numbers are written so that reading them gives the same bits.
  var metadata: [String: String] {
    [
      Key.height: String(inputHeight), Key.width: String(inputWidth),
      Key.cropFraction: cropFraction.description, Key.interpolation: interpolation,
      Key.mean: mean.map(\.description).joined(separator: " "),
      Key.standardDeviation: standardDeviation.map(\.description).joined(separator: " "),
    ]
  }

  init(metadata: [String: String]) throws(ModelFileError) {
    inputHeight = try metadata.wholeNumber(Key.height, in: 1...Program.Limit.imageSide)
    inputWidth = try metadata.wholeNumber(Key.width, in: 1...Program.Limit.imageSide)
    let cropText = try metadata.required(Key.cropFraction)
    guard let crop = Double(cropText), crop > 0, crop <= 1 else {
      throw .invalidValue(
        key: Key.cropFraction, expected: "a number above 0, at most 1", found: cropText)
    }
    cropFraction = crop
    interpolation = try metadata.required(Key.interpolation)
    guard Self.interpolations.contains(interpolation) else {
      throw .invalidValue(
        key: Key.interpolation, expected: Self.interpolations.joined(separator: " or "),
        found: interpolation)
    }
    mean = try metadata.channels(Key.mean, "3 finite numbers") { $0.isFinite }
    standardDeviation = try metadata.channels(
      Key.standardDeviation, "3 positive numbers"
    ) { $0.isFinite && $0 > 0 }
  }
}

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

  fileprivate func channels(
    _ key: String, _ expected: String, accepts: (Float) -> Bool
  ) throws(ModelFileError) -> [Float] {
    let text = try required(key)
    let values = text.split(separator: " ", omittingEmptySubsequences: false).map { Float($0) }
    let numbers = values.compactMap { $0 }.filter(accepts)
    guard values.count == 3, numbers.count == 3 else {
      throw .invalidValue(key: key, expected: expected, found: text)
    }
    return numbers
  }
}

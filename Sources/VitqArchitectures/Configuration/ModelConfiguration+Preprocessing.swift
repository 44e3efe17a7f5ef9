import VitqImage

extension ModelConfiguration {
  /// The preprocessing, with what the configuration leaves out taken from `entry`.
  ///
  /// - Throws: ``ArchitectureError`` naming a key that is missing in both or has a value that
  ///   the image pipeline does not support.
  func preprocessing(fallback entry: ArchitectureEntry?) throws(ArchitectureError) -> Preprocessing
  {
    let keys = preprocessing
    func required<T>(_ key: String, _ value: T?, _ fallback: T?) throws(ArchitectureError) -> T {
      if let value { return value }
      guard let fallback else { throw .missingConfiguration(key: keys.key(key)) }
      return fallback
    }
    let standard = entry?.preprocessing
    let (height, width) = try required(
      "input_size", inputSize(), standard.map { ($0.inputHeight, $0.inputWidth) })
    let cropFraction = try keys.number("crop_pct", "a number above 0 and at most 1") {
      $0 > 0 && $0 <= 1
    }
    if let mode = try keys.string("crop_mode"), mode != "center" {
      throw .unsupported(quantity: "crop_mode", found: "'\(mode)'", supported: "'center'")
    }
    let interpolation = try keys.value("interpolation", "'bicubic' or 'bilinear'") {
      $0.string.flatMap(Preprocessing.Interpolation.init(rawValue:))
    }
    let mean = try keys.value("mean", "3 numbers from 0 to 1") {
      $0.channels { (0...1).contains($0) }
    }
    let deviation = try keys.value("std", "3 numbers above 0 and at most 1") {
      $0.channels { $0 > 1e-3 && $0 <= 1 }
    }
    let result = Preprocessing(
      inputHeight: height, inputWidth: width,
      cropFraction: try required("crop_pct", cropFraction, standard?.cropFraction),
      interpolation: try required("interpolation", interpolation, standard?.interpolation),
      mean: try required("mean", mean, standard?.mean),
      standardDeviation: try required("std", deviation, standard?.standardDeviation))
    do throws(PreprocessingError) {
      try result.validate()
    } catch .outOfRange(let field, let found, let expected) {
      throw .configurationValue(key: keys.key(field.rawValue), expected: expected, found: found)
    } catch {
      preconditionFailure("\(error): checked above")
    }
    return result
  }

  /// Height and width of the input, of which timm's `img_size` has the last word.
  private func inputSize() throws(ArchitectureError) -> (height: Int, width: Int)? {
    let sides = try modelArguments?.value("img_size", "one or two whole numbers above 0") {
      (value) -> (Int, Int)? in
      if let side = value.count { return side > 0 ? (side, side) : nil }
      guard let sides = value.counts, sides.count == 2 else { return nil }
      return (sides[0], sides[1])
    }
    if let sides { return sides }
    return try preprocessing.value("input_size", "[3, height, width]") { value in
      guard let counts = value.counts, counts.count == 3, counts[0] == 3 else { return nil }
      return (counts[1], counts[2])
    }
  }
}

extension JSONValue {
  /// A list of whole numbers above 0.
  fileprivate var counts: [Int]? {
    guard case .array(let values) = self else { return nil }
    let counts = values.compactMap(\.count).filter { $0 > 0 }
    return counts.count == values.count ? counts : nil
  }

  /// Three numbers of which each is valid.
  fileprivate func channels(where isValid: (Double) -> Bool) -> [Float]? {
    guard case .array(let values) = self else { return nil }
    let numbers = values.compactMap(\.number).filter(isValid)
    return numbers.count == 3 && values.count == 3 ? numbers.map { Float($0) } : nil
  }
}

/// How an image becomes the input of a model, as timm's evaluation transform does it.
///
/// The image is resized with Pillow's antialiased filter, the centre is cropped, and pixel p of
/// channel c becomes (p / 255 − mean[c]) / standardDeviation[c]. ``crop(_:)`` does the first two
/// steps and ``normalize(_:)`` the last; both give the bits that timm 1.0.31 with torchvision
/// and Pillow gives.
public struct Preprocessing: Sendable, Equatable, Hashable {
  /// The filter of the resize, as Pillow defines it.
  public enum Interpolation: String, Sendable, CaseIterable {
    /// The triangle filter.
    case bilinear
    /// The cubic filter with a = −1/2.
    case bicubic
  }

  /// What the resize aims at, named as timm's `crop_mode`.
  public enum CropMode: String, Sendable, CaseIterable {
    /// Keeps the aspect ratio: the shorter side becomes ⌊inputSide / cropFraction⌋.
    case center
    /// Gives up the aspect ratio: each side becomes ⌊inputSide / cropFraction⌋.
    case squash
  }

  /// Height of the model's input in pixels.
  public var inputHeight: Int
  /// Width of the model's input in pixels.
  public var inputWidth: Int
  /// timm's `crop_pct`, in (0, 2]: the part of the resized side that the crop keeps.
  ///
  /// Above 1 the crop is wider than the resized image and is padded with zeros.
  public var cropFraction: Double
  /// What the resize aims at.
  public var cropMode: CropMode
  /// The filter of the resize.
  public var interpolation: Interpolation
  /// One value for each channel R, G, B, in units of the range 0 … 1.
  public var mean: [Float]
  /// One value for each channel, in the same units.
  public var standardDeviation: [Float]

  /// An instance of the given parts.
  ///
  /// Parts that come from a file are to be checked with ``validate()``.
  public init(
    inputHeight: Int, inputWidth: Int, cropFraction: Double, cropMode: CropMode = .center,
    interpolation: Interpolation, mean: [Float], standardDeviation: [Float]
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.cropFraction = cropFraction
    self.cropMode = cropMode
    self.interpolation = interpolation
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

extension Preprocessing {
  /// The largest side of an input, of a resized image or of an image, in pixels.
  package static let largestSide = 65_535

  /// Checks that every part is in the range that ``crop(_:)`` and ``normalize(_:)`` accept.
  ///
  /// - Throws: ``PreprocessingError`` for the first part that is not.
  public func validate() throws(PreprocessingError) {
    for side in [inputHeight, inputWidth] where !(1...Self.largestSide).contains(side) {
      throw .outOfRange(
        field: .inputSize, found: "\(side)", expected: "sides of 1 to \(Self.largestSide)")
    }
    guard cropFraction > 0, cropFraction <= 2 else {
      throw .outOfRange(
        field: .cropFraction, found: "\(cropFraction)", expected: "above 0 and at most 2")
    }
    for side in [inputHeight, inputWidth] {
      let target = Double(side) / cropFraction
      guard target >= 1, target < Double(Self.largestSide + 1) else {
        throw .outOfRange(
          field: .cropFraction, found: "\(cropFraction)",
          expected: "one that resizes the side \(side) to 1 to \(Self.largestSide)")
      }
    }
    try Self.validate(mean, of: .mean, expected: "finite numbers") { $0.isFinite }
    try Self.validate(
      standardDeviation, of: .standardDeviation, expected: "finite numbers above 0"
    ) { $0.isFinite && $0 > 0 }
  }

  private static func validate(
    _ values: [Float], of field: PreprocessingError.Field, expected: String,
    _ accepts: (Float) -> Bool
  ) throws(PreprocessingError) {
    guard values.count == 3 else {
      throw .count(field: field, found: values.count, expected: 3)
    }
    for value in values where !accepts(value) {
      throw .outOfRange(field: field, found: "\(value)", expected: expected)
    }
  }
}
